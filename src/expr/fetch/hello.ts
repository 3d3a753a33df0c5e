/** TLS handshakes in the raw bytes of a connection that is not decrypted (manual, section 7.3.5; RFC 8446 section 4.1.2, RFC 6066 section 3). */
import type { SampleContext } from "../context.ts";
import type { SampleKind, Value } from "../sample.ts";
import { bytesText, rawRequest, rawResponse, tooShort } from "./payload.ts";
import type { Fetcher, FetchRow } from "./types.ts";
import { int16 } from "../../codec/tls/hello.ts";

const HANDSHAKE = 0x16;
const CLIENT_HELLO = 1;
/** Longest record, with the room old versions leave for expansion. */
const MAX_RECORD = (1 << 14) + 2048;
/** Handshake bytes of the smallest hello with an extension, behind the record header and behind the message header. */
const LEAST_RECORD = 51;
const LEAST_HELLO = 47;

const EXT_SERVER_NAME = 0;
const EXT_SUPPORTED_GROUPS = 10;
const EXT_ALPN = 16;
const EXT_SESSION_TICKET = 35;

const int24 = (b: Uint8Array, at: number): number => (b[at]! << 16) | (b[at + 1]! << 8) | b[at + 2]!;

/**
 * Reads one extension of a ClientHello. `read` gets where its data begin and their length, which lie within the bytes.
 * Null when the bytes are no hello, the hello has no such extension, or (noted in the context) more bytes are needed.
 */
function extension(
  ctx: SampleContext,
  type: number,
  read: (bytes: Uint8Array, at: number, length: number) => Value | null,
  missing: Value | null = null,
): Value | null {
  const b = rawRequest(ctx);
  if (b === null || b.length === 0) return tooShort(ctx);
  if (b[0] !== HANDSHAKE) return null;
  if (b.length < 3) return tooShort(ctx);
  if (b[1]! < 3) return null;
  if (b.length < 5) return tooShort(ctx);
  if (int16(b, 3) < LEAST_RECORD) return null;
  if (b.length < 6) return tooShort(ctx);
  if (b[5] !== CLIENT_HELLO) return null;
  if (b.length < 9) return tooShort(ctx);
  let left = int24(b, 6);
  if (left < LEAST_HELLO) return null;
  // As in HAProxy the message's own header counts here: the last 4 bytes may still be missing.
  if (b.length - 5 < left) return tooShort(ctx);
  let at = 9;
  if (b[at]! < 3 || b[at + 1]! < 1) return null;
  const session = b[at + 34]!;
  if (session > 32 || session > left - 35) return null;
  at += 35 + session;
  left -= 35 + session;
  const ciphers = left < 4 ? 0 : int16(b, at);
  if (ciphers < 2 || ciphers > left - 2) return null;
  at += 2 + ciphers;
  left -= 2 + ciphers;
  if (left < 2 || b[at]! < 1 || b[at]! > left - 1) return null;
  left -= 1 + b[at]!;
  at += 1 + b[at]!;
  if (left < 2 || int16(b, at) > left - 2) return null;
  left = int16(b, at);
  at += 2;
  while (left >= 4) {
    const length = int16(b, at + 2);
    if (length > left - 4) return null;
    if (int16(b, at) === type) return at + 4 + length > b.length ? tooShort(ctx) : read(b, at + 4, length);
    at += 4 + length;
    left -= 4 + length;
  }
  return missing;
}

/** The first name of the list when it is a host name. */
function serverName(b: Uint8Array, at: number, length: number): Value | null {
  if (length < 5) return null;
  const list = int16(b, at);
  if (list < 4 || list > length - 2) return null;
  const name = int16(b, at + 3);
  return b[at + 2] !== 0 || name > length - 5 ? null : bytesText(b, at + 5, at + 5 + name);
}

/** The first protocol of the list. */
function firstProtocol(b: Uint8Array, at: number, length: number): Value | null {
  if (length < 3) return null;
  const list = int16(b, at);
  const name = b[at + 2]!;
  return list > length - 2 || name > length - 3 ? null : bytesText(b, at + 3, at + 3 + name);
}

