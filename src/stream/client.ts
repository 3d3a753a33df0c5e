import { addressText } from "../expr/cast.ts";
import type { Variables } from "../expr/variables.ts";
import { savedPeer, setIntOption, setTos, SO_MARK, socketFamily, SOL_SOCKET } from "../ffi/socket-options.ts";
import { C } from "../counters/columns.ts";
import { Conn } from "../net/conn.ts";
import type { ClientSocket } from "../net/socket.ts";
import { fdOf } from "../net/fd.ts";
import type { TlsSession } from "../net/tls/session.ts";
import type { Frontend, Listener } from "../proxy/frontend.ts";
import type { Tracking } from "../table/tracking.ts";
import { parseIp } from "../util/ip.ts";
import { clock } from "../util/clock.ts";
import { wheel } from "../util/wheel.ts";
import { Endpoint } from "./endpoint.ts";
import type { StreamRuntime } from "./runtime.ts";
import type { Session } from "./session.ts";
import type { ClientSide } from "./side.ts";
import type { Stream } from "./stream.ts";

/** How long a connection that was shut down waits for the peer's FIN before it is reset. */
const LINGER_MS = 3000;

/** A client connection, whatever it speaks: where it came from, what counts it, how it ends. */
export abstract class ClientConn extends Conn implements ClientSide {
  declare socket: ClientSocket | null;
  readonly rt: StreamRuntime;
  readonly listener: Listener;
  /** The frontend that counted it; a reload may give the listener a newer one. */
  readonly counted: Frontend;
  /** Epoch ms of the accept. */
  readonly accepted: number;
  /** Shut down, only waiting for the peer to finish; what it sends is dropped. */
  lingering = false;
  /** Null on listeners whose connections begin with their first byte. */
  readonly session: Session | null;
  /** Variables of the scope `sess`, made when first needed. */
  variables: Variables | null = null;
  /** What its session tracks in stick tables; null = nothing. */
  tracking: Tracking | null = null;
  private inFrontend = true;
  private peerAddress: string | null = null;
  /** The address in bytes, once asked for. */
  private peerBytes: Uint8Array | null = null;
  private peerPort = -1;
  private ownAddress: string | null = null;
  private ownPort = -1;

  /** With a session the connection was counted when it was accepted, and only the session is counted now. */
  constructor(socket: ClientSocket, listener: Listener, rt: StreamRuntime, session: Session | null) {
    super(socket);
    this.rt = rt;
    this.listener = listener;
    this.session = session;
    this.counted = listener.frontend;
    if (session === null) {
      this.accepted = clock.now;
      this.counted.take(listener, clock.now);
    } else {
      this.accepted = session.accepted;
      this.secure = session.tls !== null;
      this.variables = session.variables;
      this.tracking = session.tracking;
      this.adopt(session);
      if (!session.counted) this.counted.takeSession(listener, clock.now);
    }
    rt.clients.add(this);
  }

  /** When its session began: the accept, or the end of what came before the first byte. Epoch ms. */
  get ready(): number {
    return this.session === null ? this.accepted : this.session.ready;
  }

  get tls(): TlsSession | null {
    return this.session === null ? null : this.session.tls;
  }

  private adopt({ source, destination, connectionSource, connectionDestination }: Session): void {
    const from = source ?? connectionSource;
    const to = destination ?? connectionDestination;
    if (from !== null) {
      this.peerAddress = from.address;
      this.peerPort = from.port;
    }
    if (to !== null) {
      this.ownAddress = to.address;
      this.ownPort = to.port;
    }
  }

  get conn(): ClientConn {
    return this;
  }

  private get onUnixListener(): boolean {
    const { kind } = this.listener.model.address;
    return kind === "unix" || kind === "abns";
  }

  /** It came from a UNIX socket, or a PROXY header says that it did. */
  get unix(): boolean {
    return this.address === "unix";
  }

  /** Textual address; "unix" for clients of a UNIX socket. Still there after the connection closed if asked before. */
  get address(): string {
    if (this.peerAddress === null) {
      const address = this.onUnixListener ? "unix" : this.socket?.remoteAddress;
      if (address === undefined) this.recall();
      else this.peerAddress = address;
    }
    return this.peerAddress!;
  }

  /** It was reset before it was accepted. */
  private recall(): void {
    const { socket, listener } = this;
    const peer = socket === null ? null : savedPeer(fdOf(socket));
    const { address } = listener.model;
    // A socket of IPv6 shows clients of IPv4 in the form of IPv6.
    const mapped = peer?.ip.length === 4 && address.kind === "ip" && address.family === 6 ? "::ffff:" : "";
    this.peerAddress = peer === null ? "-" : mapped + addressText(peer.ip);
    if (peer !== null && this.peerPort < 0) this.peerPort = peer.port;
  }

  /** Remembers address and port while the socket still knows them. */
  noteAddress(): void {
    void this.address;
    void this.port;
  }

  get port(): number {
    void this.address;
    if (this.peerPort < 0)
      this.peerPort = this.onUnixListener ? this.listener.model.id : (this.socket?.remotePort ?? 0);
    return this.peerPort;
  }

  get localAddress(): string {
    if (this.ownAddress !== null) return this.ownAddress;
    return this.onUnixListener ? "unix" : (this.socket?.localAddress ?? "-");
  }

