/** The lists of a ClientHello (RFC 8446 section 4.1.2), as fingerprints of clients are made of. The message without record headers. */

const CLIENT_HELLO = 1;
const EXT_SERVER_NAME = 0;
const EXT_SUPPORTED_GROUPS = 10;
const EXT_POINT_FORMATS = 11;

/** Numbers as they were sent, 2 bytes each; formats are single bytes. */
export interface HelloLists {
  readonly ciphers: Uint8Array;
  readonly extensions: Uint8Array;
  readonly curves: Uint8Array;
  readonly formats: Uint8Array;
}

/** What samples ask of a hello. */
export interface HelloFacts extends HelloLists {
  /** E.g. 0x0303; TLS 1.3 leaves it at that. */
  readonly version: number;
  readonly random: Uint8Array;
  /** XXH64 of all ciphers, those that were cut included. */
  readonly ciphersHash: bigint;
}

const NOTHING: Uint8Array = new Uint8Array(0);

/** Two bytes, the higher one first. */
export const int16 = (b: Uint8Array, at: number): number => (b[at]! << 8) | b[at + 1]!;

/**
 * What there is of a hello; its lists take `limit` bytes together at most, in the order ciphers, extensions, curves, formats (manual,
 * tune.ssl.capture-buffer-size). Null: it ends before its ciphers do. Nothing of `hello` is kept.
 */
export function helloFacts(hello: Uint8Array, limit: number): HelloFacts | null {
  const { length } = hello;
  if (length < 39) return null;
  let at = 39 + hello[38]!;
  if (at + 2 > length) return null;
  const ciphersEnd = at + 2 + int16(hello, at);
  if (ciphersEnd > length) return null;
  const ciphers = hello.slice(at + 2, Math.min(ciphersEnd, at + 2 + limit));
  const ciphersHash = Bun.hash.xxHash64(hello.subarray(at + 2, ciphersEnd));
  at = ciphersEnd;
  const extensions: number[] = [];
  let curves = NOTHING;
  let formats = NOTHING;
  if (at < length) at += 1 + hello[at]!;
  if (at + 2 <= length) {
    const end = Math.min(length, at + 2 + int16(hello, at));
    at += 2;
    while (at + 4 <= end) {
      const type = int16(hello, at);
      const size = int16(hello, at + 2);
      extensions.push(hello[at]!, hello[at + 1]!);
      const body = at + 4;
      at = body + size;
      if (at > end) break;
      if (type === EXT_SUPPORTED_GROUPS && size >= 2) curves = hello.subarray(body + 2, at);
      else if (type === EXT_POINT_FORMATS && size >= 1) formats = hello.subarray(body + 1, at);
    }
  }
  let room = limit - ciphers.length;
  const cut = (list: Uint8Array): Uint8Array => {
    const part = list.slice(0, Math.max(0, room));
    room -= part.length;
    return part;
  };
  return {
    version: int16(hello, 4),
    random: hello.slice(6, 38),
    ciphersHash,
    ciphers,
    extensions: cut(Uint8Array.from(extensions)),
    curves: cut(curves),
    formats: cut(formats),
  };
}

/** The host name a client asks for (RFC 6066 section 3); null = none, or the hello is malformed. */
export function helloName(hello: Uint8Array): string | null {
  if (hello.length < 39 || hello[0] !== CLIENT_HELLO) return null;
  let at = 39 + hello[38]!;
  at += 2 + int16(hello, at);
  at += 1 + hello[at]!;
  const end = at + 2 + int16(hello, at);
  if (!(end <= hello.length)) return null;
  at += 2;
  while (at + 4 <= end) {
    const body = at + 4;
    const next = body + int16(hello, at + 2);
    if (next > end) return null;
    if (int16(hello, at) !== EXT_SERVER_NAME) {
      at = next;
      continue;
    }
    // The list's length, then the first entry: type 0 and a name.
    const stop = body + 5 + int16(hello, body + 3);
    if (body + 5 > next || hello[body + 2] !== 0 || stop > next) return null;
    return Buffer.from(hello.buffer, hello.byteOffset, hello.length).toString("latin1", body + 5, stop);
  }
  return null;
}

/** Reserved numbers of RFC 8701: 0x0a0a, 0x1a1a … 0xfafa. */
export function isGrease(high: number, low: number): boolean {
  return high === low && (low & 0x0f) === 0x0a;
}
