/** Certificates for tests, made by the X.509 library in this process. */
import { webcrypto } from "node:crypto";
import type * as x509 from "@peculiar/x509";
import { provideMetadata } from "./reflect.ts";

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

/** A revocation list of `by`. */
export async function revoke(by: Issued, revoked: readonly Issued[]): Promise<string> {
  const crl = await library.X509CrlGenerator.create({
    issuer: by.certificate.subject,
    thisUpdate: new Date(Date.now() - DAY_MS),
    nextUpdate: new Date(Date.now() + 30 * DAY_MS),
    entries: revoked.map(({ certificate }) => ({ serialNumber: certificate.serialNumber })),
    signingAlgorithm: EC,
    signingKey: by.keys.privateKey,
  });
  return pemOf("X509 CRL", crl.rawData);
}
