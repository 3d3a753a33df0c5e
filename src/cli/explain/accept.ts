/** From an accepted socket that leads nowhere to the object that serves it: the way of the worker, with a TLS handshake in memory. */
import type { Conn } from "../../net/conn.ts";
import { tlsHandlers } from "../../net/tls/socket.ts";
import type { TlsServer } from "../../net/tls/server.ts";
import type { Listener } from "../../proxy/frontend.ts";
import { acceptTls, startClient } from "../../stream/accept.ts";
import type { StreamRuntime } from "../../stream/runtime.ts";
import { clock } from "../../util/clock.ts";
import type { MemorySocket } from "./sockets.ts";

/** The client speaks what it is explained with. */
const OFFERED = Buffer.from("\x08http/1.1", "latin1");

/** What Bun calls during a handshake. */
interface Handlers {
  serverName(listener: unknown, name: string, socket: unknown): object | undefined;
  alpnCallback(socket: unknown, name: unknown, offered: Uint8Array): string | false;
  handshake(socket: unknown, ok: boolean, error: Error | null): void;
}

/**
 * Starts the client of `socket`; it then stands in `socket.data`, unless the connection was refused. `sni`: the name a TLS client asks
 * for, null = none.
 */
export function acceptInMemory(socket: MemorySocket, listener: Listener, rt: StreamRuntime, sni: string | null): void {
  if (listener.tls === null) {
    startClient(socket.socket, listener, rt, null, null);
    return;
  }
  const handlers = tlsHandlers(
    () => {},
    () => listener.tls as TlsServer,
    () => clock.now,
  ) as Handlers;
  acceptTls(socket.socket, listener, rt);
  const refused = sni === null ? undefined : handlers.serverName(null, sni, socket);
  if (refused instanceof Error) {
    (socket.data as Conn).abort();
    return;
  }
  socket.alpnProtocol = handlers.alpnCallback(socket, null, OFFERED);
  handlers.handshake(socket, true, null);
}
