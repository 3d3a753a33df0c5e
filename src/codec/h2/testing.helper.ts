/** A session with streams that only note what happens, and frames made by hand; test helper. */
import { COLUMNS } from "../../counters/columns.ts";
import { HeadBuilder } from "../h1/build.ts";
import { defaultLimits } from "../h1/flags.ts";
import { Head } from "../h1/head.ts";
import { valueText, nameText } from "../h1/view.ts";
import type { FieldSink } from "../hpack/decode.ts";
import { Decoder } from "../hpack/decode.ts";
import { writeInteger } from "../hpack/integer.ts";
import { ErrorCode, Flag, FrameType, PREFACE } from "./constants.ts";
import { messageErrorName } from "./errors.ts";
import { writeFrameHeader } from "./frames/frame.ts";
import { Settings } from "./frames/settings.ts";
import { RequestSink } from "./request.ts";
import { ResponseSink } from "./response.ts";
import { Role, Session, type SessionOwner } from "./session.ts";
import { H2Stream } from "./stream.ts";
import { TrailerSink } from "./trailers.ts";

const requests = new RequestSink(() => Buffer.from("AAAAAAAAAAAAAAAAAAAAAA==", "latin1"));
const responses = new ResponseSink();
const trailers = new TrailerSink();

/** Notes what happens to it in the log of its session. */
export class NotingStream extends H2Stream {
  readonly head = new Head();
  readonly builder = new HeadBuilder();
  readonly peer: Peer;
  writable = 0;

  constructor(peer: Peer) {
    super(peer.session);
    this.peer = peer;
  }

  private note(text: string): void {
    this.peer.log.push(`${this.id} ${text}`);
  }

  beginHead(end: boolean): FieldSink {
    const sink = this.session.role === Role.server ? requests : responses;
    sink.begin(this.head, this.builder, defaultLimits, end);
    return sink;
  }
  finishHead(end: boolean): number {
    const code = this.session.role === Role.server ? requests.finish() : responses.finish();
    if (code !== 0) {
      this.note(`malformed ${messageErrorName(code)}`);
      return code;
    }
    const { head } = this;
    this.headDone = head.status === 0 || head.status >= 200;
    const from = head.status > 0 ? head.statusStart : head.start;
    let text = head.buf.toString("latin1", from, head.status > 0 ? head.statusEnd : head.targetEnd);
    for (let i = 0; i < head.count; i++) text += ` | ${nameText(head, i)}: ${valueText(head, i)}`;
    this.note(`head ${text}${end ? " END" : ""}`);
    this.peer.onHead(this);
    return 0;
  }
  beginTrailers(): FieldSink {
    trailers.begin(1000);
    return trailers;
  }
  finishTrailers(): number {
    const code = trailers.finish();
    this.note(
      code === 0
        ? `trailers ${trailers.lines.toString("latin1", 0, trailers.length).replaceAll("\r\n", "|")}`
        : `malformed ${messageErrorName(code)}`,
    );
    return code;
  }
  onPayload(buf: Buffer, start: number, end: number, last: boolean): number {
    const { log } = this.peer;
    const text = buf.toString("latin1", start, end);
    const before = log[log.length - 1];
    // Pieces of one body are joined: where it was cut does not matter.
    if (before?.startsWith(`${this.id} data `) && !before.endsWith(" END")) log[log.length - 1] = `${before}${text}`;
    else this.note(`data ${text}`);
    if (last) log[log.length - 1] += " END";
    return 0;
  }
  onReset(code: number, remote: boolean): void {
    this.note(`${remote ? "reset by peer" : "reset"} ${nameOf(code)}`);
  }
  onWritable(): void {
    this.writable++;
  }
}

function nameOf(code: number): string {
  return Object.entries(ErrorCode).find(([, value]) => value === code)?.[0] ?? String(code);
}

/** One side of a connection under test. */
export class Peer implements SessionOwner {
  readonly log: string[] = [];
  readonly session: Session;
  readonly streams: NotingStream[] = [];
  sent: Buffer[] = [];
  blocked = false;
  onHead: (stream: NotingStream) => void = () => {};

  constructor(role: number = Role.server, change: (settings: Settings) => void = () => {}) {
    const settings = new Settings();
    settings.maxConcurrentStreams = 100;
    change(settings);
    this.session = new Session(role, this, settings, new Float64Array(COLUMNS), 0);
    this.session.start();
    this.session.flush();
    this.sent = [];
  }

  wake(): void {}
  send(buf: Buffer, start: number, end: number): void {
    this.sent.push(Buffer.from(buf.subarray(start, end)));
  }
  open(): NotingStream {
    const stream = new NotingStream(this);
    this.streams.push(stream);
    return stream;
  }
  onStreamClosed(): void {}
  onSettings(): void {}
  onGoaway(code: number): void {
    this.log.push(`goaway ${nameOf(code)}`);
  }
  onFatal(code: number): void {
    this.log.push(`fatal ${nameOf(code)}`);
  }

