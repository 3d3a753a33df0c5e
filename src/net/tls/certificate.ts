/** Certificates as the configuration's parser needs them, read by the X.509 library. Loading it takes a moment, so that waits for the first one. */
import { createPrivateKey, createPublicKey } from "node:crypto";
import type * as x509 from "@peculiar/x509";
import { pemBytes, type PemBlock } from "./pem.ts";
import { provideMetadata } from "./reflect.ts";

export type KeyType = "rsa" | "ecdsa" | "other";

/** What is read of a certificate. */
export interface CertificateInfo {
  /** Host names it is for: alternative names of type DNS, then common names; lower case, "*." kept. */
  readonly names: readonly string[];
  /** Epoch ms. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly keyType: KeyType;
  /** SubjectPublicKeyInfo, for comparison with that of a key, as base64. */
  readonly publicKey: string;
  readonly subject: string;
  readonly issuer: string;
}

let library: typeof x509 | null = null;

/** The X.509 library. */
export function load(): typeof x509 {
  if (library === null) {
    provideMetadata();
    library = require("@peculiar/x509") as typeof x509;
  }
  return library;
}

/** Null when the block holds no certificate. */
export function readCertificate(block: PemBlock): CertificateInfo | null {
  const { X509Certificate, SubjectAlternativeNameExtension } = load();
  try {
    const certificate = new X509Certificate(new Uint8Array(pemBytes(block)));
    const names = new Set<string>();
    const alternative = certificate.getExtension(SubjectAlternativeNameExtension);
    for (const { type, value } of alternative?.names.items ?? []) {
      if (type === "dns") names.add(value.toLowerCase());
    }
    for (const name of certificate.subjectName.getField("CN")) names.add(name.toLowerCase());
    return {
      names: [...names],
      notBefore: certificate.notBefore.getTime(),
      notAfter: certificate.notAfter.getTime(),
      keyType: keyTypeOf(certificate.publicKey.algorithm.name),
      publicKey: Buffer.from(certificate.publicKey.rawData).toString("base64"),
      subject: certificate.subject,
      issuer: certificate.issuer,
    };
  } catch {
    return null;
  }
}

function keyTypeOf(algorithm: string): KeyType {
  if (algorithm.startsWith("RSA")) return "rsa";
  return algorithm === "ECDSA" || algorithm === "ECDH" ? "ecdsa" : "other";
}

/** The public key that belongs to a private one, as `CertificateInfo.publicKey`; null when it cannot be read. */
export function publicKeyOf(key: PemBlock): string | null {
  try {
    const info = createPublicKey(createPrivateKey(key.text)).export({ type: "spki", format: "der" });
    return info.toString("base64");
  } catch {
    return null;
  }
}

/** A certificate with its chain. */
export interface Identity {
  /** The certificate of the key first, then each one's issuer. */
  readonly chain: readonly PemBlock[];
  readonly leaf: CertificateInfo;
  readonly issuerMissing: boolean;
}

/**
 * Puts the certificates of a bundle into order, whatever theirs is: the one the key belongs to, then its issuers; what belongs to
 * neither stays behind them. Null: the key belongs to none of them.
 */
export function orderChain(
  certificates: readonly (readonly [PemBlock, CertificateInfo])[],
  publicKey: string,
): Identity | null {
  const rest = [...certificates];
  const first = rest.findIndex(([, info]) => info.publicKey === publicKey);
  if (first < 0) return null;
  const [leafBlock, leaf] = rest.splice(first, 1)[0]!;
  const chain = [leafBlock];
  let last = leaf;
  while (last.issuer !== last.subject) {
    const next = rest.findIndex(([, info]) => info.subject === last.issuer);
    if (next < 0) break;
    const [block, info] = rest.splice(next, 1)[0]!;
    chain.push(block);
    last = info;
  }
  return {
    chain: [...chain, ...rest.map(([block]) => block)],
    leaf,
    issuerMissing: chain.length === 1 && leaf.issuer !== leaf.subject,
  };
}
