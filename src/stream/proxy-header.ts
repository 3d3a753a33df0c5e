/** The PROXY header a server with `send-proxy` gets before the first byte (manual, section 5.2). */
import { createPublicKey } from "node:crypto";
import { Tlv } from "../codec/proxy-protocol/header.ts";
import { type TlvValue, writeBinary, writeLine } from "../codec/proxy-protocol/write.ts";
import type { ProxyOptionName, ServerModel } from "../config/model.ts";
import type { TlsSession } from "../net/tls/session.ts";
import { nameEntry, parseX509, type X509 } from "../net/tls/x509.ts";
import type { Stream } from "./stream.ts";

/** Bits of the field `client` in PP2_TYPE_SSL (proxy-protocol.txt, section 2.2.6). */
const CLIENT_SSL = 1;
const CLIENT_CERT_CONN = 2;
const CLIENT_CERT_SESS = 4;

/** Null: the server of this stream gets none. */
export function proxyHeader(stream: Stream): Buffer | null {
  const { model } = stream.server!;
  if (model.sendProxy === "none") return null;
  const source = stream.source ?? stream.client.source;
  const destination = stream.destination ?? stream.client.destination;
  if (model.sendProxy === "v1") return writeLine(source, destination);
  return writeBinary(source, destination, tlvs(stream, model), model.proxyOptions.includes("crc32c"));
}

/** In HAProxy's order. */
function tlvs(stream: Stream, { proxyOptions }: ServerModel): readonly TlvValue[] {
  const { session } = stream.client.conn;
  const tls = session?.tls ?? null;
  const out: TlvValue[] = [];
  if (tls?.alpn != null) out.push(text(Tlv.alpn, tls.alpn));
  const own = stream.server!.proxyTlvs;
  for (let i = 0; i < own.length; i++) {
    const { type, make } = own[i]!;
    const value = make(stream);
    // Values the two bytes of a length cannot tell are left out.
    if (value.length <= 0xffff) out.push(text(type, value));
  }
  if (proxyOptions.length === 0) return out;
  if (proxyOptions.includes("authority")) {
    const authority = session?.proxy?.authority ?? tls?.sni ?? "";
    if (authority !== "") out.push(text(Tlv.authority, authority));
  }
  if (proxyOptions.includes("unique-id")) {
    // Empty where the frontend makes none.
    out.push(text(Tlv.uniqueId, stream.identify() ?? ""));
  }
  if (proxyOptions.includes("ssl")) out.push(tlsFacts(tls, proxyOptions));
  return out;
}

function text(type: number, value: string): TlvValue {
  return { type, value: Buffer.from(value, "latin1") };
}

function tlsFacts(tls: TlsSession | null, options: readonly ProxyOptionName[]): TlvValue {
  const head = Buffer.alloc(5);
  if (tls === null) return { type: Tlv.ssl, value: head };
  head[0] = CLIENT_SSL;
  const parts: Buffer[] = [head, part(Tlv.sslVersion, tls.version)];
  if (tls.peer !== null) {
    head[0] |= CLIENT_CERT_SESS | (tls.resumed ? 0 : CLIENT_CERT_CONN);
    head.writeUInt32BE(tls.verify, 1);
  }
  const peer = tls.peer === null ? null : parseX509(tls.peer);
  const own = tls.ownCertificate;
  if (options.includes("cert-cn") && peer !== null) add(parts, Tlv.sslCn, nameEntry(peer.subject, "CN", 1));
  if (options.includes("cert-key") && own !== null) add(parts, Tlv.sslKeyAlg, keyText(own));
  if (options.includes("cert-sig") && own !== null) add(parts, Tlv.sslSigAlg, own.signatureAlgorithm);
  if (options.includes("ssl-cipher")) add(parts, Tlv.sslCipher, tls.cipher);
  return { type: Tlv.ssl, value: Buffer.concat(parts) };
}

function add(parts: Buffer[], type: number, value: string | null): void {
  if (value !== null && value !== "") parts.push(part(type, value));
}

function part(type: number, value: string): Buffer {
  const bytes = Buffer.from(value, "latin1");
  return Buffer.concat([Buffer.from([type, bytes.length >> 8, bytes.length & 255]), bytes]);
}

/** Kind and size, e.g. "RSA2048", "EC256". */
function keyText({ publicKeyInfo }: X509): string {
  const key = createPublicKey({ key: Buffer.from(publicKeyInfo), format: "der", type: "spki" });
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === "rsa") return `RSA${modulusLength}`;
  return key.asymmetricKeyType === "ec" ? `EC${/\d{3}/.exec(namedCurve ?? "")?.[0] ?? ""}` : "";
}
