/**
 * From an accepted socket to the object that serves it:
 *
 *     accept ── [tcp-request connection] ── [PROXY header] ── [TLS] ── [tcp-request session] ── client
 *
 * A listener that has none of these goes straight to the end.
 */
import type { Socket } from "bun";
import type { Conn } from "../net/conn.ts";
import type { Listener } from "../proxy/frontend.ts";
import { HttpClient } from "./http/client.ts";
import type { StreamRuntime } from "./runtime.ts";
import type { Session } from "./session.ts";
import { TcpClient } from "./tcp/client.ts";

/** Hands the socket to its client object, with the bytes that came before it; `session` null = nothing came before. */
export function startClient(
  socket: Socket<Conn>,
  listener: Listener,
  rt: StreamRuntime,
  session: Session | null,
  early: Buffer | null,
): void {
  if (listener.frontend.model.mode === "tcp") {
    const client = new TcpClient(socket, listener, rt, session);
    socket.data = client;
    client.start();
    if (early !== null && !client.closed) client.onData(early);
  } else {
    const client = new HttpClient(socket, listener, rt, session);
    socket.data = client;
    if (early !== null) client.onData(early);
  }
}
