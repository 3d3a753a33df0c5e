/**
 * What becomes of a message when rules changed the headers that frame it: Connection is read again as HAProxy reads it when it
 * writes a head, and a message that lost its Content-Length goes on in chunks. Only called when a rule touched such a header.
 */
import type { Edits } from "../../codec/h1/edits.ts";
import { Method } from "../../codec/h1/flags.ts";
import { Framing } from "../../codec/h1/framing.ts";
import type { Head } from "../../codec/h1/head.ts";
import { changeValues, firstValue, removeHeader } from "../../rules/lines.ts";
import type { HttpStream } from "./stream.ts";

const CONNECTION: Buffer = Buffer.from("connection", "latin1");
const CONTENT_LENGTH: Buffer = Buffer.from("content-length", "latin1");
const TRANSFER_ENCODING: Buffer = Buffer.from("transfer-encoding", "latin1");
const CHUNKED: Buffer = Buffer.from("transfer-encoding: chunked\r\n", "latin1");

/** Takes `close` and `keep-alive` out of Connection: whoever writes the head adds them as needed. True: `close` was asked for. */
export function takeConnection(head: Head, edits: Edits): boolean {
  const kept: string[] = [];
  let close = false;
  let found = false;
  changeValues(head, edits, CONNECTION, "connection", (value) => {
    for (const part of value.split(",")) {
      const token = part.trim();
      const name = token.toLowerCase();
      if (name === "close") close = found = true;
      else if (name === "keep-alive") found = true;
      else if (token !== "") kept.push(token);
    }
    return null;
  });
  if (found) {
    removeHeader(head, edits, CONNECTION);
    if (kept.length > 0) edits.add("connection", kept.join(", "));
  }
  return close;
}

/** The request before it is written, `h2`: as HTTP/2. True: its connection is not to be kept. */
export function reframeRequest(stream: HttpStream, h2: boolean): boolean {
  const { req, reqEdits: edits, reqBody } = stream;
  const close = takeConnection(req, edits);
  // HTTP/2 has an end of its own; another attempt may go to HTTP/1.
  stream.unframed = h2;
  if (h2) return close;
  if (reqBody.framing === Framing.CHUNKED) {
    if (firstValue(req, edits, TRANSFER_ENCODING) === null) edits.append(CHUNKED);
  } else if (reqBody.framing === Framing.LENGTH && firstValue(req, edits, CONTENT_LENGTH) === null) {
    if (req.version !== 11) {
      // Older versions know no chunks.
      edits.add("content-length", String(req.contentLength));
      return close;
    }
    edits.append(CHUNKED);
    stream.reqRechunk = true;
    const { bodyBuf } = stream;
    if (bodyBuf !== null || stream.requestDone) {
      stream.bodyBuf = chunkOf(bodyBuf ?? Buffer.alloc(0), stream.bodyStart, stream.bodyEnd, stream.requestDone);
      stream.bodyStart = 0;
      stream.bodyEnd = stream.bodyBuf.length;
    }
  }
  return close;
}

/** The response before it is written. */
export function reframeResponse(stream: HttpStream): void {
  const { req, res, resEdits: edits, resBody } = stream;
  if (takeConnection(res, edits)) stream.clientKeep = false;
  const { framing } = resBody;
  if (framing === Framing.CHUNKED) {
    if (firstValue(res, edits, TRANSFER_ENCODING) === null) edits.append(CHUNKED);
    return;
  }
  // HTTP/2 has an end of its own.
  if (stream.client.h2 !== null) return;
  const { status } = res;
  const bodiless = req.method === Method.HEAD || status === 204 || status === 304 || status < 200;
  if (bodiless || framing > Framing.LENGTH || firstValue(res, edits, CONTENT_LENGTH) !== null) return;
  if (req.version !== 11) {
    stream.clientKeep = false;
    return;
  }
  edits.append(CHUNKED);
  stream.resRechunk = true;
}

/** buf[from, to) as a chunk, with the end of the body behind it when it is the last. */
export function chunkOf(buf: Buffer, from: number, to: number, last: boolean): Buffer {
  const end = last ? "0\r\n\r\n" : "";
  if (to <= from) return Buffer.from(end, "latin1");
  return Buffer.concat([
    Buffer.from(`${(to - from).toString(16)}\r\n`, "latin1"),
    buf.subarray(from, to),
    Buffer.from(`\r\n${end}`, "latin1"),
  ]);
}
