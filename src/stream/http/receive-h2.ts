/** What a server sends over HTTP/2; heads come parsed and payload without framing. As receive.ts otherwise. */
import { encodeLine } from "../../codec/h1/edits.ts";
import { Framing } from "../../codec/h1/framing.ts";
import { SEC_WEBSOCKET_KEY, UPGRADE } from "../../codec/h1/known.ts";
import { findKnown, valueText } from "../../codec/h1/view.ts";
import type { ServerExchange } from "../../server/h2/exchange.ts";
import { clock } from "../../util/clock.ts";
import { websocketAccept } from "../../util/websocket.ts";
import { Phase } from "../phase.ts";
import { countOut } from "./count.ts";
import { watchUpload } from "./deadlines.ts";
import { downloadBody } from "./download.ts";
import { badResponse, serverLost } from "./failure.ts";
import { forwardInterim } from "./pass-interim.ts";
import { gatherBody } from "./receive.ts";
import { analyseResponse } from "./response.ts";
import { repeat, retryable, retryableStatus } from "./retry.ts";
import { Step } from "./step.ts";
import type { HttpStream } from "./stream.ts";
import { tunnelServerData, tunnelServerEnded } from "./tunnel.ts";

/** `stream.res` holds a head. */
export function receiveHead(stream: HttpStream, exchange: ServerExchange): void {
  if (stream.phase === Phase.connecting) stream.established();
  const { res } = stream;
  const { status } = res;
  if (retryableStatus(stream, status)) {
    repeat(stream);
    return;
  }
  if (status < 200) {
    forwardInterim(stream);
    watchUpload(stream);
    return;
  }
  stream.responded = true;
  stream.responseAt = clock.now;
  if (exchange.upgrade && status < 300) grantUpgrade(stream);
  analyseResponse(stream, exchange, res.buf, res.end, res.end);
  // No payload follows, which a length did not say.
  if (exchange.ended && exchange.owner === stream) receivePayload(stream, exchange, EMPTY, 0, 0, true, null);
}

const EMPTY: Buffer = Buffer.alloc(0);

/** RFC 8441 section 5: the 2xx of an extended CONNECT is what the 101 of HTTP/1 says, with the proof a WebSocket client looks for. */
function grantUpgrade(stream: HttpStream): void {
  const { req, res, resEdits: edits } = stream;
  res.status = 101;
  // Over HTTP/2 it stays a 200.
  if (stream.client.h2 !== null) return;
  edits.status = Buffer.from("101", "latin1");
  const upgrade = findKnown(req, UPGRADE, 0);
  const protocol = upgrade < 0 ? "" : valueText(req, upgrade);
  edits.add("connection", "upgrade");
  edits.add("upgrade", protocol);
  // As in HAProxy these count as received.
  countOut(stream, "connection".length + "upgrade".length + "upgrade".length + protocol.length);
  const key = findKnown(req, SEC_WEBSOCKET_KEY, 0);
  if (key >= 0) edits.append(encodeLine("sec-websocket-accept", websocketAccept(valueText(req, key))));
}

/** More of the body; `last`: END_STREAM, with these trailers. */
export function receivePayload(
  stream: HttpStream,
  exchange: ServerExchange,
  buf: Buffer,
  start: number,
  end: number,
  last: boolean,
  trailers: Buffer | null,
): void {
  if (stream.tunnel) {
    if (end > start) tunnelServerData(stream, exchange, buf.subarray(start, end));
    if (last && exchange.owner === stream) tunnelServerEnded(stream);
    return;
  }
  if (stream.responseDone) return;
  const { resBody } = stream;
  const open = resBody.framing === Framing.STREAM || (resBody.framing === Framing.LENGTH && resBody.framed);
  if (open) {
    resBody.last = last;
    resBody.trailerLines = trailers;
  }
  if (end > start || (open && last)) {
    if (stream.step !== Step.none) gatherBody(stream, buf.subarray(start, end));
    else downloadBody(stream, buf, start, end);
  }
  // RFC 9113 section 8.1.1: less payload than content-length announced.
  if (last && exchange.owner === stream && !stream.responseDone && !resBody.done) {
    stream.dropServerConn();
    serverLost(stream, undefined);
  }
}

/** The response cannot be read. */
export function receiveMalformed(stream: HttpStream, reason: string): void {
  if (retryable(stream, "junk-response")) repeat(stream);
  else badResponse(stream, reason);
}
