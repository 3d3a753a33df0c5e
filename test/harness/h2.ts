/** HTTP/2 by hand for scripts: frames out, messages in. Built on the codec's decoder, never on its sessions. */
import { Flag, FrameType, PREFACE } from "../../src/codec/h2/constants.ts";
import { block, frame, u32 } from "../../src/codec/h2/testing.helper.ts";
import { Decoder } from "../../src/codec/hpack/decode.ts";
import type { Peer } from "./peer.ts";
import type { ServerScript } from "./server.ts";

export type Fields = readonly (readonly [name: string, value: string])[];

export { block, frame, setting, u32 } from "../../src/codec/h2/testing.helper.ts";
export { ErrorCode, Flag, FrameType, PREFACE } from "../../src/codec/h2/constants.ts";

/** What came on one stream so far. */
export interface Incoming {
  /** Heads and trailers, each as lines `name: value`. */
  readonly heads: string[];
  body: string;
  /** END_STREAM came. */
  ended: boolean;
  /** Error code of RST_STREAM, -1 = none. */
  reset: number;
}

/** One side of a connection under the control of a script. */
export class H2Peer {
  readonly peer: Peer;
  readonly streams = new Map<number, Incoming>();
  /** Error code of GOAWAY, -1 = none came. */
  goaway = -1;
  /** Types of all frames that came. */
  readonly types: number[] = [];
  private readonly decoder = new Decoder();
  private read = 0;
  private nextId = 1;
  private acknowledge = true;

  /** A client says hello at once; `settings` is the payload of its SETTINGS. */
  constructor(peer: Peer, role: "client" | "server", settings: Buffer = Buffer.alloc(0)) {
    this.peer = peer;
    if (role === "client") peer.send(PREFACE);
    else this.read = PREFACE.length;
    peer.send(frame(FrameType.SETTINGS, 0, 0, settings));
  }

  /** Opens a stream; `body` undefined = none, `open`: more follows. Returns its id. */
  request(fields: Fields, body?: string, open = false): number {
    const id = this.nextId;
    this.nextId += 2;
    const ends = body === undefined && !open;
    this.peer.send(frame(FrameType.HEADERS, Flag.END_HEADERS | (ends ? Flag.END_STREAM : 0), id, block(fields)));
    if (body !== undefined) this.data(id, body, !open);
    return id;
  }

  /** A head or trailers. */
  head(id: number, fields: Fields, end: boolean): void {
    this.peer.send(frame(FrameType.HEADERS, Flag.END_HEADERS | (end ? Flag.END_STREAM : 0), id, block(fields)));
  }

  data(id: number, text: string, end: boolean): void {
    this.peer.send(frame(FrameType.DATA, end ? Flag.END_STREAM : 0, id, text));
  }

  reset(id: number, code: number): void {
    this.peer.send(frame(FrameType.RST_STREAM, 0, id, u32(code)));
  }

  /** Takes in what has come since. Windows are given back as data comes, SETTINGS and PING answered. */
  pump(): void {
    for (;;) {
      const text = this.peer.received;
      if (text.length < this.read + 9) return;
      const head = Buffer.from(text.slice(this.read, this.read + 9), "latin1");
      const length = head.readUIntBE(0, 3);
      if (text.length < this.read + 9 + length) return;
      const payload = Buffer.from(text.slice(this.read + 9, this.read + 9 + length), "latin1");
      this.read += 9 + length;
      this.take(head[3]!, head[4]!, head.readUInt32BE(5), payload);
    }
  }

