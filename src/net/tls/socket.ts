/** Bun's handlers and calls on the server side of TLS that its manual does not describe (U); socket.test.ts fails when one changes. */
import type { Socket } from "bun";
import { tick } from "../../util/clock.ts";
import { reportBug } from "../../util/bug.ts";
import { type Conn, connHandlers } from "../conn.ts";
import { chooseProtocol, type Choice, type TlsServer } from "./server.ts";
import { tlsSocket } from "./session.ts";

/** What takes part in a handshake of a client. */
export interface HandshakeOwner {
  /** The name the client asked for, and what it is offered. */
  sni: string;
  choice: Choice | null;
  /** The connection began with the context of its choice. */
  readonly chosen: boolean;
  /** `error`: of the library or of the verification of the client's certificate. `ok` is true even when that failed. */
  onHandshake(ok: boolean, error: (Error & { readonly code?: string }) | null): void;
}

/** `server` is asked for each connection: a reload replaces what it returns. */
export function tlsHandlers(open: (socket: Socket<Conn>) => void, server: () => TlsServer, now: () => number): object {
  const owner = (socket: Socket<Conn>): HandshakeOwner => socket.data as unknown as HandshakeOwner;
  return {
    ...connHandlers(open),
    /** Only called for clients that send a name. The context to use, undefined = the listener's own, an Error refuses. */
    serverName(_: unknown, name: string, socket: Socket<Conn>): object | undefined {
      const tls = server();
      const handshake = owner(socket);
      handshake.sni = name;
      if (handshake.chosen) return undefined;
      const choice = tls.choose(name, now());
      handshake.choice = choice;
      if (choice === null) return new Error("no certificate for this name");
      if (choice !== tls.fallback) {
        const { settings } = choice;
        tlsSocket(socket).setVerifyMode(settings.verify !== "none", tls.rejects(settings));
      }
      try {
        return tls.contextOf(choice) ?? undefined;
      } catch (error) {
        // Each certificate was tried when the configuration was read; this client cannot be served all the same.
        reportBug(error);
        return new Error("no context for this name");
      }
    },
    /** The protocol to use, false = go on without one; anything else would end the handshake. */
    alpnCallback(socket: Socket<Conn>, _: unknown, offered: Uint8Array): string | false {
      const { choice } = owner(socket);
      return (choice === null ? null : chooseProtocol(choice.settings.alpn, offered)) ?? false;
    },
    handshake(socket: Socket<Conn>, ok: boolean, error: Error | null): void {
      tick();
      const handshake = socket.data as unknown as Partial<HandshakeOwner>;
      handshake.onHandshake?.(ok, error);
    },
  };
}

/**
 * Makes the server side of TLS out of a plain socket. `early` are bytes of the client that were read before. The plain socket goes
 * on to get a `data` event for each piece of ciphertext. Returns the socket that speaks plaintext. `choice`: what is known to be
 * offered, null = the line's default until the name is known.
 */
export function upgradeServer(
  socket: Socket<Conn>,
  tls: TlsServer,
  handlers: object,
  data: Conn,
  early: Buffer | null,
  choice: Choice | null,
): Socket<Conn> {
  const options = {
    isServer: true,
    tls: choice === null ? tls.options : tls.optionsOf(choice),
    socket: handlers,
    data,
    ...(early === null ? {} : { initialData: early }),
  };
  return socket.upgradeTLS(options as never)[1] as Socket<Conn>;
}

/** The client side of TLS out of a plain socket that is connected; `options` as TlsClient.options gives them. */
export function upgradeClient(socket: Socket<Conn>, tls: object, handlers: object, data: Conn): void {
  socket.upgradeTLS({ tls, socket: handlers, data } as never);
}
