import { parseIp } from "../../../util/ip.ts";
import type { FindHost } from "./method.ts";

/** A pattern of `-m ip`. `bits` is -1 for an IPv4 mask with holes. */
export interface IpPattern {
  readonly family: 4 | 6;
  /** Address in 32-bit words. */
  readonly key: Uint32Array;
  readonly bits: number;
  /** IPv4 mask. */
  readonly mask: number;
}

/**
 * An address or network (manual, section 7.1.6). `abbreviated` accepts what inet_aton(3) does of digits and dots: "10.1",
 * "127.1/8", octal parts. What is no address is looked up by `host`: "localhost", "gate.example/24". Null when it is none.
 */
export function parseNetwork(text: string, abbreviated: boolean, host?: FindHost): IpPattern | null {
  const slash = text.lastIndexOf("/");
  const address = slash < 0 ? text : text.slice(0, slash);
  const mask = slash < 0 ? null : text.slice(slash + 1);
  if (address.includes(":")) {
    const bytes = address.includes("%") ? null : parseIp(address);
    const bits = mask === null ? 128 : maskLength(mask, 128);
    return bytes === null || bits < 0 ? null : { family: 6, key: words(bytes), bits, mask: 0 };
  }
  const bytes =
    strict4(address) ?? (abbreviated ? loose4(address) : null) ?? (host === undefined ? null : named4(address, host));
  if (bytes === null) return null;
  if (mask !== null && mask.includes(".")) {
    const dotted = strict4(mask);
    if (dotted === null) return null;
    const value = words(dotted)[0]!;
    const open = ~value;
    // Contiguous when the inverted mask is one less than a power of two.
    const bits = (open & (open + 1)) >>> 0 === 0 ? Math.clz32(open) : -1;
    return { family: 4, key: words(bytes), bits, mask: value };
  }
  const bits = mask === null ? 32 : maskLength(mask, 32);
  if (bits < 0) return null;
  return { family: 4, key: words(bytes), bits, mask: bits === 0 ? 0 : (-1 << (32 - bits)) >>> 0 };
}

/** An address alone, for the values and defaults of `_ip` maps. */
export function parseAddress(text: string): Uint8Array | null {
  if (text.includes(":")) return text.includes("%") ? null : parseIp(text);
  return strict4(text);
}

/** Bytes in network order to 32-bit words, into `out`. */
export function words(bytes: Uint8Array, out: Uint32Array = new Uint32Array(bytes.length / 4)): Uint32Array {
  for (let w = 0, i = 0; i < bytes.length; w++, i += 4) {
    out[w] = (bytes[i]! << 24) | (bytes[i + 1]! << 16) | (bytes[i + 2]! << 8) | bytes[i + 3]!;
  }
  return out;
}

/** strtol(3) accepts blanks and signs in front. */
function maskLength(text: string, limit: number): number {
  const digits = /^[ \t\n\v\f\r]*[+-]?(\d+)$/.exec(text);
  if (digits === null) return -1;
  const bits = Number(digits[1]);
  return bits > limit || (bits !== 0 && text.includes("-")) ? -1 : bits;
}

/** gethostbyname(3) of what does not look like a number: getaddrinfo(3), which is asked, would read "0x7f.1" as one. */
function named4(name: string, host: FindHost): Uint8Array | null {
  if (name === "" || /^(?:0x[\da-f]*|\d+)(?:\.(?:0x[\da-f]*|\d+))*\.?$/i.test(name)) return null;
  const found = host(name);
  return found === null ? null : strict4(found);
}

/** Four decimal numbers without leading zeros, as inet_pton(3). */
function strict4(text: string): Uint8Array | null {
  return /(^|\.)0\d/.test(text) ? null : parseIp(text);
}

/** One to four numbers, octal after a leading zero; the last one fills the bytes that are left. */
function loose4(text: string): Uint8Array | null {
  if (!/^\d+(\.\d+){0,3}$/.test(text)) return null;
  const parts = text.split(".");
  const out = new Uint8Array(4);
  for (const [i, part] of parts.entries()) {
    const octal = part.length > 1 && part.startsWith("0");
    if (octal && /[89]/.test(part)) return null;
    let value = Number.parseInt(part, octal ? 8 : 10);
    const width = i === parts.length - 1 ? 4 - i : 1;
    if (value >= 2 ** (8 * width)) return null;
    for (let at = i + width - 1; at >= i; at--) {
      out[at] = value % 256;
      value = Math.floor(value / 256);
    }
  }
  return out;
}
