import { crc32cBytes } from "../../util/hash/crc32c.ts";
import { parseIp } from "../../util/ip.ts";
import { latin1 } from "../../util/latin1.ts";
import {
  type HeaderEnd,
  HeaderError,
  type HeaderResult,
  MAX_AUTHORITY,
  MAX_UNIQUE_ID,
  SIGNATURE,
  Tlv,
} from "./header.ts";

/** Longest line of version 1 with its CR LF (section 2.1: 107 characters, of which IPv6 needs the most). */
const MAX_LINE = 107;
/** "PROXY ". */
const WORD: Uint8Array = Uint8Array.of(80, 82, 79, 88, 89, 32);
/** Signature, version and command, family and transport, length. */
const FIXED = 16;

/**
 * The PROXY header, of either version, at the start of buf[start, end): the header, or a `HeaderError`. A pure function of the bytes: a
 * header cut anywhere is `more` until its last byte is there. `limit`: longest header taken, in bytes.
 */
export function parseProxyHeader(buf: Buffer, start: number, end: number, limit: number): HeaderResult {
  const size = end - start;
  if (size === 0) return HeaderError.more;
  const v2 = beginsWith(buf, start, end, SIGNATURE);
  if (v2 === "yes") return parseBinary(buf, start, end, limit);
  if (v2 === "maybe") return HeaderError.more;
  const v1 = beginsWith(buf, start, end, WORD);
  if (v1 === "yes") return parseLine(buf, start, end);
  return v1 === "maybe" ? HeaderError.more : HeaderError.notHeader;
}

function beginsWith(buf: Buffer, start: number, end: number, what: Uint8Array): "yes" | "maybe" | "no" {
  const size = Math.min(end - start, what.length);
  for (let i = 0; i < size; i++) if (buf[start + i] !== what[i]) return "no";
  return size === what.length ? "yes" : "maybe";
}

function parseLine(buf: Buffer, start: number, end: number): HeaderResult {
  const stop = Math.min(end, start + MAX_LINE);
  let at = start;
  while (at < stop && buf[at] !== 13) at++;
  if (at + 1 >= stop) {
    if (stop - start < MAX_LINE) return HeaderError.more;
    return badLine(buf, start, stop);
  }
  if (buf[at + 1] !== 10) return badLine(buf, start, stop);
  const length = at + 2 - start;
  const [family, source = "", destination = "", from = "", to = "", ...rest] = latin1(
    buf,
    start + WORD.length,
    at,
  ).split(" ");
  // Section 2.1: what follows UNKNOWN is ignored.
  if (family === "UNKNOWN")
    return { length, source: null, destination: null, authority: null, uniqueId: null, tlvs: null };
  if (family !== "TCP4" && family !== "TCP6") return HeaderError.protocol;
  const size = family === "TCP4" ? 4 : 16;
  const ends = [
    { bytes: source.includes("%") ? null : parseIp(source), port: port(from) },
    { bytes: destination.includes("%") ? null : parseIp(destination), port: port(to) },
  ] as const;
  if (rest.length > 0 || ends.some(({ bytes, port: number }) => bytes?.length !== size || number < 0)) {
    return HeaderError.bad;
  }
  return { length, source: ends[0], destination: ends[1], authority: null, uniqueId: null, tlvs: null };
}

/** A line without its end. */
function badLine(buf: Buffer, start: number, stop: number): HeaderResult {
  return /^TCP[46] /.test(latin1(buf, start + WORD.length, stop)) ? HeaderError.bad : HeaderError.protocol;
}

/** 0..65535, -1 = no port. */
function port(text: string): number {
  if (!/^\d{1,5}$/.test(text)) return -1;
  const value = Number(text);
  return value > 65535 ? -1 : value;
}

function parseBinary(buf: Buffer, start: number, end: number, limit: number): HeaderResult {
  if (end - start < 13) return HeaderError.more;
  const command = buf[start + 12]!;
  // Section 2.2: the upper half is the version, which must be 2; commands other than LOCAL and PROXY are to be dropped.
  if (command >> 4 !== 2) return HeaderError.notHeader;
  if ((command & 15) > 1) return HeaderError.bad;
  if (end - start < FIXED) return HeaderError.more;
  const length = FIXED + buf.readUInt16BE(start + 14);
  if (length > limit) return HeaderError.tooLong;
  if (end - start < length) return HeaderError.more;
  const stop = start + length;
  let at = start + FIXED;
  let source: HeaderEnd | null = null;
  let destination: HeaderEnd | null = null;
  const family = buf[start + 13]!;
  if ((command & 15) === 1) {
    switch (family) {
      case 0x00:
        // UNSPEC: addresses of any kind may stand there, and are ignored with all that follows.
        at = stop;
        break;
      case 0x11:
      case 0x21: {
        const size = family === 0x11 ? 4 : 16;
        if (length - FIXED < 2 * size + 4) return HeaderError.bad;
        source = { bytes: copy(buf, at, size), port: buf.readUInt16BE(at + 2 * size) };
        destination = { bytes: copy(buf, at + size, size), port: buf.readUInt16BE(at + 2 * size + 2) };
        at += 2 * size + 4;
        break;
      }
      case 0x31:
        if (length - FIXED < 216) return HeaderError.bad;
        source = destination = { bytes: null, port: 0 };
        at += 216;
        break;
      default:
        return HeaderError.bad;
    }
  } else {
    // LOCAL: whatever follows is skipped.
    at = stop;
  }
  let authority: string | null = null;
  let uniqueId: string | null = null;
  let tlvs: Map<number, string> | null = null;
  while (at < stop) {
    if (stop - at < 3) return HeaderError.bad;
    const type = buf[at]!;
    const size = buf.readUInt16BE(at + 1);
    const from = at + 3;
    at = from + size;
    if (at > stop) return HeaderError.bad;
    tlvs ??= new Map();
    if (!tlvs.has(type)) tlvs.set(type, latin1(buf, from, at));
    if (type === Tlv.authority) {
      if (size > MAX_AUTHORITY) return HeaderError.bad;
      authority = latin1(buf, from, at);
    } else if (type === Tlv.uniqueId) {
      if (size > MAX_UNIQUE_ID) return HeaderError.bad;
      uniqueId = latin1(buf, from, at);
    } else if (type === Tlv.crc32c) {
      if (size !== 4 || !checksumHolds(buf, start, stop, from)) return HeaderError.bad;
    }
  }
  return { length, source, destination, authority, uniqueId, tlvs };
}

function copy(buf: Buffer, at: number, size: number): Uint8Array {
  return new Uint8Array(buf.subarray(at, at + size));
}

/** Section 2.2.3: computed over the whole header with the checksum itself taken as 0. */
function checksumHolds(buf: Buffer, start: number, stop: number, at: number): boolean {
  const bytes = Buffer.from(buf.subarray(start, stop));
  const wanted = bytes.readUInt32BE(at - start);
  bytes.writeUInt32BE(0, at - start);
  return crc32cBytes(bytes, 0, bytes.length) === wanted;
}
