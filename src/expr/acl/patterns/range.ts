/** Ranges of 64-bit integers, as patterns of `int` and `len` and their operators (manual, section 7.1.2). */

export type Int = number | bigint;

/** A bound is null when it is open. */
export interface Range {
  readonly min: Int | null;
  readonly max: Int | null;
}

export const INT64_MIN = -(2n ** 63n);
export const INT64_MAX = 2n ** 63n - 1n;

/** A number where it is exact, a bigint beyond ±2^53. */
function small(value: bigint): Int {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** A decimal 64-bit number; a sign other than "-" and anything after the digits is refused. */
export function parseInt64(text: string): Int | null {
  if (!/^-?\d+$/.test(text)) return null;
  const value = BigInt(text);
  return value < INT64_MIN || value > INT64_MAX ? null : small(value);
}

/**
 * "5", "5:9", ":9", "5:"; "-" separates as ":" does, so that "-5" means ":5" as in HAProxy. `number` reads one bound. Returns
 * the complaint as a string.
 */
export function parseRange(
  text: string,
  number: (text: string) => Int | null,
  complaint: (text: string) => string,
): Range | string {
  const at = text.search(/[:-]/);
  const bad = `'${text}' is not a valid number range`;
  if (text === "") return bad;
  if (at < 0) {
    const value = number(text);
    return value === null ? complaint(text) : { min: value, max: value };
  }
  const low = text.slice(0, at);
  const high = text.slice(at + 1);
  const min = low === "" ? null : number(low);
  const max = high === "" ? null : number(high);
  if ((low !== "" && min === null) || (high !== "" && max === null) || (low === "" && high === "")) return bad;
  if (min !== null && max !== null && min > max) return bad;
  return { min, max };
}

export function inRange(value: Int, range: Range): boolean {
  return (range.min === null || value >= range.min) && (range.max === null || value <= range.max);
}
