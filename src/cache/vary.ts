/**
 * What objects of one URI may vary by (`process-vary`): the encodings the client takes, and Referer. The key of a request is two words:
 * a set of encodings, and a hash. An object has the encodings it was made with.
 */
import { crc32 } from "../util/hash/crc32.ts";

/** Headers a response may vary by, as bits of a signature. */
export const ACCEPT_ENCODING = 1;
export const REFERER = 2;

const headers: Readonly<Record<string, number>> = { "accept-encoding": ACCEPT_ENCODING, referer: REFERER };

/** Encodings of the IANA registry, as bits. */
const encodings: Readonly<Record<string, number>> = {
  gzip: 1,
  "x-gzip": 1,
  deflate: 2,
  br: 4,
  zstd: 8,
  aes128gcm: 16,
  compress: 32,
  "x-compress": 32,
  exi: 64,
  "pack200-gzip": 128,
};
const IDENTITY = 256;
const STAR = 512;
const OTHER = 1024;
const ALL = 0xff | IDENTITY | STAR | OTHER;
/** Elements of Accept-Encoding that are looked at: as in HAProxy a longer list counts as what it began with. */
const MOST = 16;

function elements(lines: readonly string[]): string[] {
  return lines
    .flatMap((line) => line.split(","))
    .map((part) => part.trim().toLowerCase())
    .filter((part) => part !== "");
}

/** The headers named by Vary; -1 = it names none, one of them is not known here, or any may matter. */
export function varySignature(lines: readonly string[]): number {
  let signature = 0;
  for (const name of elements(lines)) {
    const bit = Object.hasOwn(headers, name) ? headers[name]! : 0;
    if (bit === 0) return -1;
    signature |= bit;
  }
  return signature === 0 ? -1 : signature;
}

/** The set of encodings an Accept-Encoding allows; without that header all. */
export function acceptedEncodings(lines: readonly string[]): number {
  if (lines.length === 0) return ALL;
  let set = 0;
  let refused = 0;
  let star = false;
  const parts = elements(lines);
  if (parts.length > MOST) return IDENTITY;
  for (const part of parts) {
    const [name = "", ...params] = part.split(";").map((word) => word.trim());
    const q = params.find((word) => word.startsWith("q="));
    const wanted = q === undefined || Number.parseFloat(q.slice(2)) !== 0;
    // `*;q=0` is not taken as a refusal of identity, as in HAProxy.
    if (name === "*") star = wanted;
    else {
      const bit = name === "identity" ? IDENTITY : Object.hasOwn(encodings, name) ? encodings[name]! : OTHER;
      if (wanted) set |= bit;
      else refused |= bit;
    }
  }
  if (star) return ALL & ~refused;
  // RFC 9110 section 12.5.3: identity is acceptable unless it is excluded.
  if ((refused & IDENTITY) === 0) set |= IDENTITY;
  return set;
}

/** The encodings of a response; -1 = one of them is not known. */
export function contentEncodings(lines: readonly string[]): number {
  let set = 0;
  for (const name of elements(lines)) {
    const bit = name === "identity" ? IDENTITY : Object.hasOwn(encodings, name) ? encodings[name]! : 0;
    if (bit === 0) return -1;
    set |= bit;
  }
  return set === 0 ? IDENTITY : set;
}

/** Whoever accepts these takes an object made with those. */
export function encodingsCover(accepted: number, made: number): boolean {
  return (accepted & made) === made;
}

/** What stands for a value of Referer in the key of a variant; 0 = the request has none. */
export function refererKey(value: string | null): number {
  return value === null ? 0 : crc32(value, 0, value.length) | 0;
}
