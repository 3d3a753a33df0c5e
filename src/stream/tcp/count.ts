import { C } from "../../counters/columns.ts";
import { clock } from "../../util/clock.ts";
import type { TcpStream } from "./stream.ts";

/** Bytes of the client, on the proxies; the server's are counted when it gets them. */
export function countIn(stream: TcpStream, n: number): void {
  stream.bytesUploaded += n;
  const { frontend, backend } = stream;
  frontend.slab[frontend.base + C.bytesIn]! += n;
  if (backend !== null) frontend.slab[backend.base + C.bytesIn]! += n;
}

/** Bytes of the server. */
export function countOut(stream: TcpStream, n: number): void {
  stream.bytesRead += n;
  if (stream.client.deadline !== 0) stream.client.expire(0);
  const { frontend, backend, server } = stream;
  frontend.slab[frontend.base + C.bytesOut]! += n;
  frontend.slab[backend!.base + C.bytesOut]! += n;
  frontend.slab[server!.base + C.bytesOut]! += n;
  stream.active = stream.heardServer = clock.now;
}

/** Bytes that never entered the process. */
export function countSpliced({ frontend, backend }: TcpStream, column: number, n: number): void {
  frontend.slab[frontend.base + column]! += n;
  frontend.slab[backend!.base + column]! += n;
}
