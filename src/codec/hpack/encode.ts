/**
 * Encoding header blocks. As in HAProxy names of the static table are indexed and everything else is a literal that no table
 * remembers: nothing to search, nothing to keep per connection, and no state a peer could attack.
 */
import { writeInteger } from "./integer.ts";
import { staticIndex } from "./static-table.ts";

/** First byte of a literal without indexing (RFC 7541 section 6.2.2). */
const LITERAL = 0x00;
/** First byte of a size update (section 6.3). */
const SIZE_UPDATE = 0x20;

const STATUS_NAME = staticIndex(":status");

/** Bytes a field takes at most, beside its name and value. */
export const FIELD_OVERHEAD = 13;

/** A size update. RFC 7541 section 4.2: due in the block that follows a lower SETTINGS_HEADER_TABLE_SIZE of the peer. */
export function writeSizeUpdate(out: Uint8Array, pos: number, size: number): number {
  return writeInteger(out, pos, SIZE_UPDATE, 5, size);
}

/** `:status`: one byte for the seven of the static table. */
export function writeStatus(out: Uint8Array, pos: number, status: number): number {
  const index = indexedStatus(status);
  let at = pos;
  if (index !== 0) {
    out[at++] = 0x80 | index;
    return at;
  }
  out[at++] = LITERAL | STATUS_NAME;
  out[at++] = 3;
  out[at++] = 48 + (Math.floor(status / 100) % 10);
  out[at++] = 48 + (Math.floor(status / 10) % 10);
  out[at++] = 48 + (status % 10);
  return at;
}

function indexedStatus(status: number): number {
  switch (status) {
    case 200:
      return 8;
    case 204:
      return 9;
    case 206:
      return 10;
    case 304:
      return 11;
    case 400:
      return 12;
    case 404:
      return 13;
    case 500:
      return 14;
    default:
      return 0;
  }
}

/** A field of the static table, name and value: one byte. */
export function writeIndexed(out: Uint8Array, pos: number, index: number): number {
  out[pos] = 0x80 | index;
  return pos + 1;
}

/** A literal with the name of static entry `index`. */
export function writeWithIndexedName(
  out: Uint8Array,
  pos: number,
  index: number,
  value: Uint8Array,
  start: number,
  end: number,
): number {
  return writeText(out, writeInteger(out, pos, LITERAL, 4, index), value, start, end);
}

/** A literal with name and value. */
export function writeLiteral(
  out: Uint8Array,
  pos: number,
  name: Uint8Array,
  nameStart: number,
  nameEnd: number,
  value: Uint8Array,
  start: number,
  end: number,
): number {
  out[pos] = LITERAL;
  return writeText(out, writeText(out, pos + 1, name, nameStart, nameEnd), value, start, end);
}

/** A string, not Huffman-coded. */
function writeText(out: Uint8Array, pos: number, buf: Uint8Array, start: number, end: number): number {
  let at = writeInteger(out, pos, 0, 7, end - start);
  for (let p = start; p < end; p++) out[at++] = buf[p]!;
  return at;
}
