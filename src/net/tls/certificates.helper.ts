/** Certificates for tests, made by the X.509 library in this process. */
import { createPrivateKey, sign, webcrypto } from "node:crypto";
import type * as x509 from "@peculiar/x509";
import { whole } from "./der.ts";
import { provideMetadata } from "./reflect.ts";
import { parseX509 } from "./x509.ts";

provideMetadata();
const library = require("@peculiar/x509") as typeof x509;
library.cryptoProvider.set(webcrypto as never);

const DAY_MS = 86_400_000;

export interface Issued {
  readonly certificate: x509.X509Certificate;
  readonly keys: CryptoKeyPair;
  readonly cert: string;
  readonly key: string;
  /** Certificate and key in one text. */
  readonly pem: string;
}

export interface Wish {
  /** Subject, e.g. "CN=a.test, O=Org". */
  readonly subject: string;
  readonly names?: readonly string[];
  /** From now; negative: expired. Default 90. */
  readonly days?: number;
  readonly key?: "rsa" | "ecdsa";
  /** Default: signed by itself. */
  readonly by?: Issued;
  readonly ca?: boolean;
}

const RSA = {
  name: "RSASSA-PKCS1-v1_5",
  hash: "SHA-256",
  publicExponent: new Uint8Array([1, 0, 1]),
  modulusLength: 2048,
};
const EC = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

let serial = 0x10;

function pemOf(label: string, der: ArrayBuffer): string {
  const lines = Buffer.from(der)
    .toString("base64")
    .match(/.{1,64}/g)!;
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}

export async function issue({ subject, names = [], days = 90, key = "ecdsa", by, ca = false }: Wish): Promise<Issued> {
  const algorithm = key === "rsa" ? RSA : EC;
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"])) as CryptoKeyPair;
  const end = Date.now() + days * DAY_MS;
  const extensions: x509.Extension[] = [new library.BasicConstraintsExtension(ca, undefined, true)];
  if (names.length > 0) {
    const list = names.map((value) => ({ type: "dns" as const, value }));
    extensions.push(new library.SubjectAlternativeNameExtension(list));
  }
  const certificate = await library.X509CertificateGenerator.create({
    serialNumber: (serial++).toString(16),
    subject,
    issuer: by?.certificate.subject ?? subject,
    notBefore: new Date(Math.min(Date.now(), end) - 100 * DAY_MS),
    notAfter: new Date(end),
    publicKey: keys.publicKey,
    signingKey: by?.keys.privateKey ?? keys.privateKey,
    signingAlgorithm: by === undefined ? algorithm : by.keys.privateKey.algorithm.name === "ECDSA" ? EC : RSA,
    extensions,
  });
  const cert = pemOf("CERTIFICATE", certificate.rawData);
  const keyText = pemOf("PRIVATE KEY", (await webcrypto.subtle.exportKey("pkcs8", keys.privateKey)) as ArrayBuffer);
  return { certificate, keys, cert, key: keyText, pem: cert + keyText };
}

function der(tag: number, ...parts: Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const { length } = body;
  const head =
    length < 128 ? [tag, length] : length < 256 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 255];
  return Buffer.concat([Uint8Array.from(head), body]);
}

/** UTCTime, which the TLS library insists on for dates before 2050 (RFC 5280 section 5.1.2.4). */
function utcTime(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/[-:T]/g, "").slice(2, 14);
  return der(0x17, Buffer.from(`${digits}Z`, "latin1"));
}

/** A revocation list of `by`, whose key is ECDSA (RFC 5280 section 5.1). */
export function revoke(by: Issued, revoked: readonly Issued[]): string {
  const algorithm = Buffer.from("300a06082a8648ce3d040302", "hex");
  const now = Date.now();
  const issuer = parseX509(new Uint8Array(by.certificate.rawData))!.subject;
  const entries = revoked.map(({ certificate }) => {
    const { serial } = parseX509(new Uint8Array(certificate.rawData))!;
    return der(0x30, der(0x02, serial), utcTime(now - DAY_MS));
  });
  const number = der(0x30, Buffer.from("0603551d14", "hex"), der(0x04, der(0x02, Uint8Array.of(1))));
  const list = der(
    0x30,
    der(0x02, Uint8Array.of(1)),
    algorithm,
    whole(issuer),
    utcTime(now - DAY_MS),
    utcTime(now + 30 * DAY_MS),
    der(0x30, ...entries),
    der(0xa0, der(0x30, number)),
  );
  const signature = sign("sha256", list, createPrivateKey(by.key));
  const crl = der(0x30, list, algorithm, der(0x03, Uint8Array.of(0), signature));
  return pemOf("X509 CRL", Uint8Array.from(crl).buffer);
}
