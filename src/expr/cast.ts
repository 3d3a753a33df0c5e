/** Implicit conversions between sample types (manual, section 7.1), as HAProxy 2.6 makes them. */
import { parseIp } from "../util/ip.ts";
import type { SampleContext } from "./context.ts";
import { readInt64, sintBytes } from "./number.ts";
import type { SampleKind, SampleType, Value } from "./sample.ts";

/** Converts a value; null when this value cannot be converted (a text that is no address). */
export type Cast = (value: Value) => Value | null;

/** "=": nothing to do. "-": impossible. */
type Entry = Cast | "=" | "-";

const boolToSint: Cast = (value) => (value ? 1 : 0);
const boolToStr: Cast = (value) => (value ? "1" : "0");
const sintToBool: Cast = (value) => value != 0;
const sintToStr: Cast = (value) => `${value as number}`;
const sintToBin: Cast = (value) => sintBytes(value as number | bigint);
const sintToIpv4: Cast = (value) => {
  const word = typeof value === "bigint" ? Number(BigInt.asUintN(32, value)) : (value as number) >>> 0;
  return Uint8Array.of(word >>> 24, word >>> 16, word >>> 8, word);
};
const ipv4ToSint: Cast = (value) => {
  const b = value as Uint8Array;
  return b[0]! * 0x1000000 + ((b[1]! << 16) | (b[2]! << 8) | b[3]!);
};
const ipv4ToIpv6: Cast = (value) => {
  const out = new Uint8Array(16);
  out[10] = out[11] = 255;
  out.set(value as Uint8Array, 12);
  return out;
};
/** Only IPv4-mapped addresses (RFC 4291 section 2.5.5.2). */
const ipv6ToIpv4: Cast = (value) => {
  const b = value as Uint8Array;
  for (let i = 0; i < 10; i++) if (b[i] !== 0) return null;
  return b[10] === 255 && b[11] === 255 ? b.slice(12, 16) : null;
};
const addrToStr: Cast = (value) => addressText(value as Uint8Array);
const addrToBin: Cast = (value) => String.fromCharCode(...(value as Uint8Array));
const strToSint: Cast = (value) => {
  const text = value as string;
  return text === "" ? null : readInt64(text, 0, text.length);
};
const strToBool: Cast = (value) => {
  const number = strToSint(value);
  return number === null ? null : number != 0;
};
const strToAddr: Cast = (value) => textToIpv4(value as string) ?? textToIpv6(value as string);
const strToIpv4: Cast = (value) => textToIpv4(value as string);
const strToIpv6: Cast = (value) => textToIpv6(value as string);
/** A NUL ends the text. */
const binToStr: Cast = (value) => {
  const nul = (value as string).indexOf("\0");
  return nul < 0 ? value : (value as string).slice(0, nul);
};

type Row = Readonly<Record<SampleKind, Entry>>;

const impossible: Row = {
  any: "=",
  bool: "-",
  sint: "-",
  addr: "-",
  ipv4: "-",
  ipv6: "-",
  str: "-",
  bin: "-",
  meth: "-",
};

/** casts[from][to] of HAProxy's table. `addr` and `any` as a source are resolved at run time. */
const casts: Readonly<Record<SampleType, Row>> = {
  bool: { ...impossible, bool: "=", sint: boolToSint, str: boolToStr, bin: (value) => sintBytes(value ? 1 : 0) },
  sint: {
    ...impossible,
    bool: sintToBool,
    sint: "=",
    addr: sintToIpv4,
    ipv4: sintToIpv4,
    ipv6: (value) => ipv4ToIpv6(sintToIpv4(value)!),
    str: sintToStr,
    bin: sintToBin,
  },
  ipv4: {
    ...impossible,
    sint: ipv4ToSint,
    addr: "=",
    ipv4: "=",
    ipv6: ipv4ToIpv6,
    str: addrToStr,
    bin: addrToBin,
  },
  ipv6: { ...impossible, addr: "=", ipv4: ipv6ToIpv4, ipv6: "=", str: addrToStr, bin: addrToBin },
  str: {
    any: "=",
    bool: strToBool,
    sint: strToSint,
    addr: strToAddr,
    ipv4: strToIpv4,
    ipv6: strToIpv6,
    str: "=",
    bin: "=",
    meth: "=",
  },
  bin: { ...impossible, str: binToStr, bin: "=", meth: "=" },
  meth: { ...impossible, str: "=", bin: "=", meth: "=" },
};

