/** The last malformed message of each proxy and direction in this worker, for `show errors` of the runtime API. */
import type { Head } from "../codec/h1/head.ts";
import { latin1 } from "../util/latin1.ts";
import type { HttpStream } from "./http/stream.ts";

/** Plain data: it travels as JSON. */
export interface ErrorCapture {
  /** Epoch ms. */
  readonly at: number;
  readonly side: "request" | "response";
  /** The frontend that got the request, or the backend that got the response. */
  readonly proxy: string;
  /** The other one; null = none was chosen. */
  readonly other: string | null;
  readonly server: string | null;
  /** Address and port of the client. */
  readonly source: string;
  /** What was there of the message when it was refused, one character a byte; names that were read already are in lower case. */
  readonly bytes: string;
  /** Offset in `bytes` of the first wrong one. */
  readonly position: number;
}

const captures = new Map<string, ErrorCapture>();
let total = 0;

/** Keeps the message whose head could not be parsed: buf[head.start, end). Cold. */
export function captureError(
  stream: HttpStream,
  side: "request" | "response",
  head: Head,
  buf: Buffer,
  end: number,
  at: number,
): void {
  const { client, frontend, backend, server } = stream;
  const proxy = side === "request" ? frontend.name : backend!.name;
  const start = Math.min(head.start, end);
  total++;
  captures.set(`${side} ${proxy}`, {
    at,
    side,
    proxy,
    other: side === "request" ? (backend?.name ?? null) : frontend.name,
    server: server?.name ?? null,
    source: client.unix ? "unix" : `${client.address}:${client.port}`,
    bytes: latin1(buf, start, Math.min(end, start + stream.rt.global.bufsize)),
    position: Math.max(0, head.errorAt - start),
  });
}

/** All of them, and how many there were: the answer of a worker. */
export function capturedErrors(): { readonly total: number; readonly captures: readonly ErrorCapture[] } {
  return { total, captures: [...captures.values()] };
}
