/**
 * A certificate as the samples need it (RFC 5280 section 4.1), read from its DER bytes when asked. What the parser of the
 * configuration checks goes through a full X.509 library instead (certificate.ts).
 */
import { algorithmNames, attributeNames } from "./oids.ts";
import { children, content, type Element, oidText, readElement, whole } from "./der.ts";

/** One attribute of a distinguished name. */
export interface Attribute {
  /** OpenSSL's short name, or the dotted identifier. */
  readonly name: string;
  /** One character per byte, UTF-8 for what is not ASCII. */
  readonly value: string;
}

/** Where the fields are, as their elements. */
export interface X509 {
  readonly der: Uint8Array;
  /** 1 or 3. */
  readonly version: number;
  /** Without sign or padding bytes, as OpenSSL holds it: the content of the INTEGER. */
  readonly serial: Uint8Array;
  readonly issuer: Element;
  readonly subject: Element;
  /** "240131235959Z" or "20500131235959Z", as in the certificate. */
  readonly notBefore: string;
  readonly notAfter: string;
  readonly keyAlgorithm: string;
  readonly signatureAlgorithm: string;
  readonly publicKeyInfo: Uint8Array;
}

/** Null when the bytes are no certificate. */
export function parseX509(der: Uint8Array): X509 | null {
  const outer = readElement(der, 0, der.length);
  const [tbs, signature] = outer === null ? [] : children(outer);
  if (tbs === undefined || signature === undefined) return null;
  const fields = children(tbs);
  let at = 0;
  let version = 1;
  if (fields[0]?.tag === 0xa0) {
    version = (fields[0].buf[fields[0].end - 1] ?? 0) + 1;
    at = 1;
  }
  const [serial, , issuer, validity, subject, key] = fields.slice(at);
  if (!serial || !issuer || !validity || !subject || !key) return null;
  const [notBefore, notAfter] = children(validity).map((time) => Buffer.from(content(time)).toString("latin1"));
  return {
    der,
    version,
    serial: content(serial),
    issuer,
    subject,
    notBefore: notBefore ?? "",
    notAfter: notAfter ?? "",
    keyAlgorithm: algorithmOf(children(key)[0]),
    signatureAlgorithm: algorithmOf(signature),
    publicKeyInfo: whole(key),
  };
}

function algorithmOf(identifier: Element | undefined): string {
  const id = identifier === undefined ? undefined : children(identifier)[0];
  if (id === undefined) return "";
  const oid = oidText(id);
  return algorithmNames[oid] ?? oid;
}

/** The attributes of a name in the order of the certificate, and the set each one belongs to. */
function attributes(name: Element): Attribute[][] {
  return children(name).map((set) =>
    children(set).flatMap((pair) => {
      const [type, value] = children(pair);
      if (type === undefined || value === undefined) return [];
      const oid = oidText(type);
      return [{ name: attributeNames[oid] ?? oid, value: stringValue(value) }];
    }),
  );
}

/** BMPString and UniversalString become UTF-8, all else stays as it is. */
function stringValue(value: Element): string {
  const bytes = Buffer.from(content(value));
  if (value.tag === 0x1e && bytes.length % 2 === 0) {
    return Buffer.from(Buffer.from(bytes).swap16().toString("utf16le"), "utf8").toString("latin1");
  }
  return bytes.toString("latin1");
}

/** "/C=FR/O=Acme/CN=x", as HAProxy prints a name. */
export function onelineName(name: Element): string {
  let out = "";
  for (const set of attributes(name)) for (const { name: key, value } of set) out += `/${key}=${value}`;
  return out;
}

/** RFC 2253: "CN=x,O=Acme,C=FR", special characters escaped, as OpenSSL's XN_FLAG_RFC2253 prints it. */
export function rfc2253Name(name: Element): string {
  return attributes(name)
    .reverse()
    .map((set) => set.map(({ name: key, value }) => `${key}=${escape2253(value)}`).join("+"))
    .join(",");
}

function escape2253(value: string): string {
  let out = "";
  for (let i = 0; i < value.length; i++) {
    const char = value[i]!;
    const code = value.charCodeAt(i);
    if (',+"\\<>;'.includes(char) || (i === 0 && (char === "#" || char === " "))) out += `\\${char}`;
    else if (i === value.length - 1 && char === " ") out += "\\ ";
    else if (code < 32 || code >= 127) out += `\\${code.toString(16).toUpperCase().padStart(2, "0")}`;
    else out += char;
  }
  return out;
}

/** The nth value of an attribute, whose name may be in any case, from 1; negative: from the end. Null when there is none. */
export function nameEntry(name: Element, key: string, position: number): string | null {
  const wanted = key.toLowerCase();
  const found = attributes(name)
    .flat()
    .filter((attribute) => attribute.name.toLowerCase() === wanted);
  return found[position > 0 ? position - 1 : position < 0 ? found.length + position : -1]?.value ?? null;
}

/** Epoch ms of an X.509 time; NaN when it is none. */
export function timeOf(text: string): number {
  const match = /^(\d{2}|\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/.exec(text);
  if (match === null) return NaN;
  let year = Number(match[1]);
  // RFC 5280 section 4.1.2.5.1: two digits of 50 and above are of the last century.
  if (match[1]!.length === 2) year += year >= 50 ? 1900 : 2000;
  const [, , month, day, hour, minute, second] = match.map(Number);
  return Date.UTC(year, month! - 1, day, hour, minute, second);
}
