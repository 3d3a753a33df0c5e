/** What a proxy in front sends before the bytes of its client, between the accept and TLS. */
import { HeaderError, type HeaderResult, type ProxyHeader } from "../codec/proxy-protocol/header.ts";
import { parseNetscaler } from "../codec/proxy-protocol/netscaler.ts";
import { parseProxyHeader } from "../codec/proxy-protocol/parse.ts";
import { connectionError } from "../expr/logformat/fast.ts";
import { EMPTY_RECORD, type Logger } from "../log/record.ts";
import { Conn } from "../net/conn.ts";
import type { ClientSocket } from "../net/socket.ts";
import type { Frontend, Listener } from "../proxy/frontend.ts";
import type { HeaderKind } from "../rules/tcp/types.ts";
import { forgetConnection, socketSource } from "./client.ts";
import { Endpoint, ipEndpoint } from "./endpoint.ts";
import type { StreamRuntime } from "./runtime.ts";
import type { Session } from "./session.ts";
import { deadlineIn } from "./timeout.ts";

/** Why a connection ended before its header was complete, in HAProxy's words. */
const words = {
  proxy: {
    closed: "Connection closed while waiting for PROXY protocol header",
    error: "Connection error while waiting for PROXY protocol header",
    timeout: "Timeout while waiting for PROXY protocol header",
    cut: "Truncated PROXY protocol header received",
    [HeaderError.notHeader]: "Received something which does not look like a PROXY protocol header",
    [HeaderError.bad]: "Received an invalid PROXY protocol header",
    [HeaderError.protocol]: "Received an unhandled protocol in the PROXY protocol header",
    [HeaderError.magic]: "",
    [HeaderError.tooLong]: "Truncated PROXY protocol header received",
  },
  netscaler: {
    closed: "Connection closed while waiting for NetScaler Client IP header",
    error: "Connection error while waiting for NetScaler Client IP header",
    timeout: "Timeout while waiting for a NetScaler Client IP header",
    cut: "Truncated NetScaler Client IP header received",
    [HeaderError.notHeader]: "Received an unhandled protocol in the NetScaler Client IP header",
    [HeaderError.bad]: "Truncated NetScaler Client IP header received",
    [HeaderError.protocol]: "Received an unhandled protocol in the NetScaler Client IP header",
    [HeaderError.magic]: "Received an invalid NetScaler Client IP magic number",
    [HeaderError.tooLong]: "Truncated NetScaler Client IP header received",
  },
} as const;

/** Bytes of the shortest header of either version. */
const SHORTEST = 16;

type Ready = (
  socket: ClientSocket,
  listener: Listener,
  rt: StreamRuntime,
  session: Session,
  early: Buffer | null,
) => void;

/**
 * Holds the place of a client until the headers before its first byte were received; the connection was counted, the session was
 * not. `timeout client` runs from the accept. Unlike HAProxy, which takes a header only when it comes in one piece, it gathers the pieces.
 */
export class Greeting extends Conn {
  declare socket: ClientSocket | null;
  private held: Buffer | null = null;
  private readonly counted: Frontend;
  private readonly peer: Endpoint;
  private at = 0;
  private over = false;
  /** Bytes came that are no header. */
  private unread = false;

  constructor(
    socket: ClientSocket,
    readonly listener: Listener,
    private readonly rt: StreamRuntime,
    private readonly session: Session,
    private readonly kinds: readonly HeaderKind[],
    private readonly ready: Ready,
  ) {
    super(socket);
    this.counted = listener.frontend;
    this.peer = session.connectionSource ?? socketSource(socket, listener);
    rt.greetings++;
    this.expire(deadlineIn(this.counted.model.timeouts.client));
  }

  private settle(): void {
    this.over = true;
    this.rt.greetings--;
  }

  onData(chunk: Buffer): void {
    if (this.over) return;
    let buf = this.held === null ? chunk : Buffer.concat([this.held, chunk]);
    while (this.at < this.kinds.length) {
      const found = this.parse(this.kinds[this.at]!, buf);
      if (typeof found === "number") {
        if (found === HeaderError.more) this.held = buf;
        else {
          this.unread = true;
          const { words: said } = this;
          // HAProxy does not judge what is shorter than any header.
          const short = found === HeaderError.notHeader && buf.length < SHORTEST;
          this.fail(short ? said.cut : said[found as keyof typeof words.proxy]);
        }
        return;
      }
      this.adopt(found);
      this.at++;
      buf = buf.subarray(found.length);
    }
    this.settle();
    this.expire(0);
    this.held = null;
    const socket = this.socket!;
    // From here on another object has the socket: this one must not touch it.
    this.socket = null;
    this.closed = true;
    this.ready(socket, this.listener, this.rt, this.session, buf.length === 0 ? null : buf);
  }

  private parse(kind: HeaderKind, buf: Buffer): HeaderResult {
    const { bufsize } = this.rt.global;
    if (kind === "proxy") return parseProxyHeader(buf, 0, buf.length, bufsize);
    const found = parseNetscaler(buf, 0, buf.length, this.listener.model.netscalerMagic);
    return found === HeaderError.more && buf.length >= bufsize ? HeaderError.bad : found;
  }

  /** As in HAProxy 2.6 the header tells the ends of the session; fc_src and fc_dst stay those of the socket. */
  private adopt({ source, destination, authority, uniqueId, tlvs }: ProxyHeader): void {
    const { session, listener } = this;
    if (this.kinds[this.at] === "proxy") session.proxy = { authority, uniqueId, tlvs };
    const end = (bytes: Uint8Array | null, port: number): Endpoint =>
      bytes === null ? new Endpoint("unix", listener.model.id, null) : ipEndpoint(bytes, port);
    if (source !== null) session.source = end(source.bytes, source.port);
    if (destination !== null) session.destination = end(destination.bytes, destination.port);
  }

  private get words(): (typeof words)[HeaderKind] {
    return words[this.kinds[this.at]!];
  }

  /** Something of the header came. */
  private get begun(): boolean {
    return this.held !== null || this.at > 0;
  }

  onEnd(): void {
    this.fail(this.begun ? this.words.cut : this.words.closed);
  }
  onTimer(): void {
    this.fail(this.begun ? this.words.cut : this.words.timeout);
  }
  onClose(error: Error | undefined): void {
    if (this.over) return;
    this.settle();
    this.log(this.begun ? this.words.cut : error === undefined ? this.words.closed : this.words.error);
    forgetConnection(this.listener, this.counted, this.session);
  }
  onDrain(): void {}
  override onBug(): void {
    if (this.over) return;
    this.settle();
    forgetConnection(this.listener, this.counted, this.session);
  }

  private fail(why: string): void {
    if (this.over) return;
    this.settle();
    this.log(why);
    forgetConnection(this.listener, this.counted, this.session);
    // As a close(2) with unread bytes does it.
    if (this.begun || this.unread || this.established) this.abort();
    else this.close();
  }

  private log(why: string): void {
    const { counted, listener, peer, session } = this;
    const logger = counted.logger as Logger;
    if (!logger.enabled) return;
    const { options } = counted.model;
    const { words: said } = this;
    if (options.dontlognull && (why === said.closed || why === said.error)) return;
    const record = {
      ...EMPTY_RECORD,
      clientAddress: peer.address,
      clientPort: peer.port,
      acceptDate: session.accepted,
      frontendName: counted.name,
    };
    const { model } = listener;
    const text = connectionError(record, model.name ?? String(model.id), why);
    logger.event(options["log-separate-errors"] ? "err" : "info", text);
  }
}
