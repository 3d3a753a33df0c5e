/** What is known of an established TLS connection. Read when the handshake is over: the socket does not tell it for ever. */
import type { Socket } from "bun";
import { BIT_STRING, children, content, type Element, OCTET_STRING, readElement, whole } from "./der.ts";

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

export function tlsSocket(socket: Socket<unknown>): TlsSocket {
  return socket as unknown as TlsSocket;
}

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
  /** This side's certificate, in PEM; "" = it showed none. */
  own = "";
  /** OpenSSL's numbers; 0 = no error. */
  verify = 0;
  caError = 0;
  caErrorDepth = 0;
  crtError = 0;
  /** The ClientHello as it came, without record headers; null = not kept. */
  hello: Uint8Array | null = null;
  private readonly socket: TlsSocket;

  constructor(socket: TlsSocket, sni: string) {
    this.socket = socket;
    this.version = socket.getTLSVersion();
    this.cipher = socket.getCipher().name ?? "";
    this.alpn = socket.alpnProtocol || null;
    this.sni = sni;
    this.resumed = socket.isSessionReused();
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

  /** All certificates the peer sent, behind each other. */
  get peerChain(): Uint8Array | null {
    // [19] holds what follows the peer's own certificate.
    const chain = this.elements().find(({ tag }) => tag === 0xb3);
    if (this.peer === null) return null;
    if (chain === undefined) return this.peer;
    const inner = children(chain)[0];
    const list = inner === undefined ? [] : children(inner).filter(({ tag }) => tag !== BIT_STRING);
    return Buffer.concat([this.peer, ...list.map(whole)]);
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
