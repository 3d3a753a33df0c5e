/** Raw TCP clients. */
import { nativeContext, versionName } from "../../src/net/tls/context.ts";
import { Peer, PeerError, peerHandlers } from "./peer.ts";
import type { Scope } from "./scope.ts";

export interface ConnectOptions {
  /** Source address, e.g. "127.0.0.9". */
  readonly from?: string;
  readonly ms?: number;
  /** Speak TLS; the connection is handed out when the handshake is over, whatever came of it (`peer.tls`). */
  readonly tls?: TlsWish;
}

export interface TlsWish {
  /** Default: none is sent. */
  readonly name?: string;
  readonly alpn?: readonly string[];
  /** As in the protocol: 0x303 is TLS 1.2. */
  readonly minVersion?: number;
  readonly maxVersion?: number;
  readonly ciphers?: string;
  /** The only groups for the key exchange, `X25519:P-256`. */
  readonly curves?: string;
  /** Client certificate. */
  readonly key?: string;
  readonly cert?: string;
  /** A session of an earlier connection (`peer.session`). */
  readonly session?: Uint8Array | null;
}

/** Connects to a loopback port (a number), a path, or `{ host, port }`. The connection is reset when the scope ends. */
export async function connect(
  scope: Scope,
  to: number | string | { readonly host: string; readonly port: number },
  options: ConnectOptions = {},
): Promise<Peer> {
  const peer = new Peer();
  const { tls } = options;
  const shaken = Promise.withResolvers<void>();
  const socket = {
    ...peerHandlers,
    open(opened: import("bun").Socket<Peer>): void {
      peer.socket = opened;
      if (tls?.session) (opened as unknown as { setSession(session: Uint8Array): void }).setSession(tls.session);
    },
    ...(tls === undefined ? {} : tlsHandlers(peer, shaken.resolve)),
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
      ...(tls === undefined ? {} : { tls: clientOptions(tls) }),
    } as never);
  }
  if (tls !== undefined) {
    const timer = setTimeout(() => shaken.reject(new PeerError("no handshake within 4 s")), 4000);
    await shaken.promise.finally(() => clearTimeout(timer));
  }
  scope.defer(() => peer.reset());
  return peer;
}

function clientOptions({ name, alpn, session: _, curves, ...rest }: TlsWish): object {
  const wire = alpn?.map((one) => String.fromCharCode(one.length) + one).join("");
  if (curves !== undefined) {
    // The options of a socket have no place for them.
    const { key, cert, ciphers, minVersion = 0x303, maxVersion = 0x304 } = rest;
    const secureContext = nativeContext({
      ecdhCurve: curves,
      minVersion: versionName(minVersion),
      maxVersion: versionName(maxVersion),
      ...(key === undefined ? {} : { key }),
      ...(cert === undefined ? {} : { cert }),
      ...(ciphers === undefined ? {} : { ciphers }),
    });
    return {
      ...clientOptions({ ...(name === undefined ? {} : { name }), ...(alpn === undefined ? {} : { alpn }) }),
      secureContext,
    };
  }
  return {
    rejectUnauthorized: false,
    serverName: name ?? "",
    ...rest,
    ...(wire === undefined ? {} : { ALPNProtocols: Buffer.from(wire, "latin1") }),
  };
}

interface TlsSocket {
  readonly alpnProtocol: string | false | null;
  getTLSVersion(): string;
  getCipher(): { name: string | null };
  getPeerCertificate(): { subject?: { CN?: string } };
  isSessionReused(): boolean;
}

/** `done` is called once: after the handshake, or when the connection is gone before. */
function tlsHandlers(peer: Peer, done: () => void): object {
  return {
    handshake(socket: TlsSocket): void {
      const cipher = socket.getCipher().name;
      if (cipher !== null) {
        peer.tls = {
          version: socket.getTLSVersion(),
          cipher,
          alpn: socket.alpnProtocol || null,
          subject: socket.getPeerCertificate().subject?.CN ?? null,
          resumed: socket.isSessionReused(),
        };
      }
      done();
    },
    session(_: TlsSocket, session: Uint8Array): void {
      peer.session = session;
    },
    close(socket: import("bun").Socket<Peer>, error?: Error): void {
      peerHandlers.close(socket, error);
      done();
    },
  };
}
