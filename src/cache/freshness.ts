import type { Head } from "../codec/h1/head.ts";
import { findName, ListIterator, valueText } from "../codec/h1/view.ts";
import { latin1 } from "../util/latin1.ts";
import { parseHttpDate } from "../util/http-date.ts";

const CACHE_CONTROL = Buffer.from("cache-control", "latin1");
const EXPIRES = Buffer.from("expires", "latin1");
const AGE = Buffer.from("age", "latin1");
const LAST_MODIFIED = Buffer.from("last-modified", "latin1");
const DATE = Buffer.from("date", "latin1");
const MOST_AGE = 0x7fffffff;

const values = new ListIterator();

/** Seconds a response is good for as it says itself (RFC 9111 section 4.2.1): s-maxage, max-age, Expires; -1 = it does not say, NaN = not in numbers. */
export function lifetimeOf(res: Head, now: number): number {
  let maxAge = -1;
  let sharedMaxAge = -1;
  values.start(res, CACHE_CONTROL);
  while (values.next()) {
    const text = latin1(res.buf, values.from, values.to).toLowerCase();
    if (text.startsWith("s-maxage=")) sharedMaxAge = seconds(text.slice(9));
    else if (text.startsWith("max-age=")) maxAge = seconds(text.slice(8));
  }
  if (Number.isNaN(sharedMaxAge + maxAge)) return Number.NaN;
  if (sharedMaxAge > 0) return sharedMaxAge;
  if (maxAge > 0) return maxAge;
  if (sharedMaxAge >= 0 || maxAge >= 0) return -1;
  const at = findName(res, EXPIRES, 0);
  if (at < 0) return -1;
  // RFC 9111 section 5.3: what is no date is in the past.
  const date = parseHttpDate(valueText(res, at));
  return date === null || date < now ? 0 : date - now;
}

function seconds(text: string): number {
  const value = Number.parseInt(text.startsWith('"') ? text.slice(1) : text, 10);
  return value < 0 ? Number.NaN : Math.min(value, MOST_AGE);
}

/** What Age says; 0 without the header, -1 = it makes no sense. */
export function ageOf(res: Head): number {
  const at = findName(res, AGE, 0);
  if (at < 0) return 0;
  const text = valueText(res, at);
  if (!/^\d+$/.test(text)) return -1;
  const value = Number(text);
  return value > 0 ? Math.min(value, MOST_AGE) : -1;
}

/** When the object was changed last, as far as it is known, epoch seconds. */
export function lastModifiedOf(res: Head, now: number): number {
  for (const name of [LAST_MODIFIED, DATE]) {
    const at = findName(res, name, 0);
    const date = at < 0 ? null : parseHttpDate(valueText(res, at));
    if (date !== null) return date;
  }
  return now;
}
