import { crc32cBytes } from "../../util/hash/crc32c.ts";
import { type HeaderEnd, SIGNATURE, Tlv } from "./header.ts";

/** One TLV of version 2. */
export interface TlvValue {
  readonly type: number;
  readonly value: Uint8Array;
}

/** An end with its address in text, as version 1 writes it. */
export interface TextEnd extends HeaderEnd {
  readonly address: string;
}

/**
 * The line of version 1. Where one end is IPv4 and the other IPv6, the former is written in its IPv6 form; UNIX sockets cannot be told:
 * UNKNOWN (section 2.1).
 */
export function writeLine(source: TextEnd | null, destination: TextEnd | null): Buffer {
  const from = source?.bytes ?? null;
  const to = destination?.bytes ?? null;
  if (from === null || to === null) return Buffer.from("PROXY UNKNOWN\r\n", "latin1");
  const v6 = from.length === 16 || to.length === 16;
  const address = (end: TextEnd): string => (v6 && end.bytes!.length === 4 ? `::ffff:${end.address}` : end.address);
  const ports = `${source!.port} ${destination!.port}`;
  const text = `PROXY ${v6 ? "TCP6" : "TCP4"} ${address(source!)} ${address(destination!)} ${ports}\r\n`;
  return Buffer.from(text, "latin1");
}

/**
 * The header of version 2. Without two IP addresses it is of the command LOCAL (section 2.2). Where one of them is IPv4 and the
 * other IPv6, the former is written in its IPv6 form. `checksum` adds the TLV of section 2.2.3, before all others.
 */
export function writeBinary(
  source: HeaderEnd | null,
  destination: HeaderEnd | null,
  tlvs: readonly TlvValue[],
  checksum: boolean,
): Buffer {
  const from = source?.bytes ?? null;
  const to = destination?.bytes ?? null;
  const local = from === null || to === null;
  const size = local ? 0 : from.length === 4 && to.length === 4 ? 4 : 16;
  let length = local ? 0 : 2 * size + 4;
  if (checksum) length += 7;
  for (const { value } of tlvs) length += 3 + value.length;
  const out = Buffer.alloc(16 + length);
  out.set(SIGNATURE, 0);
  out[12] = local ? 0x20 : 0x21;
  out[13] = local ? 0x00 : size === 4 ? 0x11 : 0x21;
  out.writeUInt16BE(length, 14);
  let at = 16;
  if (!local) {
    writeAddress(out, at, from, size);
    writeAddress(out, at + size, to, size);
    at += 2 * size;
    out.writeUInt16BE(source!.port, at);
    out.writeUInt16BE(destination!.port, at + 2);
    at += 4;
  }
  const sum = at + 3;
  if (checksum) {
    out[at] = Tlv.crc32c;
    out.writeUInt16BE(4, at + 1);
    at += 7;
  }
  for (const { type, value } of tlvs) {
    out[at] = type;
    out.writeUInt16BE(value.length, at + 1);
    out.set(value, at + 3);
    at += 3 + value.length;
  }
  if (checksum) out.writeUInt32BE(crc32cBytes(out, 0, out.length), sum);
  return out;
}

/** An IPv4 address among IPv6 ones is written as RFC 4291 section 2.5.5.2 maps it. */
function writeAddress(out: Buffer, at: number, bytes: Uint8Array, size: number): void {
  if (bytes.length === size) {
    out.set(bytes, at);
    return;
  }
  out[at + 10] = out[at + 11] = 255;
  out.set(bytes, at + 12);
}
