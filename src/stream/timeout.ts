/** Arithmetic of timeouts and deadlines, in ms; 0 = none. */
import { clock } from "../util/clock.ts";

/** The deadline a timeout sets now. */
export function deadlineIn(timeout: number): number {
  return timeout === 0 ? 0 : clock.now + timeout;
}

/** The sooner of two deadlines, or the shorter of two timeouts. */
export function sooner(a: number, b: number): number {
  return a === 0 ? b : b === 0 ? a : Math.min(a, b);
}

/** A stream has no timeout of its own. */
export const UNSET = -0x80000000;

/** The timeout a rule gave a stream, or that of its backend. A negative one of a rule is over at once, as in HAProxy. */
export function ownOr(own: number, timeout: number): number {
  return own === UNSET ? timeout : own < 0 ? 1 : own;
}
