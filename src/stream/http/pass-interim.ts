/** Interim responses of the server on their way to the client (RFC 9110 section 15.2). */
import { adjustCases } from "../../codec/h1/case.ts";
import { CONN_CLOSE, CONN_KEEPALIVE } from "../../codec/h1/flags.ts";
import { writeResponseHead } from "../../codec/h1/write.ts";
import { C } from "../../counters/columns.ts";
import { countOut } from "./count.ts";
import type { HttpStream } from "./stream.ts";
import { headBytes } from "./wire.ts";

export function forwardInterim(stream: HttpStream): void {
  holdInterim(stream);
  sendInterim(stream);
}

/** An interim response goes on when what came with it is read: as in HAProxy it is lost with malformed bytes behind it. */
export function holdInterim(stream: HttpStream): void {
  const { res, client } = stream;
  // What it says of the connection holds, whatever the final response says.
  const { flags } = res;
  if (res.version === 11 ? (flags & CONN_CLOSE) !== 0 : (flags & CONN_KEEPALIVE) === 0) stream.serverKeep = false;
  if (client.h2 !== null) {
    countInterim(stream, 1, headBytes(res));
    client.h2.sendHead(res, null, res.status);
    return;
  }
  const { interim } = stream;
  const room = interim === null ? 0 : interim.length;
  const out = Buffer.allocUnsafeSlow(room + res.end - res.start + 4 * res.count + 64);
  interim?.copy(out);
  const end = writeResponseHead(out, room, res, null);
  const { headerCases } = stream.rt;
  if (headerCases !== null && stream.http.caseClient) adjustCases(out, room, headerCases);
  stream.interim = out.subarray(0, end);
  stream.interimCount++;
  stream.interimBytes += headBytes(res);
}

/** Malformed bytes came with them. */
export function dropInterim(stream: HttpStream): void {
  stream.interim = null;
  stream.interimCount = stream.interimBytes = 0;
}

function countInterim(stream: HttpStream, heads: number, bytes: number): void {
  const { server } = stream;
  // Each head counts as a response of the server.
  server!.slab[server!.base + C.resp1xx]! += heads;
  server!.slab[server!.base + C.reqTot]! += heads;
  // The log knows no status until the final one.
  stream.status = 0;
  countOut(stream, bytes);
}

/** Sends what `holdInterim` kept. */
export function sendInterim(stream: HttpStream): void {
  const { interim } = stream;
  if (interim === null) return;
  stream.interim = null;
  countInterim(stream, stream.interimCount, stream.interimBytes);
  stream.interimCount = stream.interimBytes = 0;
  stream.client.write(interim, 0, interim.length);
}
