/** Certificates of clients (ssl_c_*), of this program (ssl_f_*) and of servers (ssl_s_*) (manual, section 7.3.4). */
import { createHash } from "node:crypto";
import type { Element } from "../../../net/tls/der.ts";
import type { TlsSession } from "../../../net/tls/session.ts";
import { nameEntry, onelineName, rfc2253Name, type X509 } from "../../../net/tls/x509.ts";
import type { SampleKind, Value } from "../../sample.ts";
import type { FetchRow } from "../types.ts";
import { bytes, sessionOf, type Side, tlsRow } from "./rows.ts";

interface Holder {
  /** "c" the client, "f" this program, "s" the server. */
  readonly letter: "c" | "f" | "s";
  readonly side: Side;
  readonly of: string;
  readonly certificate: (session: TlsSession) => X509 | null;
}

const holders: readonly Holder[] = [
  { letter: "c", side: "client", of: "the client's certificate", certificate: (s) => s.peerCertificate },
  { letter: "f", side: "client", of: "the certificate shown to the client", certificate: (s) => s.ownCertificate },
  { letter: "s", side: "server", of: "the server's certificate", certificate: (s) => s.peerCertificate },
];

function certificateRow(
  { letter, side, of, certificate }: Holder,
  name: string,
  type: SampleKind,
  what: string,
  read: (certificate: X509) => Value | null,
): FetchRow {
  const fetch = (session: TlsSession): Value | null => {
    const found = certificate(session);
    return found === null ? null : read(found);
  };
  return tlsRow(side, `ssl_${letter}_${name}`, type, `${what} of ${of}`, fetch, "client-l5");
}

/** Two digits of the year, whatever the certificate has; null for times that are not of this century (as HAProxy). */
function timeText(text: string): string | null {
  if (text.length <= 13) return text || null;
  return text.startsWith("20") ? text.slice(2) : null;
}

/** An INTEGER without its sign byte. */
function serial({ serial: value }: X509): string | null {
  return bytes(value.length > 1 && value[0] === 0 ? value.subarray(1) : value);
}

/** `ssl_c_s_dn([<entry>[,<occurrence>[,<format>]]])`: the whole name, or one of its entries. */
function nameRow({ letter, side, of, certificate }: Holder, which: "s" | "i"): FetchRow {
  const what = which === "s" ? "Subject" : "Issuer";
  return {
    name: `ssl_${letter}_${which}_dn`,
    args: [
      { name: "entry", type: "str", optional: true },
      { name: "occurrence", type: "int", optional: true },
      { name: "format", type: "str", optional: true },
    ],
    type: "str",
    use: ["client-l5"],
    help: `${what} of ${of}, or one entry of it`,
    make: ([entry, occurrence, format]) => {
      if (format !== undefined && format.text !== "" && format.text !== "rfc2253") {
        return { message: `'${format.text}' is not a format of names: rfc2253 is`, arg: 2 };
      }
      const key = entry?.text ?? "";
      const position = occurrence === undefined || occurrence.text === "" ? 1 : Number(occurrence.int);
      const whole = format?.text === "rfc2253" ? rfc2253Name : onelineName;
      const read = (name: Element): string | null =>
        key === "" ? whole(name) || null : nameEntry(name, key, position);
      return (ctx) => {
        const session = sessionOf(ctx, side);
        const found = session === null ? null : certificate(session);
        return found === null ? null : read(which === "s" ? found.subject : found.issuer);
      };
    },
  };
}

function family(holder: Holder): FetchRow[] {
  const row = (name: string, type: SampleKind, what: string, read: (certificate: X509) => Value | null): FetchRow =>
    certificateRow(holder, name, type, what, read);
  return [
    row("der", "bin", "DER form", (c) => bytes(c.der)),
    row("key_alg", "str", "Algorithm of the key", (c) => c.keyAlgorithm || null),
    row("sig_alg", "str", "Algorithm of the signature", (c) => c.signatureAlgorithm || null),
    row("notbefore", "str", "Begin of validity", (c) => timeText(c.notBefore)),
    row("notafter", "str", "End of validity", (c) => timeText(c.notAfter)),
    row("serial", "bin", "Serial number", serial),
    row("sha1", "bin", "SHA-1 fingerprint", (c) => createHash("sha1").update(c.der).digest("latin1")),
    row("version", "sint", "Version", (c) => c.version),
    nameRow(holder, "s"),
    nameRow(holder, "i"),
  ];
}

export const tlsCertificateFetches: readonly FetchRow[] = [
  ...holders.flatMap(family),
  tlsRow("client", "ssl_c_chain_der", "bin", "DER form of all certificates the client sent", (s) => bytes(s.peerChain)),
  tlsRow(
    "server",
    "ssl_s_chain_der",
    "bin",
    "DER form of all certificates the server sent",
    (s) => bytes(s.peerChain),
    "client-l5",
  ),
];
