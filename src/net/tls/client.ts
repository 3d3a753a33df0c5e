/** TLS towards one server in one worker: what is sent, what is accepted, sessions to resume. */
import type { Socket } from "bun";
import { checkServerIdentity, type PeerCertificate } from "node:tls";
import type { ServerTlsModel, TlsStoreModel } from "../../config/model.ts";
import { tick } from "../../util/clock.ts";
import { type Conn, connHandlers } from "../conn.ts";
import { DEFAULT_CIPHERS, nativeContext, versionName } from "./context.ts";
import { tlsSocket } from "./session.ts";
import { isVerifyCode, verifyNumber } from "./verify.ts";

/** Names of which a session is kept; beyond them all are forgotten. */
const MOST_SESSIONS = 256;

const NO_TICKET = 0x4000;

/** Only said of a certificate that is trusted. */
const WRONG_NAME = "ERR_TLS_CERT_ALTNAME_INVALID";

/** Why a handshake failed. */
export type ClientFailure = "handshake" | "certificate" | "host" | "name";

/** In HAProxy's words. */
export const failureTexts: Readonly<Record<ClientFailure, string>> = {
  handshake: "SSL handshake failure",
  certificate: "SSL handshake failure",
  host: "Server presented an SSL certificate different from the configured one",
  name: "Server presented an SSL certificate different from the expected one",
};

export class TlsClient {
  readonly model: ServerTlsModel;
  private readonly store: TlsStoreModel;
  private context: object | null = null;
  private readonly protocols: Buffer | null;
  private readonly sessions = new Map<string, Uint8Array>();

  constructor(model: ServerTlsModel, store: TlsStoreModel) {
    this.model = model;
    this.store = store;
    this.protocols = wireProtocols(model.settings.alpn);
  }

  /** Everything that a change of must begin new connections. */
  get recipe(): string {
    const { model, store } = this;
    const { settings, certificate } = model;
    const texts = [
      store.authorities[settings.caFile ?? ""],
      store.revocations[settings.crlFile ?? ""],
      store.certificates[certificate ?? ""],
    ];
    return JSON.stringify([{ ...model, sni: model.sni?.text }, texts]);
  }

  /**
   * `tls` of Bun.connect. The library would send an IP address as name if none were given. `alpn`: offered instead of the server's
   * own list.
   */
  options(sni: string | null, alpn: readonly string[] | null = null): object {
    const protocols = alpn === null ? this.protocols : wireProtocols(alpn);
    const options = {
      secureContext: (this.context ??= this.createContext()),
      serverName: sni ?? "",
      rejectUnauthorized: false,
    };
    return protocols === null ? options : { ...options, ALPNProtocols: protocols };
  }

  private createContext(): object {
    const { model, store } = this;
    const { settings } = model;
    const { authorities, revocations, certificates } = store;
    const ca = settings.caFile === null ? undefined : authorities[settings.caFile];
    const crl = settings.crlFile === null ? undefined : revocations[settings.crlFile];
    const own = model.certificate === null ? undefined : certificates[model.certificate];
    return nativeContext({
      minVersion: versionName(settings.minVersion),
      maxVersion: versionName(settings.maxVersion),
      ciphers: settings.ciphers ?? DEFAULT_CIPHERS,
      // Without authorities nothing is trusted, rather than what the library brings.
      ca: ca ?? [],
      ...(crl === undefined ? {} : { crl }),
      ...(own === undefined ? {} : { key: own.key, cert: own.chain }),
      ...(settings.curves === null ? {} : { ecdhCurve: settings.curves }),
      ...(model.tickets ? {} : { secureOptions: NO_TICKET }),
    });
  }

  session(sni: string | null): Uint8Array | null {
    return this.sessions.get(sni ?? "") ?? null;
  }

  keep(sni: string | null, session: Uint8Array): void {
    if (!this.model.reuse) return;
    const { sessions } = this;
    if (sessions.size >= MOST_SESSIONS && !sessions.has(sni ?? "")) sessions.clear();
    sessions.set(sni ?? "", session);
  }

  forget(sni: string | null): void {
    this.sessions.delete(sni ?? "");
  }

  /** Looks at the end of a handshake; null = the server is who it should be. */
  judge(
    socket: Socket<Conn>,
    ok: boolean,
    error: { readonly code?: string } | null,
    sni: string | null,
  ): ClientFailure | null {
    // `ok` is false for a certificate that is not trusted too, where the handshake came to its end.
    if (!ok && error?.code !== WRONG_NAME && !isVerifyCode(error?.code)) return "handshake";
    if (this.model.settings.verify === "none") return null;
    // Bun compares names of its own accord, with the address where none was sent; here the configuration says which one counts.
    if (error?.code !== WRONG_NAME && verifyNumber(error?.code) !== 0) return "certificate";
    // As in HAProxy, a name that was sent counts more than verifyhost.
    const name = sni ?? this.model.verifyHost;
    if (name === null || name === "") return null;
    const certificate = tlsSocket(socket).getPeerCertificate(false);
    if (certificate == null) return "certificate";
    if (checkServerIdentity(name, certificate as unknown as PeerCertificate) === undefined) return null;
    return sni === null ? "host" : "name";
  }
}

/** Names with their length before them (RFC 7301 section 3.1). */
export function wireProtocols(names: readonly string[]): Buffer | null {
  if (names.length === 0) return null;
  return Buffer.concat(names.map((name) => Buffer.from(String.fromCharCode(name.length) + name, "latin1")));
}

/** An outgoing connection that speaks TLS. */
export interface TlsPeer {
  readonly client: TlsClient | null;
  readonly sni: string | null;
  onHandshake(ok: boolean, error: (Error & { readonly code?: string }) | null): void;
}

/** Handlers for connections whose `data` is a Conn and a TlsPeer (U: `session`, `setSession`). */
export function clientHandlers(open: (socket: Socket<Conn>) => void): object {
  const peerOf = (socket: Socket<Conn>): TlsPeer => socket.data as unknown as TlsPeer;
  return {
    ...connHandlers((socket) => {
      const { client, sni } = peerOf(socket);
      const session = client?.session(sni) ?? null;
      if (session !== null) tlsSocket(socket).setSession(session);
      open(socket);
    }),
    handshake(socket: Socket<Conn>, ok: boolean, error: Error | null): void {
      tick();
      const peer = peerOf(socket);
      if (!(socket.data as Conn).closed) peer.onHandshake(ok, error);
    },
    session(socket: Socket<Conn>, session: Uint8Array): void {
      const { client, sni } = peerOf(socket);
      client?.keep(sni, session);
    },
  };
}
