/** What a certificate and a revocation list say, line by line, as `show ssl cert` of HAProxy 2.6 prints it (management manual, section 9.3). */
import { X509Certificate } from "node:crypto";
import { load } from "./certificate.ts";
import { pemBytes, type PemBlock } from "./pem.ts";

/** The lines about one certificate, or one that says that it cannot be read. */
export function describeCertificate(block: PemBlock): string[] {
  const certificate = parse(block);
  if (certificate === null) return ["The certificate cannot be read."];
  return [
    `Serial: ${certificate.serialNumber}`,
    `notBefore: ${certificate.validFrom}`,
    `notAfter: ${certificate.validTo}`,
    `Subject Alternative Name: ${certificate.subjectAltName ?? ""}`,
    `Algorithm: ${algorithm(certificate)}`,
    `SHA1 FingerPrint: ${certificate.fingerprint.replaceAll(":", "")}`,
    `Subject: ${oneLine(certificate.subject)}`,
    `Issuer: ${oneLine(certificate.issuer)}`,
  ];
}

/** The lines about a certificate of a chain. */
export function describeIssuer(block: PemBlock): string[] {
  const certificate = parse(block);
  if (certificate === null) return [];
  return [`Chain Subject: ${oneLine(certificate.subject)}`, `Chain Issuer: ${oneLine(certificate.issuer)}`];
}

function parse(block: PemBlock): X509Certificate | null {
  try {
    return new X509Certificate(pemBytes(block));
  } catch {
    return null;
  }
}

/** "RSA2048", "EC256": kind and bits of the key. */
function algorithm({ publicKey }: X509Certificate): string {
  const { modulusLength, namedCurve } = publicKey.asymmetricKeyDetails ?? {};
  if (publicKey.asymmetricKeyType === "rsa") return `RSA${modulusLength ?? ""}`;
  if (publicKey.asymmetricKeyType !== "ec") return (publicKey.asymmetricKeyType ?? "unknown").toUpperCase();
  return `EC${/\d{3}/.exec(namedCurve ?? "")?.[0] ?? ""}`;
}

/** "C=DE\nCN=x" as "/C=DE/CN=x". */
function oneLine(name: string | undefined): string {
  return (name ?? "")
    .split("\n")
    .filter((part) => part !== "")
    .map((part) => `/${part}`)
    .join("");
}

/** The lines about a revocation list (RFC 5280, section 5). */
export function describeRevocations(block: PemBlock): string[] {
  try {
    const { X509Crl } = load();
    const list = new X509Crl(new Uint8Array(pemBytes(block)));
    const { entries } = list;
    return [
      `Version ${(list.version ?? 0) + 1}`,
      `Signature Algorithm: ${signature(list.signatureAlgorithm as unknown as SignatureName)}`,
      `Issuer: ${issuerOf(list.issuerName.toJSON())}`,
      `Last Update: ${date(list.thisUpdate)}`,
      `Next Update: ${list.nextUpdate === undefined ? "NONE" : date(list.nextUpdate)}`,
      ...(entries.length === 0 ? ["No Revoked Certificates."] : ["Revoked Certificates:"]),
      ...entries.flatMap(({ serialNumber, revocationDate }) => [
        `    Serial Number: ${serialNumber.toUpperCase()}`,
        `        Revocation Date: ${date(revocationDate)}`,
      ]),
    ];
  } catch {
    return ["The revocation list cannot be read."];
  }
}

/** How the library names an algorithm. */
interface SignatureName {
  readonly name: string;
  readonly hash?: { readonly name: string };
}

/** As OpenSSL calls it. */
function signature(used: SignatureName): string {
  const hash = (used.hash?.name ?? "").replace("-", "");
  if (used.name === "ECDSA") return `ecdsa-with-${hash}`;
  if (used.name === "RSASSA-PKCS1-v1_5") return `${hash.toLowerCase()}WithRSAEncryption`;
  if (used.name === "RSA-PSS") return "rsassaPss";
  return used.name.toUpperCase();
}

/** Short names of OpenSSL where the library has others. */
const SHORT: Readonly<Record<string, string>> = { E: "emailAddress" };

function issuerOf(name: readonly Readonly<Record<string, readonly unknown[]>>[]): string {
  return name
    .flatMap((part) =>
      Object.entries(part).flatMap(([key, values]) => values.map((value) => `/${SHORT[key] ?? key}=${String(value)}`)),
    )
    .join("");
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** "Nov  2 00:50:20 2026 GMT". */
function date(at: Date): string {
  const time = at.toISOString().slice(11, 19);
  return `${MONTHS[at.getUTCMonth()]!} ${String(at.getUTCDate()).padStart(2)} ${time} ${at.getUTCFullYear()} GMT`;
}
