import { HeaderError, type HeaderResult } from "./header.ts";

/** What both forms begin with: the magic number, and what tells them apart. */
const FIRST = 12;
/** Smallest header: magic number, length and an IPv4 header. */
const LEAST = 28;
const TCP = 6;

/**
 * NetScaler's Client IP header at the start of buf[start, end), in its old form (magic number, length, IP and TCP headers) and the
 * newer one (12 bytes before these). A pure function, as parseProxyHeader.
 */
export function parseNetscaler(buf: Buffer, start: number, end: number, magic: number): HeaderResult {
  if (end - start < FIRST) return HeaderError.more;
  if (buf.readUInt32BE(start) !== magic) return HeaderError.magic;
  const kind = buf[start + 8]!;
  let at = start;
  let size: number;
  if ((kind & 0xd0) === 0x40) {
    size = buf.readUInt32BE(start + 4);
    at += 8;
  } else if (kind === 0) {
    size = buf.readUInt32BE(start + 8);
    at += 12;
  } else {
    return HeaderError.protocol;
  }
  if (end - start < LEAST) return HeaderError.more;
  const version = buf[at]! >> 4;
  if (version === 4) {
    if (end - start < 40 || end < at + size) return HeaderError.more;
    if (buf[at + 9] !== TCP) return HeaderError.protocol;
    const tcp = at + (buf[at]! & 15) * 4;
    if (tcp + 4 > at + size) return HeaderError.bad;
    return ends(buf, at + 12, 4, tcp, at + size - start);
  }
  if (version === 6) {
    if (end - start < 60 || end < at + size) return HeaderError.more;
    if (buf[at + 6] !== TCP) return HeaderError.protocol;
    const tcp = at + 40;
    if (tcp + 4 > at + size) return HeaderError.bad;
    return ends(buf, at + 8, 16, tcp, at + size - start);
  }
  return HeaderError.protocol;
}

function ends(buf: Buffer, at: number, size: number, tcp: number, length: number): HeaderResult {
  const bytes = (from: number): Uint8Array => new Uint8Array(buf.subarray(from, from + size));
  return {
    length,
    source: { bytes: bytes(at), port: buf.readUInt16BE(tcp) },
    destination: { bytes: bytes(at + size), port: buf.readUInt16BE(tcp + 2) },
    authority: null,
    uniqueId: null,
    tlvs: null,
  };
}