/**
 * Whether a declared type may stand before a converter, a matching method or a table of another: decided when the configuration is
 * read. HAProxy has no conversion from an address of unknown family (map_ip_ip), not even to the same.
 */
export function canCast(from: SampleKind, to: SampleKind): boolean {
  if (from === "any" || to === "any") return true;
  return from !== "addr" && casts[from][to] !== "-";
}

/** As `canCast` for what an expression ends in, where HAProxy only looks at the value. */
export function canBecome(from: SampleKind, to: SampleKind): boolean {
  if (from === "addr" && to !== "any") return to === "addr" || casts.ipv4[to] !== "-";
  return canCast(from, to);
}

/** Type of a value of kind `addr`. */
export function addressType(value: Value): "ipv4" | "ipv6" {
  return (value as Uint8Array).length === 4 ? "ipv4" : "ipv6";
}

/**
 * The conversion from what an expression yields to what its consumer takes. "=" = none is needed. The types of `any` and
 * `addr` are looked at for every value; where the table has no entry the sample is lost.
 */
export function castOf(from: SampleKind, to: SampleKind): ((value: Value, ctx: SampleContext) => Value | null) | "=" {
  if (to === "any" || from === to) return "=";
  if (from === "any") return (value, ctx) => castValue(value, ctx.valueType, to);
  if (from === "addr") return to === "addr" ? "=" : (value) => castValue(value, addressType(value), to);
  const entry = casts[from][to];
  return entry === "=" ? "=" : entry === "-" ? () => null : entry;
}

/** Converts one value whose type is only known now; null when impossible. */
export function castValue(value: Value, from: SampleType, to: SampleKind): Value | null {
  const entry = casts[from][to];
  return entry === "=" ? value : entry === "-" ? null : entry(value);
}

/** The IPv4 address at the start of a text; HAProxy does not mind what follows, unless it is a digit or a dot. */
function textToIpv4(text: string): Uint8Array | null {
  let end = 0;
  while (end < text.length) {
    const c = text.charCodeAt(end);
    if (c !== 46 && (c < 48 || c > 57)) break;
    end++;
  }
  return end < 7 ? null : parseIp(end === text.length ? text : text.slice(0, end));
}

function textToIpv6(text: string): Uint8Array | null {
  return text.includes(":") && !text.includes("%") ? parseIp(text) : null;
}

/** The text of an address as inet_ntop writes it (RFC 5952: lower case, the longest run of zeros shortened). */
export function addressText(bytes: Uint8Array): string {
  if (bytes.length === 4) return `${bytes[0]}.${bytes[1]}.${bytes[2]}.${bytes[3]}`;
  const words: number[] = [];
  for (let i = 0; i < 16; i += 2) words.push((bytes[i]! << 8) | bytes[i + 1]!);
  let best = -1;
  let length = 1;
  for (let i = 0; i < 8; i++) {
    let n = 0;
    while (i + n < 8 && words[i + n] === 0) n++;
    if (n > length) {
      best = i;
      length = n;
    }
    if (n > 0) i += n - 1;
  }
  // glibc writes the last four bytes of mapped and compatible addresses in dotted form.
  if (best === 0 && (length === 6 || (length === 5 && words[5] === 0xffff))) {
    const dotted = `${bytes[12]}.${bytes[13]}.${bytes[14]}.${bytes[15]}`;
    return length === 6 ? `::${dotted}` : `::ffff:${dotted}`;
  }
  let out = "";
  for (let i = 0; i < 8; i++) {
    if (i === best) {
      out += i === 0 ? "::" : ":";
      i += length - 1;
      continue;
    }
    out += words[i]!.toString(16);
    if (i < 7) out += ":";
  }
  return out;
}