  private take(type: number, flags: number, id: number, payload: Buffer): void {
    this.types.push(type);
    switch (type) {
      case FrameType.SETTINGS:
        if ((flags & Flag.ACK) === 0 && this.acknowledge) this.peer.send(frame(FrameType.SETTINGS, Flag.ACK, 0));
        break;
      case FrameType.PING:
        if ((flags & Flag.ACK) === 0) this.peer.send(frame(FrameType.PING, Flag.ACK, 0, payload));
        break;
      case FrameType.GOAWAY:
        this.goaway = payload.readUInt32BE(4);
        break;
      case FrameType.RST_STREAM:
        this.stream(id).reset = payload.readUInt32BE(0);
        break;
      case FrameType.HEADERS: {
        const lines: string[] = [];
        const text = (buf: Uint8Array, start: number, end: number): string =>
          Buffer.from(buf.subarray(start, end)).toString("latin1");
        const code = this.decoder.decode(payload, 0, payload.length, {
          field: (n, ns, ne, v, vs, ve) => void lines.push(`${text(n, ns, ne)}: ${text(v, vs, ve)}`),
        });
        this.stream(id).heads.push(code === 0 ? lines.join("\n") : `! hpack ${code}`);
        break;
      }
      case FrameType.DATA:
        this.stream(id).body += payload.toString("latin1");
        if (payload.length > 0) {
          this.peer.send(frame(FrameType.WINDOW_UPDATE, 0, 0, u32(payload.length)));
          this.peer.send(frame(FrameType.WINDOW_UPDATE, 0, id, u32(payload.length)));
        }
        break;
    }
    if ((type === FrameType.DATA || type === FrameType.HEADERS) && (flags & Flag.END_STREAM) !== 0) {
      this.stream(id).ended = true;
    }
  }

  stream(id: number): Incoming {
    let stream = this.streams.get(id);
    if (stream === undefined) {
      stream = { heads: [], body: "", ended: false, reset: -1 };
      this.streams.set(id, stream);
    }
    return stream;
  }

  /** Waits until `holds`, or the connection ended, or the time is over; true = it held. */
  async wait(holds: () => boolean, ms = 3000): Promise<boolean> {
    const deadline = Date.now() + ms;
    for (;;) {
      this.pump();
      if (holds()) return true;
      if (this.peer.closeKind !== "open" && this.peer.gone) return false;
      if (Date.now() > deadline) {
        await this.peer.settle?.();
        this.pump();
        return holds();
      }
      await Bun.sleep(2);
    }
  }

  /** The whole response on a stream, as text that can be compared: heads, body, how it ended. */
  async response(id: number, ms = 3000): Promise<string> {
    const stream = this.stream(id);
    await this.wait(() => stream.ended || stream.reset >= 0 || this.goaway > 0 || this.peer.closeKind !== "open", ms);
    return this.text(id);
  }

  text(id: number): string {
    const { heads, body, ended, reset } = this.stream(id);
    const end = reset >= 0 ? `RST ${reset}` : ended ? "END" : this.goaway > 0 ? `GOAWAY ${this.goaway}` : "open";
    return [...heads, body, end].join("\n--\n");
  }
}

/** Answers a request: what came, and how to answer it. */
export type Answer = (h2: H2Peer, id: number, request: Incoming) => void;

/** A server that speaks HTTP/2 and answers every request that is complete. */
export function respondH2(answer: Answer, settings?: Buffer): ServerScript {
  return async (peer) => {
    const h2 = new H2Peer(peer, "server", settings);
    const answered = new Set<number>();
    for (;;) {
      h2.pump();
      for (const [id, stream] of h2.streams) {
        if (!stream.ended || answered.has(id)) continue;
        answered.add(id);
        answer(h2, id, stream);
      }
      if (peer.closeKind !== "open") return;
      await Bun.sleep(1);
    }
  };
}

/** Echoes head and body of the request as the body of the response. */
export const echo: Answer = (h2, id, request) => {
  const body = `${request.heads.join("\n--\n")}\n==\n${request.body}`;
  h2.head(
    id,
    [
      [":status", "200"],
      ["content-type", "text/plain"],
    ],
    false,
  );
  for (let at = 0; at < body.length; at += 16384) h2.data(id, body.slice(at, at + 16384), at + 16384 >= body.length);
};

/** Pseudo-header fields of a request, then more. */
export function request(method: string, path: string, ...more: Fields): Fields {
  return [[":method", method], [":scheme", "http"], [":authority", "example.test"], [":path", path], ...more];
}
