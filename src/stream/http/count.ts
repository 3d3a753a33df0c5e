import { C } from "../../counters/columns.ts";
import type { Server } from "../../proxy/server.ts";
import type { Body } from "./body.ts";
import type { HttpStream } from "./stream.ts";

/** Bytes of the client, on every proxy the stream got to so far, and on the server they are for. */
export function countIn(stream: HttpStream, n: number): void {
  stream.bytesUploaded += n;
  countBytes(stream, C.bytesIn, n, stream.billed);
}

/** The request goes to its server: what came so far counts there, and no more where it was sent in vain. */
export function billServer(stream: HttpStream): void {
  const { server, billed, bytesUploaded } = stream;
  if (billed === server) return;
  if (billed === null) server!.slab[server!.base + C.bytesOut]! += stream.bytesRead;
  else billed.slab[billed.base + C.bytesIn]! -= bytesUploaded;
  server!.slab[server!.base + C.bytesIn]! += bytesUploaded;
  stream.billed = server;
}

/** What HAProxy counts of the body that is held. */
export function bodyBytes({ payload, done, trailerBytes }: Body): number {
  return payload + (done ? trailerBytes : 0);
}

/** Bytes for the client, and of the server that was asked. */
export function countOut(stream: HttpStream, n: number): void {
  stream.bytesRead += n;
  countBytes(stream, C.bytesOut, n, stream.billed);
}

/** Bytes that never entered the process. */
export function countSpliced(stream: HttpStream, column: number, n: number): void {
  const { frontend, backend } = stream;
  frontend.slab[frontend.base + column]! += n;
  frontend.slab[backend!.base + column]! += n;
}

function countBytes(stream: HttpStream, column: number, n: number, server: Server | null): void {
  const { frontend, listener, backend } = stream;
  const { slab } = frontend;
  slab[frontend.base + column]! += n;
  slab[listener.base + column]! += n;
  if (backend !== null) slab[backend.base + column]! += n;
  if (server !== null) slab[server.base + column]! += n;
}
