import type { SocketUser } from "./polled-socket.ts";

/** What a connection needs of its socket: Bun's own have it, and so has `PolledSocket`. Semantics as Bun's (see Conn). */
export interface StreamSocket {
  /** Bun's sockets have it too, which its types do not say. */
  readonly fd?: number;
  readonly remoteAddress: string | undefined;
  readonly remotePort: number;
  readonly localAddress: string | undefined;
  readonly localPort: number;
  /** Bytes taken; 0 when full (the drain event follows), -1 after shutdown or when the peer is gone (the close event follows). */
  write(buf: Uint8Array, offset: number, length: number): number;
  pause(): void;
  resume(): void;
  /** Sends FIN. */
  shutdown(): void;
  /** Closes with FIN. */
  end(): void;
  /** Closes with RST. */
  terminate(): void;
}

/** A connection that was accepted: by Bun where it begins with TLS, else by ourselves. `data` gets its events. */
export interface ClientSocket extends StreamSocket {
  data: SocketUser;
}
