/** From an accepted socket that leads nowhere to the object that serves it: the way of the worker, with a TLS handshake in memory. */
import { type TextEnd, writeLine } from "../../codec/proxy-protocol/write.ts";
import type { Conn } from "../../net/conn.ts";
import { tlsHandlers } from "../../net/tls/socket.ts";
import type { TlsServer } from "../../net/tls/server.ts";
import type { Listener } from "../../proxy/frontend.ts";
import { acceptGuarded, acceptTls, startClient } from "../../stream/accept.ts";
import { Greeting } from "../../stream/greeting.ts";
import type { StreamRuntime } from "../../stream/runtime.ts";
import { clock } from "../../util/clock.ts";
import { parseIp } from "../../util/ip.ts";
import { clientHello } from "./hello.ts";
import type { MemorySocket, Upgraded } from "./sockets.ts";

/** The client speaks what it is explained with. */
const OFFERED = Buffer.from("\x08http/1.1", "latin1");

/** What Bun calls during a handshake. */
interface Handlers {
  serverName(listener: unknown, name: string, socket: unknown): object | undefined;
  alpnCallback(socket: unknown, name: unknown, offered: Uint8Array): string | false;
  handshake(socket: unknown, ok: boolean, error: Error | null): void;
}

/**
 * Starts the client of `socket` and returns the socket it speaks over: with TLS this may be another. The client stands in its `data`,
 * unless the connection was refused. `sni`: the name a TLS client asks for, null = none.
 */
export function acceptInMemory(
  socket: MemorySocket,
  listener: Listener,
  rt: StreamRuntime,
  sni: string | null,
): MemorySocket {
  if (listener.guarded) acceptGuarded(socket.socket, listener, rt);
  else if (listener.tls === null) startClient(socket.socket, listener, rt, null, null);
  else acceptTls(socket.socket, listener, rt);
  // A proxy in front tells of the client that is explained.
  if (socket.data instanceof Greeting) socket.data.onData(writeLine(remote(socket), local(socket)));
  if (listener.tls === null || socket.closed || socket.data instanceof Greeting) return socket;
  const { upgraded } = socket;
  if (upgraded === null) {
    const now = (): number => clock.now;
    shake(
      {
        socket,
        handlers: tlsHandlers(
          () => {},
          () => listener.tls as TlsServer,
          now,
        ),
      },
      sni,
    );
    return socket;
  }
  const tap = socket.data as Conn;
  if (!tap.closed) tap.onData(Buffer.from(clientHello(sni ?? ""), "latin1"));
  shake(upgraded, sni);
  return upgraded.socket;
}

function remote({ remoteAddress, remotePort }: MemorySocket): TextEnd {
  return { address: remoteAddress, port: remotePort, bytes: parseIp(remoteAddress)! };
}

function local({ localAddress, localPort }: MemorySocket): TextEnd {
  return { address: localAddress, port: localPort, bytes: parseIp(localAddress)! };
}

function shake({ socket, handlers }: Upgraded, sni: string | null): void {
  const { serverName, alpnCallback, handshake } = handlers as Handlers;
  const refused = sni === null ? undefined : serverName(null, sni, socket);
  if (refused instanceof Error) {
    (socket.data as Conn).abort();
    return;
  }
  socket.alpnProtocol = alpnCallback(socket, null, OFFERED);
  handshake(socket, true, null);
}
