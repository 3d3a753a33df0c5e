/** What is known of an established TLS connection. Read when the handshake is over: the socket does not tell it for ever. */
import type { Socket } from "bun";
import type { HelloFacts } from "../../codec/tls/hello.ts";
import type { CertificateModel } from "../../config/model.ts";
import { children, content, type Element, OCTET_STRING, readElement, whole } from "./der.ts";
import { pemBytes, readPem } from "./pem.ts";
import { parseX509, type X509 } from "./x509.ts";

/** Certificates of this side, parsed when a sample first asks. */
const leaves = new WeakMap<CertificateModel, X509>();

function leafOf(model: CertificateModel): X509 | null {
  const known = leaves.get(model);
  if (known !== undefined) return known;
  const block = readPem(model.chain).certificates[0];
  const parsed = block === undefined ? null : parseX509(pemBytes(block));
  if (parsed !== null) leaves.set(model, parsed);
  return parsed;
}

/** Methods of Bun's sockets that its types lack or describe loosely (U). */
export interface TlsSocket {
  readonly alpnProtocol: string | false | null;
  getTLSVersion(): string;
  getCipher(): { readonly name: string | null };
  getServername(): string | undefined | null | false;
  isSessionReused(): boolean;
  getPeerCertificate(chain: boolean): { readonly raw?: Uint8Array } | undefined | null;
  getCertificate(): { readonly raw?: Uint8Array } | undefined | null;
  getSession(): Uint8Array | undefined | null;
  getTLSFinishedMessage(): Uint8Array | undefined | null;
  getTLSPeerFinishedMessage(): Uint8Array | undefined | null;
  setVerifyMode(request: boolean, reject: boolean): void;
  setMaxSendFragment(bytes: number): boolean;
  setSession(session: Uint8Array): void;
}

/** The socket with what Bun has for TLS and its types do not name. */
export function tlsSocket(socket: Socket<unknown>): TlsSocket {
  return socket as unknown as TlsSocket;
}

/** What is known of a finished handshake; read from the socket once, for samples and log lines. */
export class TlsSession {
  /** "TLSv1.3". */
  readonly version: string;
  /** OpenSSL's name. */
  readonly cipher: string;
  readonly alpn: string | null;
  /** As the client sent it; "" = none. */
  readonly sni: string;
  readonly resumed: boolean;
  /** The peer's certificate, null = it showed none. */
  peer: Uint8Array | null = null;
  /** What this side showed; null = nothing. */
  own: CertificateModel | null = null;
  /** OpenSSL's numbers; 0 = no error. */
  verify = 0;
  caError = 0;
  caErrorDepth = 0;
  crtError = 0;
  /** What the client's hello said; null = not kept. */
  hello: HelloFacts | null = null;
  private readonly socket: TlsSocket;

  private parsedPeer: X509 | null = null;

  constructor(
    socket: TlsSocket,
    sni: string,
    /** This side opened the connection: the peer always has a certificate. */
    private readonly outgoing: boolean,
  ) {
    this.socket = socket;
    this.version = socket.getTLSVersion();
    this.cipher = socket.getCipher().name ?? "";
    this.alpn = socket.alpnProtocol || null;
    this.sni = sni;
    this.resumed = socket.isSessionReused();
  }

  /** The peer's certificate; asked of the socket where nobody did before. */
  get peerDer(): Uint8Array | null {
    return (this.peer ??= this.outgoing ? (this.socket.getPeerCertificate(false)?.raw ?? null) : null);
  }

  get peerCertificate(): X509 | null {
    const { peerDer } = this;
    return peerDer === null ? null : (this.parsedPeer ??= parseX509(peerDer));
  }

  get ownCertificate(): X509 | null {
    return this.own === null ? null : leafOf(this.own);
  }

  /** RFC 5929 section 3.1: the first Finished message of the handshake, which in a resumed one is the server's. Null in TLS 1.3. */
  uniqueId(server: boolean): Uint8Array | null {
    const own = this.resumed === server;
    return (own ? this.socket.getTLSFinishedMessage() : this.socket.getTLSPeerFinishedMessage()) ?? null;
  }

  get sessionId(): Uint8Array | null {
    return this.field(3);
  }

  get sessionKey(): Uint8Array | null {
    return this.field(4);
  }

  /** Octet strings of the library's record by position: version, protocol, cipher, session id, secret. */
  private field(position: number): Uint8Array | null {
    const element = this.elements()[position];
    return element?.tag === OCTET_STRING && element.end > element.body ? content(element) : null;
  }

  private elements(): Element[] {
    const record = this.socket.getSession() ?? null;
    const outer = record === null ? null : readElement(record, 0, record.length);
    return outer === null ? [] : children(outer);
  }

  /**
   * The certificates the peer sent in this handshake, behind each other; those of a client without its own, as OpenSSL has them.
   * Null: none, or the session was resumed.
   */
  get peerChain(): Uint8Array | null {
    const { peerDer } = this;
    if (peerDer === null || this.resumed) return null;
    const further = this.peerIssuers;
    if (this.outgoing) return Buffer.concat([peerDer, ...further]);
    return further.length === 0 ? null : Buffer.concat(further);
  }

  /** What the peer showed beside its own certificate. */
  get peerIssuers(): Uint8Array[] {
    // [19] of the library's record holds it.
    const chain = this.elements().find(({ tag }) => tag === 0xb3);
    return chain === undefined ? [] : children(chain).map(whole);
  }

  /** Bits of the cipher's key. */
  get keyBits(): number {
    const { cipher } = this;
    if (/CHACHA20|AES[_-]?256/.test(cipher)) return 256;
    if (/3DES|DES-CBC3/.test(cipher)) return 112;
    return cipher === "" ? 0 : 128;
  }

  get algorithmBits(): number {
    return this.keyBits === 112 ? 168 : this.keyBits;
  }
}
