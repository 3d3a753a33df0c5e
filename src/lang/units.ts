/** Numbers with units as HAProxy writes them: times (us ms s m h d), sizes (k m g), plain integers. */

/** Why a text is no value; `at` is the byte offset of the first offending character. */
export type UnitProblem = { readonly kind: "syntax"; readonly at: number } | { readonly kind: "overflow" };

export type UnitResult =
  /** `trailing` is the offset of text HAProxy ignores with a warning (`1h30m` counts as `1h`), or -1. */
  | { readonly ok: true; readonly value: number; readonly trailing: number }
  | { readonly ok: false; readonly problem: UnitProblem };

/** Longest time HAProxy's timers hold, in milliseconds (about 24.8 days). */
export const MAX_TIME = 2147483647;

/** Microseconds in one unit. */
const TIME_UNITS: Readonly<Record<string, number>> = {
  us: 1,
  ms: 1000,
  s: 1_000_000,
  m: 60_000_000,
  h: 3_600_000_000,
  d: 86_400_000_000,
};

function syntax(at: number): UnitResult {
  return { ok: false, problem: { kind: "syntax", at } };
}

function digits(text: string): number {
  let i = 0;
  while (i < text.length && text.charCodeAt(i) >= 48 && text.charCodeAt(i) <= 57) i++;
  return i;
}

/**
 * A time in milliseconds, rounded up (manual section 2.5). Without a unit `unit` counts. A value above `max` is an
 * overflow. Text behind the unit is left to the caller to judge.
 */
export function parseTime(text: string, unit: keyof typeof TIME_UNITS = "ms", max: number = MAX_TIME): UnitResult {
  const end = digits(text);
  if (end === 0) return syntax(0);
  const two = text.slice(end, end + 2);
  const suffix = TIME_UNITS[two] !== undefined ? two : text.charAt(end);
  const factor = TIME_UNITS[suffix === "" ? unit : suffix];
  if (factor === undefined) return syntax(end);
  const value = Math.ceil((Number(text.slice(0, end)) * factor) / 1000);
  if (value > max) return { ok: false, problem: { kind: "overflow" } };
  const next = end + suffix.length;
  return { ok: true, value, trailing: next < text.length ? next : -1 };
}

/** A size in bytes; `k`, `m` and `g` (either case) are powers of 1024. At most 2^32-1 as in HAProxy. */
export function parseSize(text: string): UnitResult {
  const end = digits(text);
  if (end === 0) return syntax(0);
  const suffix = text.slice(end).toLowerCase();
  const shift = suffix === "" ? 1 : suffix === "k" ? 1024 : suffix === "m" ? 1048576 : suffix === "g" ? 1073741824 : 0;
  if (shift === 0) return syntax("kmg".includes(suffix.charAt(0)) ? end + 1 : end);
  const value = Number(text.slice(0, end)) * shift;
  return value > 0xffffffff ? { ok: false, problem: { kind: "overflow" } } : { ok: true, value, trailing: -1 };
}

/** A decimal integer with an optional sign. Text behind the digits is left to the caller to judge. */
export function parseInteger(text: string): UnitResult {
  const sign = text.charAt(0) === "-" || text.charAt(0) === "+" ? 1 : 0;
  const end = sign + digits(text.slice(sign));
  if (end === sign) return syntax(sign);
  const value = Number(text.slice(0, end));
  if (!Number.isSafeInteger(value)) return { ok: false, problem: { kind: "overflow" } };
  return { ok: true, value: value === 0 ? 0 : value, trailing: end < text.length ? end : -1 };
}
