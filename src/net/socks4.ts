/** Connections through a SOCKS4 proxy (openssh.com/txt/socks4.protocol), as servers with `socks4` have them. */
import type { Socket } from "bun";
import { ENOMEM } from "../ffi/errno.ts";
import { close } from "../ffi/file.ts";
import { AF_INET, type SockAddr } from "../ffi/sockaddr.ts";
import { Conn, connHandlers } from "./conn.ts";
import { socketFailure } from "./polled-socket.ts";

const VERSION = 4;
const CONNECT = 1;
const GRANTED = 0x5a;
const ANSWER_BYTES = 8;
/** What HAProxy calls itself, and the end of the text. */
const USER = Buffer.from("HAProxy\0", "latin1");

export type SocksFailure = "denied" | "read";

/** HAProxy's words for them. */
export const socksFailures: Readonly<Record<SocksFailure, string>> = {
  denied: "SOCKS4 Proxy deny the request",
  read: "SOCKS4 Proxy read error during handshake",
};

/** Who wants the connection. Exactly one of these is called, unless the handshake is cancelled by `abort()`. */
export interface SocksUser {
  /** The way is open: the socket belongs to the user now. */
  onSocksOpen(socket: Socket<Conn>): void;
  /** The proxy refused, or left in the middle. The socket is being closed. */
  onSocksFailed(why: SocksFailure): void;
  /** The proxy itself cannot be reached. */
  onSocksUnreachable(error: Error | undefined): void;
}

/** The request for a connection to there; null: this version of the protocol knows IPv4 only. */
export function socksRequest(to: SockAddr): Buffer | null {
  if (to.family !== AF_INET) return null;
  // struct sockaddr_in: family, port and address, the last two in network order.
  const request = Buffer.alloc(8 + USER.length);
  request[0] = VERSION;
  request[1] = CONNECT;
  request.set(to.bytes.subarray(2, 8), 2);
  USER.copy(request, 8);
  return request;
}

/** Stands in for a connection until the proxy has opened it. */
export class SocksHandshake extends Conn {
  declare socket: Socket<Conn> | null;
  private sent = false;
  private over = false;
  private answer: Buffer = Buffer.alloc(0);

  constructor(
    private readonly request: Buffer,
    private readonly user: SocksUser,
  ) {
    super(null);
  }

  /** The proxy was reached. */
  get reached(): boolean {
    return this.sent;
  }

  onDrain(): void {
    if (this.sent || this.socket?.remoteAddress === undefined) return;
    this.sent = true;
    this.write(this.request, 0, this.request.length);
  }

  onData(chunk: Buffer): void {
    this.answer = this.answer.length === 0 ? chunk : Buffer.concat([this.answer, chunk]);
    if (this.answer.length < ANSWER_BYTES || this.over) return;
    this.over = true;
    if (this.answer[0] !== 0 || this.answer[1] !== GRANTED) {
      this.user.onSocksFailed("denied");
      this.abort();
      return;
    }
    const socket = this.socket!;
    const rest = this.answer.subarray(ANSWER_BYTES);
    this.user.onSocksOpen(socket);
    // A server that speaks first may do so in the same segment.
    if (rest.length > 0 && socket.data !== this) socket.data.socketData(rest);
  }

  onEnd(): void {
    if (this.over) return;
    this.over = true;
    this.user.onSocksFailed("read");
    this.abort();
  }

  onClose(error: Error | undefined): void {
    if (this.over) return;
    this.over = true;
    if (this.sent) this.user.onSocksFailed("read");
    else this.user.onSocksUnreachable(error);
  }

  onTimer(): void {}

  /** Gives it up: the user hears nothing. */
  cancel(): void {
    this.over = true;
    this.abort();
  }
}

const handlers = connHandlers((socket: Socket<Conn>) => {
  const handshake = socket.data as SocksHandshake;
  handshake.socket = socket;
  if (handshake.closed) socket.terminate();
});

const ignore = (): void => {};

/** Takes over a descriptor that connects to the proxy. Throws when Bun does not take it. */
export function beginSocks(fd: number, request: Buffer, user: SocksUser): SocksHandshake {
  const handshake = new SocksHandshake(request, user);
  Bun.connect({ fd, socket: handlers, data: handshake, allowHalfOpen: true } as never).then(ignore, () => {
    if (handshake.socket !== null) return;
    // Bun could not watch the descriptor, and leaves it to us.
    close(fd);
    handshake.socketClose(socketFailure(ENOMEM));
  });
  return handshake;
}
