import { C } from "../../counters/columns.ts";
import type { HttpStream } from "./stream.ts";

/** Bytes of the client, on every proxy the stream got to so far. */
export function countIn(stream: HttpStream, n: number): void {
  stream.bytesUploaded += n;
  countBytes(stream, C.bytesIn, n);
}

/** Bytes for the client. */
export function countOut(stream: HttpStream, n: number): void {
  stream.bytesRead += n;
  countBytes(stream, C.bytesOut, n);
}

/** Bytes that never entered the process. */
export function countSpliced(stream: HttpStream, column: number, n: number): void {
  const { frontend, backend } = stream;
  frontend.slab[frontend.base + column]! += n;
  frontend.slab[backend!.base + column]! += n;
}

function countBytes(stream: HttpStream, column: number, n: number): void {
  const { frontend, listener, backend, server } = stream;
  const { slab } = frontend;
  slab[frontend.base + column]! += n;
  slab[listener.base + column]! += n;
  if (backend !== null) slab[backend.base + column]! += n;
  if (server !== null) slab[server.base + column]! += n;
}
