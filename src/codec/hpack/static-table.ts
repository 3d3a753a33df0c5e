/** The static table (RFC 7541 appendix A). */

/** Names and values in the order of their index, from 1. */
export const staticFields: readonly (readonly [name: string, value: string])[] = [
  [":authority", ""],
  [":method", "GET"],
  [":method", "POST"],
  [":path", "/"],
  [":path", "/index.html"],
  [":scheme", "http"],
  [":scheme", "https"],
  [":status", "200"],
  [":status", "204"],
  [":status", "206"],
  [":status", "304"],
  [":status", "400"],
  [":status", "404"],
  [":status", "500"],
  ["accept-charset", ""],
  ["accept-encoding", "gzip, deflate"],
  ["accept-language", ""],
  ["accept-ranges", ""],
  ["accept", ""],
  ["access-control-allow-origin", ""],
  ["age", ""],
  ["allow", ""],
  ["authorization", ""],
  ["cache-control", ""],
  ["content-disposition", ""],
  ["content-encoding", ""],
  ["content-language", ""],
  ["content-length", ""],
  ["content-location", ""],
  ["content-range", ""],
  ["content-type", ""],
  ["cookie", ""],
  ["date", ""],
  ["etag", ""],
  ["expect", ""],
  ["expires", ""],
  ["from", ""],
  ["host", ""],
  ["if-match", ""],
  ["if-modified-since", ""],
  ["if-none-match", ""],
  ["if-range", ""],
  ["if-unmodified-since", ""],
  ["last-modified", ""],
  ["link", ""],
  ["location", ""],
  ["max-forwards", ""],
  ["proxy-authenticate", ""],
  ["proxy-authorization", ""],
  ["range", ""],
  ["referer", ""],
  ["refresh", ""],
  ["retry-after", ""],
  ["server", ""],
  ["set-cookie", ""],
  ["strict-transport-security", ""],
  ["transfer-encoding", ""],
  ["user-agent", ""],
  ["vary", ""],
  ["via", ""],
  ["www-authenticate", ""],
];

/** Entries of the static table; the dynamic table begins after it. */
export const STATIC_COUNT = 61;

/** All names and values in one buffer. */
export const staticBytes: Uint8Array = Buffer.from(
  staticFields.map(([name, value]) => name + value).join(""),
  "latin1",
);
/** Three offsets an entry, by index: name, value, end. */
export const staticOffsets: Int32Array = new Int32Array(3 * (STATIC_COUNT + 1));
{
  let at = 0;
  for (let i = 0; i < STATIC_COUNT; i++) {
    const [name, value] = staticFields[i]!;
    staticOffsets[3 * i + 3] = at;
    staticOffsets[3 * i + 4] = at + name.length;
    staticOffsets[3 * i + 5] = at + name.length + value.length;
    at += name.length + value.length;
  }
}

/** The first index with this name, 0 when there is none; for set-up code. */
export function staticIndex(name: string): number {
  return staticFields.findIndex(([known]) => known === name) + 1;
}