  /** Preface and empty SETTINGS were exchanged. */
  greet(): this {
    const preface = this.session.role === Role.server ? PREFACE : Buffer.alloc(0);
    this.feed(Buffer.concat([preface, frame(FrameType.SETTINGS, 0, 0), frame(FrameType.SETTINGS, Flag.ACK, 0)]));
    this.output();
    return this;
  }

  /** Gives it bytes, cut as told. */
  feed(bytes: Buffer, size: number = bytes.length): this {
    for (let at = 0; at < bytes.length; at += size) {
      const piece = Buffer.from(bytes.subarray(at, at + size));
      this.session.receive(piece, 0, piece.length);
    }
    this.session.flush();
    return this;
  }

  /** The frames it sent since, one line each. */
  output(): string[] {
    const bytes = Buffer.concat(this.sent);
    this.sent = [];
    return frames(bytes);
  }
}

const typeNames = Object.keys(FrameType);

/** Frames as text: type, stream, and what matters of the payload. */
export function frames(bytes: Buffer): string[] {
  const out: string[] = [];
  const decoder = new Decoder();
  for (let at = 0; at < bytes.length;) {
    const length = bytes.readUIntBE(at, 3);
    const type = bytes[at + 3]!;
    const flags = bytes[at + 4]!;
    const id = bytes.readUInt32BE(at + 5);
    const payload = bytes.subarray(at + 9, at + 9 + length);
    at += 9 + length;
    let text = `${typeNames[type]} ${id}`;
    const end = (type === FrameType.DATA || type === FrameType.HEADERS) && (flags & Flag.END_STREAM) !== 0;
    if (type === FrameType.DATA) text += ` ${payload.length > 40 ? payload.length : payload.toString("latin1")}`;
    else if (type === FrameType.RST_STREAM) text += ` ${nameOf(payload.readUInt32BE(0))}`;
    else if (type === FrameType.GOAWAY) text = `GOAWAY ${payload.readUInt32BE(0)} ${nameOf(payload.readUInt32BE(4))}`;
    else if (type === FrameType.WINDOW_UPDATE) text += ` ${payload.readUInt32BE(0)}`;
    else if (type === FrameType.HEADERS) {
      decoder.decode(payload, 0, payload.length, {
        field: (name, ns, ne, value, vs, ve) => {
          text += ` | ${Buffer.from(name.subarray(ns, ne)).toString()}: ${Buffer.from(value.subarray(vs, ve)).toString()}`;
        },
      });
    } else if ((flags & Flag.ACK) !== 0) text += " ACK";
    out.push(end ? `${text} END` : text);
  }
  return out;
}

/** A frame; `payload` as bytes, or text. */
export function frame(type: number, flags: number, id: number, payload: Buffer | string = ""): Buffer {
  const body = Buffer.from(payload as string, "latin1");
  const out = Buffer.alloc(9 + body.length);
  writeFrameHeader(out, 0, body.length, type, flags, id);
  body.copy(out, 9);
  return out;
}

/** Fields as literals that are never indexed. */
export function block(fields: readonly (readonly [string, string])[]): Buffer {
  const parts: Buffer[] = [];
  for (const [name, value] of fields) {
    parts.push(Buffer.from([0x10]));
    for (const text of [name, value]) {
      const length = Buffer.alloc(8);
      parts.push(length.subarray(0, writeInteger(length, 0, 0, 7, text.length)), Buffer.from(text, "latin1"));
    }
  }
  return Buffer.concat(parts);
}

/** A request line as pseudo-header fields, then more fields. */
export function request(
  method: string,
  path: string,
  ...more: readonly (readonly [string, string])[]
): readonly (readonly [string, string])[] {
  return [[":method", method], [":scheme", "http"], [":path", path], [":authority", "a"], ...more];
}

/** A HEADERS frame with a whole block. */
export function headers(
  id: number,
  fields: readonly (readonly [string, string])[],
  flags: number = Flag.END_STREAM,
): Buffer {
  return frame(FrameType.HEADERS, flags | Flag.END_HEADERS, id, block(fields));
}

export function u32(...values: readonly number[]): Buffer {
  const out = Buffer.alloc(4 * values.length);
  for (const [i, value] of values.entries()) out.writeUInt32BE(value >>> 0, 4 * i);
  return out;
}

export function setting(id: number, value: number): Buffer {
  const out = Buffer.alloc(6);
  out.writeUInt16BE(id, 0);
  out.writeUInt32BE(value >>> 0, 2);
  return out;
}
