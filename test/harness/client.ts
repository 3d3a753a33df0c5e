/** Raw TCP clients. */
import { Peer, peerHandlers } from "./peer.ts";
import type { Scope } from "./scope.ts";

export interface ConnectOptions {
  /** Source address, e.g. "127.0.0.9". */
  readonly from?: string;
  readonly ms?: number;
}

/** Connects to a loopback port (a number), a path, or `{ host, port }`. The connection is reset when the scope ends. */
export async function connect(
  scope: Scope,
  to: number | string | { readonly host: string; readonly port: number },
  options: ConnectOptions = {},
): Promise<Peer> {
  const peer = new Peer();
  const socket = {
    ...peerHandlers,
    open(opened: import("bun").Socket<Peer>): void {
      peer.socket = opened;
    },
  };
  if (typeof to === "string") {
    await Bun.connect({ unix: to, data: peer, socket, allowHalfOpen: true });
  } else {
    const target = typeof to === "number" ? { host: "127.0.0.1", port: to } : to;
    await Bun.connect({
      hostname: target.host,
      port: target.port,
      data: peer,
      socket,
      allowHalfOpen: true,
      ...(options.from === undefined ? {} : { localAddress: options.from }),
    });
  }
  scope.defer(() => peer.reset());
  return peer;
}
