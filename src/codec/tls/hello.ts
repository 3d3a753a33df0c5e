/** The lists of a ClientHello (RFC 8446 section 4.1.2), as fingerprints of clients are made of. The message without record headers. */

const EXT_SUPPORTED_GROUPS = 10;
const EXT_POINT_FORMATS = 11;

/** Numbers as they were sent, 2 bytes each; formats are single bytes. */
export interface HelloLists {
  readonly ciphers: Uint8Array;
  readonly extensions: Uint8Array;
  readonly curves: Uint8Array;
  readonly formats: Uint8Array;
}

const NOTHING = new Uint8Array(0);

const int16 = (b: Uint8Array, at: number): number => (b[at]! << 8) | b[at + 1]!;

/** Version in the hello, e.g. 0x0303; TLS 1.3 leaves it at that. Null when the message is cut before it. */
export function helloVersion(hello: Uint8Array): number | null {
  return hello.length < 6 ? null : int16(hello, 4);
}

export function helloRandom(hello: Uint8Array): Uint8Array | null {
  return hello.length < 38 ? null : hello.subarray(6, 38);
}

/** What there is of the lists; a message that was cut gives what lies before the cut. Null: not even the ciphers. */
export function helloLists(hello: Uint8Array): HelloLists | null {
  const { length } = hello;
  if (length < 39) return null;
  let at = 39 + hello[38]!;
  if (at + 2 > length) return null;
  const ciphersEnd = at + 2 + int16(hello, at);
  if (ciphersEnd > length) return null;
  const ciphers = hello.subarray(at + 2, ciphersEnd);
  at = ciphersEnd;
  const extensions: number[] = [];
  let curves: Uint8Array = NOTHING;
  let formats: Uint8Array = NOTHING;
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
  return { ciphers, extensions: Uint8Array.from(extensions), curves, formats };
}

/** Reserved numbers of RFC 8701: 0x0a0a, 0x1a1a … 0xfafa. */
export function isGrease(high: number, low: number): boolean {
  return high === low && (low & 0x0f) === 0x0a;
}
