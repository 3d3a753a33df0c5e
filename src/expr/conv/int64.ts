import { type Sint, toSint } from "../number.ts";

/**
 * Signed 64-bit integers of samples: a number where it is exact, a bigint beyond ±(2^53 - 1).
 * Additions and the like saturate as HAProxy's do; bit operations wrap.
 */
export type Int = Sint;

const MAX = 9223372036854775807n;
const MIN = -9223372036854775808n;

/** The low 64 bits. */
export function wrap(value: bigint): Int {
  return toSint(BigInt.asIntN(64, value));
}

/** The nearest value that fits. */
function saturate(value: bigint): Int {
  return value > MAX ? MAX : value < MIN ? MIN : toSint(value);
}

function exact(value: number): boolean {
  return value <= Number.MAX_SAFE_INTEGER && value >= -Number.MAX_SAFE_INTEGER;
}

export function add(a: Int, b: Int): Int {
  if (typeof a === "number" && typeof b === "number") {
    const sum = a + b;
    if (exact(sum)) return sum;
  }
  return saturate(BigInt(a) + BigInt(b));
}

export function sub(a: Int, b: Int): Int {
  if (typeof a === "number" && typeof b === "number") {
    const difference = a - b;
    if (exact(difference)) return difference;
  }
  return saturate(BigInt(a) - BigInt(b));
}

export function mul(a: Int, b: Int): Int {
  if (typeof a === "number" && typeof b === "number") {
    const product = a * b;
    if (exact(product)) return product + 0; // no -0
  }
  return saturate(BigInt(a) * BigInt(b));
}

/** Towards zero; the largest integer when `b` is 0. */
export function div(a: Int, b: Int): Int {
  if (b == 0) return MAX;
  if (typeof a === "number" && typeof b === "number") return Math.trunc(a / b) + 0;
  return saturate(BigInt(a) / BigInt(b));
}

/** Remainder with the sign of `a`; 0 when `b` is 0. */
export function mod(a: Int, b: Int): Int {
  if (b == 0) return 0;
  if (typeof a === "number" && typeof b === "number") return (a % b) + 0;
  return wrap(BigInt(a) % BigInt(b));
}

export function neg(a: Int): Int {
  return typeof a === "number" ? 0 - a : saturate(-a);
}

export function cpl(a: Int): Int {
  return typeof a === "number" ? sub(-1, a) : wrap(~a);
}

export function and(a: Int, b: Int): Int {
  if (typeof a === "number" && typeof b === "number") {
    if ((a | 0) === a && (b | 0) === b) return a & b;
  }
  return wrap(BigInt(a) & BigInt(b));
}

export function or(a: Int, b: Int): Int {
  if (typeof a === "number" && typeof b === "number") {
    if ((a | 0) === a && (b | 0) === b) return a | b;
  }
  return wrap(BigInt(a) | BigInt(b));
}

export function xor(a: Int, b: Int): Int {
  if (typeof a === "number" && typeof b === "number") {
    if ((a | 0) === a && (b | 0) === b) return a ^ b;
  }
  return wrap(BigInt(a) ^ BigInt(b));
}

/** As an unsigned 64-bit quantity. */
export function unsigned(value: Int): bigint {
  return BigInt.asUintN(64, BigInt(value));
}
