/** Ends of connections that exist in memory only. */
import type { Socket } from "bun";
import type { SockAddr } from "../../ffi/sockaddr.ts";
import type { Conn } from "../../net/conn.ts";
import type { TlsSocket } from "../../net/tls/session.ts";
import { ServerConn, type ServerOwner } from "../../server/conn.ts";
import type { ServerPool } from "../../server/pool.ts";

export interface End {
  readonly address: string;
  readonly port: number;
}

/** A socket that was made to speak TLS, and what is called during its handshake. */
export interface Upgraded {
  readonly socket: MemorySocket;
  readonly handlers: object;
}

/** Takes everything that is written and sends nothing. With TLS: a new session of a client without a certificate. */
export class MemorySocket implements TlsSocket {
  private readonly written: Buffer[] = [];
  /** This side ended it, or sends no more. */
  closed = false;
  data: unknown = null;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;

  constructor(remote: End, local: End) {
    this.remoteAddress = remote.address;
    this.remotePort = remote.port;
    this.localAddress = local.address;
    this.localPort = local.port;
  }

  /** What the engine knows as a socket: of Bun's interface it uses what stands here. */
  get socket(): Socket<Conn> {
    return this as unknown as Socket<Conn>;
  }

  /** Everything written so far, one character per byte. */
  get text(): string {
    return Buffer.concat(this.written).toString("latin1");
  }

  write(bytes: Uint8Array, offset = 0, length = bytes.length - offset): number {
    this.written.push(Buffer.from(bytes.subarray(offset, offset + length)));
    return length;
  }

  pause(): void {}
  resume(): void {}

  shutdown(): void {
    this.closed = true;
  }
  end(): void {
    this.closed = true;
  }
  close(): void {
    this.closed = true;
  }
  terminate(): void {
    this.closed = true;
  }
  setNoDelay(): boolean {
    return true;
  }

  upgraded: Upgraded | null = null;

  /** As Bun's: the plain socket and the one that speaks TLS. */
  upgradeTLS({ data, socket: handlers }: { data: unknown; socket: object }): [MemorySocket, MemorySocket] {
    const remote = { address: this.remoteAddress, port: this.remotePort };
    const socket = new MemorySocket(remote, { address: this.localAddress, port: this.localPort });
    socket.data = data;
    this.upgraded = { socket, handlers };
    (handlers as { open(socket: MemorySocket): void }).open(socket);
    return [this, socket];
  }

  alpnProtocol: string | false | null = null;
  getTLSVersion(): string {
    return "TLSv1.3";
  }
  getCipher(): { readonly name: string } {
    return { name: "TLS_AES_128_GCM_SHA256" };
  }
  getServername(): null {
    return null;
  }
  isSessionReused(): boolean {
    return false;
  }
  getPeerCertificate(): null {
    return null;
  }
  getCertificate(): null {
    return null;
  }
  getSession(): null {
    return null;
  }
  getTLSFinishedMessage(): null {
    return null;
  }
  getTLSPeerFinishedMessage(): null {
    return null;
  }
  setVerifyMode(): void {}
  setMaxSendFragment(): boolean {
    return true;
  }
  setSession(): void {}
}

/** A connection to a server, with what the server would have received. */
export interface Dialled {
  readonly conn: ServerConn;
  readonly socket: MemorySocket;
  readonly owner: ServerOwner;
  /** The name it would be given in a TLS handshake; null = none, or no TLS. */
  readonly sni: string | null;
}

/** Stands for `connectServer`: the connection is there at once, and what is written to it can be read, TLS or not. */
export function memoryDial(
  told: (dialled: Dialled) => void,
): (pool: ServerPool, owner: ServerOwner, address: SockAddr, sni: string | null) => ServerConn {
  return (pool, owner, _, sni) => {
    const conn = new ServerConn(pool, owner, null, null);
    const { address } = pool.server;
    const remote = address?.kind === "ip" ? { address: address.ip, port: address.port } : { address: "unix", port: 0 };
    const socket = new MemorySocket(remote, { address: "0.0.0.0", port: 0 });
    conn.socket = socket.socket;
    pool.opened();
    told({ conn, socket, owner, sni });
    owner.onServerOpen(conn);
    return conn;
  };
}