/** Type of the first handshake message. */
function helloType(raw: typeof rawRequest): Fetcher {
  return (ctx) => {
    const b = raw(ctx);
    if (b === null || b.length === 0) return tooShort(ctx);
    const content = b[0]!;
    if (!((content >= 0x14 && content <= 0x17) || content === 0xff)) return null;
    if (b.length < 9) return tooShort(ctx);
    if (b[1]! < 3 || int16(b, 3) < 4) return null;
    return b.length < 9 + int24(b, 6) ? tooShort(ctx) : b[5]!;
  };
}

/** Version a client announces, as major × 65536 + minor: that of the hello, which TLS 1.3 leaves at 1.2. */
const helloVersion: Fetcher = (ctx) => {
  const b = rawRequest(ctx);
  if (b === null || b.length === 0) return tooShort(ctx);
  const content = b[0]!;
  let at: number;
  let needed: number;
  let version: number;
  if ((content >= 0x14 && content <= 0x17) || content === 0xff) {
    if (b.length < 11) return tooShort(ctx);
    needed = int16(b, 3);
    if (b[1]! < 3 || needed < 6 || needed > MAX_RECORD) return null;
    at = 5;
    version = b[9]! * 65536 + b[10]!;
  } else {
    // SSLv2: 2 bytes of length with the high bit set, or 3 with padding, then CLIENT-HELLO.
    const short = (content & 0x80) !== 0;
    at = short ? 2 : 3;
    if (b.length < at + 1) return tooShort(ctx);
    const record = ((content & (short ? 0x7f : 0x3f)) << 8) | b[1]!;
    const padding = short ? 0 : b[2]!;
    if (b[at] !== CLIENT_HELLO) return null;
    at++;
    if (b.length < at + 8) return tooShort(ctx);
    version = b[at]! * 65536 + b[at + 1]!;
    const ciphers = int16(b, at + 2);
    const session = int16(b, at + 4);
    const challenge = int16(b, at + 6);
    if (ciphers % 3 !== 0 || (session !== 0 && session !== 16) || challenge < 16 || challenge > 32) return null;
    if (record !== 9 + ciphers + session + challenge) return null;
    at += 8;
    needed = ciphers + session + challenge + padding;
  }
  return b.length - at < needed ? tooShort(ctx) : version;
};

function row(names: readonly string[], type: SampleKind, help: string, fetch: Fetcher): FetchRow[] {
  return names.map((name, i) => ({
    name,
    args: [],
    type,
    use: [names[0]!.startsWith("res.") ? "response-head" : "request-head"],
    help,
    ...(i > 0 ? { replacedBy: names[0]! } : {}),
    make: () => fetch,
  }));
}

export const helloFetches: readonly FetchRow[] = [
  ...row(
    ["req.ssl_hello_type", "req_ssl_hello_type"],
    "sint",
    "1 when the request begins with a TLS ClientHello",
    helloType(rawRequest),
  ),
  ...row(
    ["res.ssl_hello_type", "rep_ssl_hello_type"],
    "sint",
    "2 when the response begins with a TLS ServerHello",
    helloType(rawResponse),
  ),
  ...row(["req.ssl_ver", "req_ssl_ver"], "sint", "Version in the TLS ClientHello, major × 65536 + minor", helloVersion),
  ...row(["req.ssl_sni", "req_ssl_sni"], "str", "Server name in the TLS ClientHello", (ctx) =>
    extension(ctx, EXT_SERVER_NAME, serverName),
  ),
  ...row(["req.ssl_alpn"], "str", "First protocol of ALPN in the TLS ClientHello", (ctx) =>
    extension(ctx, EXT_ALPN, firstProtocol),
  ),
  ...row(["req.ssl_ec_ext"], "bool", "True when the TLS ClientHello has supported groups", (ctx) =>
    extension(ctx, EXT_SUPPORTED_GROUPS, () => true),
  ),
  ...row(["req.ssl_st_ext"], "sint", "Session ticket in the TLS ClientHello: 0 none, 1 empty, 2 with a ticket", (ctx) =>
    extension(ctx, EXT_SESSION_TICKET, (_, __, length) => (length === 0 ? 1 : 2), 0),
  ),
];
