/**
 * Errors the library does not tell. Of several errors in a client's certificate it reports the last one; where that one is to be
 * ignored (crt-ignore-err, ca-ignore-err), those before it decide. OpenSSL's order: the chain, revocation, then dates.
 */
import { X509Certificate } from "node:crypto";
import { children, content, type Element, readElement, whole } from "./der.ts";
import { pemBytes, readPem } from "./pem.ts";
import { parseX509 } from "./x509.ts";

const SELF_SIGNED = 18;
const NO_ISSUER = 20;
const NOT_VERIFIED = 21;
const IN_CHAIN = 19;
const REVOKED = 23;
const INVALID_CA = 24;

/** Longest chain that is followed. */
const MOST_ISSUERS = 10;

export interface HiddenErrors {
  /** Of an authority; 0 = none. */
  readonly authority: number;
  /** Of the client's own certificate, in their order. */
  readonly own: readonly number[];
}

const NOTHING: HiddenErrors = { authority: 0, own: [] };

export class ClientTrust {
  private readonly roots: readonly X509Certificate[];
  /** Issuer name and serial numbers of each revocation list, as DER in hexadecimal. */
  private readonly revoked: readonly { readonly issuer: string; readonly serials: ReadonlySet<string> }[];

  constructor(authorities: string, revocations: string) {
    this.roots = readPem(authorities).certificates.flatMap(({ text }) => parse(text));
    this.revoked = readPem(revocations).crls.flatMap((block) => readCrl(pemBytes(block)));
  }

  /** Errors that stand before `last`; `sent`: what the client showed beside its certificate. */
  before(last: number, leaf: Uint8Array, sent: readonly Uint8Array[]): HiddenErrors {
    if (last === NO_ISSUER || last === SELF_SIGNED || last === IN_CHAIN) return NOTHING;
    if (last === NOT_VERIFIED) return { authority: 0, own: [NO_ISSUER] };
    const out: number[] = [];
    let authority = 0;
    const [certificate] = parse(leaf);
    const found = parseX509(leaf);
    if (certificate === undefined || found === null) return { authority: 0, own: [NO_ISSUER, NOT_VERIFIED] };
    const others = sent.flatMap((der) => parse(der));
    if (this.leads(certificate, others, false, MOST_ISSUERS)) {
      if (last !== INVALID_CA && !this.leads(certificate, others, true, MOST_ISSUERS)) authority = INVALID_CA;
    } else {
      const selfIssued = hex(whole(found.issuer)) === hex(whole(found.subject));
      out.push(...(selfIssued ? [SELF_SIGNED] : [NO_ISSUER, NOT_VERIFIED]));
    }
    const issuer = hex(whole(found.issuer));
    const serial = hex(found.serial);
    if (last !== REVOKED && this.revoked.some((list) => list.issuer === issuer && list.serials.has(serial))) {
      out.push(REVOKED);
    }
    return { authority, own: out };
  }

  /** Whether signatures lead from a certificate to an authority, whatever the dates; `strict`: over authorities alone. */
  private leads(
    certificate: X509Certificate,
    sent: readonly X509Certificate[],
    strict: boolean,
    left: number,
  ): boolean {
    if (left === 0) return false;
    for (const root of this.roots) if (root.raw.equals(certificate.raw) || issued(certificate, root)) return true;
    return sent.some(
      (one) =>
        one !== certificate &&
        (one.ca || !strict) &&
        issued(certificate, one) &&
        this.leads(one, sent, strict, left - 1),
    );
  }
}

function issued(certificate: X509Certificate, by: X509Certificate): boolean {
  try {
    return certificate.checkIssued(by) && certificate.verify(by.publicKey);
  } catch {
    return false;
  }
}

/** One certificate, or none where it is malformed. */
function parse(source: string | Uint8Array): X509Certificate[] {
  try {
    return [new X509Certificate(source)];
  } catch {
    return [];
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** CertificateList of RFC 5280 section 5.1: version, algorithm, issuer, times, entries. */
function readCrl(der: Uint8Array): { issuer: string; serials: ReadonlySet<string> }[] {
  const outer = readElement(der, 0, der.length);
  const list = outer === null ? undefined : children(outer)[0];
  const fields = list === undefined ? [] : children(list);
  const sequences = fields.filter(({ tag }) => tag === 0x30);
  const [, issuer, entries] = sequences;
  if (issuer === undefined) return [];
  const serials = new Set<string>();
  for (const entry of entries === undefined ? [] : children(entries)) {
    const serial: Element | undefined = children(entry)[0];
    if (serial !== undefined) serials.add(hex(content(serial)));
  }
  return [{ issuer: hex(whole(issuer)), serials }];
}
