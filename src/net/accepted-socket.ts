import type { Address } from "../config/model.ts";
import { EPOLLERR, EPOLLHUP } from "../ffi/epoll.ts";
import { socketError } from "../ffi/socket-options.ts";
import { acceptedIp, acceptedPeer, acceptedPort, acceptedV4 } from "../ffi/socket.ts";
import { PolledSocket, type SocketUser } from "./polled-socket.ts";
import type { Poller } from "./poller.ts";
import type { ClientSocket } from "./socket.ts";

const littleEndian = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;

/** A connection of a client. Its address is known from accept(2) and stays known; IPv4 costs no memory of its own. */
export class AcceptedSocket extends PolledSocket implements ClientSocket {
  private readonly ip: number;
  private readonly peerPort: number;
  /** What is not IPv4. */
  private readonly peer: Address | null;

  /** To be made right after the accept. `data` may be another one before `watch()`. */
  constructor(fd: number, poller: Poller, data: SocketUser, tcp: boolean) {
    super(fd, poller, data, tcp);
    this.connecting = false;
    const v4 = tcp && acceptedV4();
    this.ip = v4 ? acceptedIp() : 0;
    this.peerPort = tcp ? acceptedPort() : 0;
    this.peer = v4 ? null : acceptedPeer();
  }

  override get remoteAddress(): string | undefined {
    const { ip, peer } = this;
    if (peer !== null) return peer.kind === "ip" ? peer.ip : "unix";
    return littleEndian
      ? `${ip & 255}.${(ip >>> 8) & 255}.${(ip >>> 16) & 255}.${ip >>> 24}`
      : `${ip >>> 24}.${(ip >>> 16) & 255}.${(ip >>> 8) & 255}.${ip & 255}`;
  }

  override get remotePort(): number {
    return this.peerPort;
  }

  /** A client that was reset is gone at once, even when nothing is read from it now: what it sent before matters to nobody. */
  override onEvents(events: number): void {
    if (this.paused && (events & EPOLLERR) !== 0 && (events & EPOLLHUP) !== 0 && this.sink === null) {
      this.fail(socketError(this.fd));
      return;
    }
    super.onEvents(events);
  }
}
