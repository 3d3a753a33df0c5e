import { HeadBuilder } from "../../codec/h1/build.ts";
import { defaultLimits } from "../../codec/h1/flags.ts";
import { Head, parseRequest } from "../../codec/h1/head.ts";
import { headSize, writeResponseHead } from "../../codec/h1/write.ts";
import { Flag, FrameType, PREFACE } from "../../codec/h2/constants.ts";
import { writeDataHeader } from "../../codec/h2/frames/data.ts";
import { readU24 } from "../../codec/h2/frames/frame.ts";
import { fragment, parseHeadersFrame, writeHeaderFrames } from "../../codec/h2/frames/headers.ts";
import { Settings, SETTINGS_SIZE, writeSettings } from "../../codec/h2/frames/settings.ts";
import { ResponseSink } from "../../codec/h2/response.ts";
import { blockSize } from "../../codec/h2/write-fields.ts";
import { writeRequestBlock } from "../../codec/h2/write-request.ts";
import { Decoder } from "../../codec/hpack/decode.ts";
import type { CheckStatus } from "../status.ts";
import type { Probe, Verdict } from "../types.ts";

/** The only stream of a check. */
const STREAM = 1;
const FRAME_SIZE = 16384;

const head = new Head();
const builder = new HeadBuilder();
const sink = new ResponseSink();

/**
 * An HTTP check over HTTP/2 (manual, section 5.2, check-proto): the request of another probe in frames, and the frames of the answer as
 * that probe's HTTP/1. One exchange fits into the windows and settings a connection begins with, so nothing is acknowledged.
 */
export class H2Probe implements Probe {
  private readonly inner: Probe;
  /** The handshake of TLS may say that it is HTTP/1 after all. */
  private readonly byAlpn: boolean;
  private plain = false;

  constructor(inner: Probe, byAlpn: boolean) {
    this.inner = inner;
    this.byAlpn = byAlpn;
  }

  agree(alpn: string | null): void {
    this.plain = this.byAlpn && alpn !== "h2";
  }

  get request(): Buffer {
    return this.plain ? this.inner.request! : framed(this.inner.request!);
  }

  get timeoutStatus(): CheckStatus {
    return this.inner.timeoutStatus;
  }

  read(received: Buffer, last: boolean): Verdict | null {
    if (this.plain) return this.inner.read(received, last);
    const { text, ended } = unframed(received);
    return this.inner.read(text, last || ended);
  }
}

/** Preface, settings and an HTTP/1 request as frames. */
export function framed(request: Buffer): Buffer {
  const bytes = Buffer.from(request);
  head.reset();
  const body = Math.max(0, parseRequest(head, bytes, 0, bytes.length, defaultLimits));
  const settings = new Settings();
  settings.enablePush = false;
  const block = Buffer.allocUnsafeSlow(blockSize(head, null));
  const length = writeRequestBlock(block, 0, head, null);
  const frames = 2 + Math.ceil(length / FRAME_SIZE) + Math.ceil((bytes.length - body) / FRAME_SIZE);
  const out = Buffer.allocUnsafeSlow(PREFACE.length + SETTINGS_SIZE + length + bytes.length + 9 * frames);
  let at = writeSettings(out, PREFACE.copy(out), settings);
  at = writeHeaderFrames(out, at, STREAM, block, 0, length, FRAME_SIZE, body === bytes.length);
  for (let p = body; p < bytes.length; p += FRAME_SIZE) {
    const end = Math.min(bytes.length, p + FRAME_SIZE);
    at = writeDataHeader(out, at, STREAM, end - p, end === bytes.length);
    at += bytes.copy(out, at, p, end);
  }
  return out.subarray(0, at);
}

/** What has come of the answer, as HTTP/1; bytes that are no answer stay none. `ended`: nothing more can come. */
export function unframed(received: Buffer): { readonly text: Buffer; readonly ended: boolean } {
  const decoder = new Decoder();
  const parts: Buffer[] = [];
  for (let at = 0; at + 9 <= received.length;) {
    const length = readU24(received, at);
    const type = received[at + 3]!;
    const flags = received[at + 4]!;
    const start = at + 9;
    const end = start + length;
    if (end > received.length) break;
    at = end;
    let ended = (flags & Flag.END_STREAM) !== 0;
    if (type === FrameType.HEADERS) {
      // An answer in several frames is none a check waits for.
      const bad = (flags & Flag.END_HEADERS) === 0 || parseHeadersFrame(received, start, end, flags, STREAM) !== 0;
      const text = bad ? null : headText(decoder, received, ended, parts.length > 0);
      if (text === null) return { text: NONSENSE, ended: true };
      if (text !== INTERIM) parts.push(text);
    } else if (type === FrameType.DATA) {
      const padding = (flags & Flag.PADDED) !== 0 ? received[start]! + 1 : 0;
      parts.push(received.subarray(padding > 0 ? start + 1 : start, Math.max(start, end - Math.max(0, padding - 1))));
    } else if (type === FrameType.RST_STREAM || type === FrameType.GOAWAY) {
      ended = true;
    } else {
      ended = false;
    }
    if (ended) return { text: Buffer.concat(parts), ended };
  }
  return { text: Buffer.concat(parts), ended: false };
}

const NONSENSE: Buffer = Buffer.from("\0\r\n\r\n", "latin1");
const EMPTY: Buffer = Buffer.alloc(0);
const INTERIM: Buffer = Buffer.alloc(0);

/** The head of a block as HTTP/1; empty for an interim one and for trailers, null for what is malformed. */
function headText(decoder: Decoder, received: Buffer, ended: boolean, trailers: boolean): Buffer | null {
  if (trailers) return decoder.decode(received, fragment.start, fragment.end, { field() {} }) < 0 ? null : EMPTY;
  sink.begin(head, builder, defaultLimits, ended);
  if (decoder.decode(received, fragment.start, fragment.end, sink) < 0) return null;
  if (sink.finish() !== 0) return null;
  if (head.status < 200) return INTERIM;
  const out = Buffer.allocUnsafeSlow(headSize(head, null));
  return out.subarray(0, writeResponseHead(out, 0, head, null));
}