  get localPort(): number {
    if (this.ownPort >= 0) return this.ownPort;
    return this.onUnixListener ? this.listener.model.id : (this.socket?.localPort ?? 0);
  }

  addressBytes(): Uint8Array | null {
    if (this.peerBytes === null && !this.unix) this.peerBytes = parseIp(this.address);
    return this.peerBytes;
  }

  /** Its two ends as the session has them. */
  get source(): Endpoint {
    return new Endpoint(this.address, this.port, this.addressBytes());
  }
  get destination(): Endpoint {
    const address = this.localAddress;
    return new Endpoint(address, this.localPort, address === "unix" ? null : parseIp(address));
  }

  /** The ends of the connection itself, which rules about sessions and streams leave alone. */
  get connectionSource(): Endpoint {
    const { session } = this;
    if (session?.connectionSource) return session.connectionSource;
    return session?.source ? socketSource(this.socket, this.listener) : this.source;
  }
  get connectionDestination(): Endpoint {
    const { session } = this;
    if (session?.connectionDestination) return session.connectionDestination;
    return session?.destination ? socketDestination(this.socket, this.listener) : this.destination;
  }

  /** Netfilter mark of what is sent from now on; needs a right this process may not have. */
  setMark(mark: number): void {
    if (this.socket === null || this.closed || this.onUnixListener) return;
    setIntOption(fdOf(this.socket), SOL_SOCKET, SO_MARK, mark);
  }

  /** TOS or traffic class of what is sent from now on, 0..255. */
  setTos(tos: number): void {
    if (this.socket === null || this.closed || this.onUnixListener) return;
    const fd = fdOf(this.socket);
    setTos(fd, socketFamily(fd), tos);
  }

  /**
   * Ends the connection so that everything written arrives: FIN, then whatever the peer still sends is read and
   * dropped until its own FIN, or a reset after a while (RFC 9112, section 9.6).
   */
  linger(): void {
    if (this.closed) return;
    this.uncountSession();
    this.finish();
    if (this.ended && !this.blocked) {
      this.close();
      return;
    }
    this.lingering = true;
    this.resume();
    this.expire(clock.now + LINGER_MS);
  }

  /**
   * Ends the connection as soon as everything is written. Only when the peer is not sending: what came unread would turn the FIN
   * into a reset and cost the answer's tail.
   */
  closeNow(): void {
    if (this.blocked) this.linger();
    else this.close();
  }

  /** What is in progress on it; one of several with HTTP/2. */
  abstract get current(): Stream | null;

  /** All that is in progress on it. */
  exchanges(): Iterable<Stream> {
    const { current } = this;
    return current === null ? [] : [current];
  }

  /** The worker drains: nothing new, as far as the protocol can say so. */
  retire(): void {}

  /** Idle, it is told of the end by one more answer (option idle-close-on-response). */
  get leavesWithAnswer(): boolean {
    return false;
  }

  /** Nothing is in progress on it: it may be closed when the worker drains. */
  abstract get idle(): boolean;

  /** A connection that only waits for the peer's FIN is no session any more. */
  private uncountSession(): void {
    if (!this.inFrontend) return;
    this.inFrontend = false;
    this.counted.release(this.listener);
    this.counted.releaseProcess();
    if (this.tracking !== null) {
      this.tracking.release(clock.now);
      this.tracking = null;
    }
  }

  /** The socket goes to another object, which counts for this one: nothing may be called on this one any more. */
  handOver(): void {
    this.inFrontend = false;
    this.closed = true;
    this.socket = null;
    this.rt.clients.delete(this);
    wheel.disarm(this);
  }

  /** To be called by subclasses when the connection and what was done for it have ended; the stream that ends with it may do so too. */
  uncount(): void {
    this.uncountSession();
    if (!this.rt.clients.delete(this)) return;
    if (this.secure) this.counted.slab[C.sslLive]!--;
    this.variables?.clear();
    onClientGone?.();
  }
}

/** Told after each client connection that went away: a worker that stopped accepting may go on. */
let onClientGone: (() => void) | null = null;

/** Sets who is told; null = nobody. */
export function setClientGone(callback: (() => void) | null): void {
  onClientGone = callback;
}

/** A connection that was counted goes away without having been a client. */
export function forgetConnection(listener: Listener, counted: Frontend, { tracking }: Session): void {
  if (tracking !== null) tracking.release(clock.now);
  counted.release(listener);
  counted.releaseProcess();
  onClientGone?.();
}

function socketEnd(address: string | undefined, port: number | undefined, { model }: Listener): Endpoint {
  const { kind } = model.address;
  if (kind === "unix" || kind === "abns") return new Endpoint("unix", model.id, null);
  const text = address ?? "-";
  return new Endpoint(text, port ?? 0, parseIp(text));
}

/** The client's end as the kernel knows it. */
export function socketSource(socket: ClientSocket | null, listener: Listener): Endpoint {
  return socketEnd(socket?.remoteAddress, socket?.remotePort, listener);
}

/** The end the client connected to. */
export function socketDestination(socket: ClientSocket | null, listener: Listener): Endpoint {
  return socketEnd(socket?.localAddress, socket?.localPort, listener);
}
