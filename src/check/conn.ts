import type { Socket } from "bun";
import { close as closeFd } from "../ffi/file.ts";
import type { SockAddr } from "../ffi/sockaddr.ts";
import { connectFd, type ConnectOptions, socketError } from "../ffi/socket.ts";
import { Conn, connHandlers } from "../net/conn.ts";

/** Who waits for the connection of a check. Exactly one of `onCheckClose` and a call of `abort()` ends it. */
export interface CheckOwner {
  onCheckConnect(): void;
  onCheckData(chunk: Buffer): void;
  /** The peer sent FIN. */
  onCheckEnd(): void;
  /** `error` as Bun gives it, undefined for an orderly close. */
  onCheckClose(error: Error | undefined): void;
}

/** The connection of one check. */
export class CheckConn extends Conn {
  private owner: CheckOwner | null;
  private told: boolean;

  constructor(owner: CheckOwner) {
    super(null);
    this.owner = owner;
    this.told = false;
  }

  onData(chunk: Buffer): void {
    this.connected();
    this.owner?.onCheckData(chunk);
  }

  onDrain(): void {
    // `drain` also comes for nothing: only a peer's address proves that the handshake is over.
    if (this.established || this.socket!.remoteAddress !== undefined) this.connected();
  }

  onEnd(): void {
    this.connected();
    this.owner?.onCheckEnd();
  }

  onClose(error: Error | undefined): void {
    const { owner } = this;
    this.owner = null;
    owner?.onCheckClose(error);
  }

  onTimer(): void {}

  /** Ends it with a reset, as HAProxy ends checks: no TIME_WAIT here, no half-open connection there. The owner hears nothing. */
  cancel(): void {
    this.owner = null;
    this.abort();
  }

  /** The handshake is over. To be called for unix sockets, which are connected from the start and get no event. */
  connected(): void {
    if (this.told) return;
    this.told = true;
    this.established = true;
    this.owner?.onCheckConnect();
  }
}

const handlers = connHandlers((socket: Socket<Conn>) => {
  const conn = socket.data as CheckConn;
  conn.socket = socket;
  if (conn.closed) socket.terminate();
});

const ignore = (): void => {};

/** Starts a connection. Returns the negated errno when the kernel refused at once; nothing is left open then. */
export function connectCheck(owner: CheckOwner, address: SockAddr, options: ConnectOptions): CheckConn | number {
  const fd = connectFd(address, options);
  if (fd < 0) return fd;
  const conn = new CheckConn(owner);
  try {
    Bun.connect({ fd, socket: handlers, data: conn, allowHalfOpen: true } as never).then(ignore, ignore);
  } catch {
    const status = socketError(fd);
    closeFd(fd);
    return status > 0 ? -status : -1;
  }
  return conn;
}
