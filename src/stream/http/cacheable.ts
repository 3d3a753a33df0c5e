import { Method } from "../../codec/h1/flags.ts";
import type { Head } from "../../codec/h1/head.ts";
import { findName, ListIterator } from "../../codec/h1/view.ts";

import { latin1 } from "../../util/latin1.ts";

/** What a shared cache in front of the clients may do with a response (manual, `option checkcache`). */
export interface Cacheability {
  /** It may keep the response. */
  response: boolean;
  /** It may keep its Set-Cookie headers too. */
  cookies: boolean;
}

const CACHE_CONTROL = Buffer.from("cache-control", "latin1");
const PRAGMA = Buffer.from("pragma", "latin1");

/** What lets a cache judge how long a response is good, beside `max-age`. */
const FRESHNESS = ["etag", "last-modified", "expires"].map((name) => Buffer.from(name, "latin1"));

/** Statuses that caches keep without being told (RFC 9110 section 15.1). */
const CACHEABLE: ReadonlySet<number> = new Set([200, 203, 204, 206, 300, 301, 404, 405, 410, 414, 501]);

const values = new ListIterator();
const result: Cacheability = { response: true, cookies: true };

/** The answer is valid until the next call. */
export function cacheability(method: number, res: Head): Cacheability {
  result.response = result.cookies = method !== Method.POST && CACHEABLE.has(res.status);
  const pragma = findName(res, PRAGMA, 0);
  let noCache = false;
  if (pragma >= 0) {
    values.start(res, PRAGMA);
    while (values.next()) noCache ||= word(res) === "no-cache";
  }
  let controlled = false;
  let lasting = FRESHNESS.some((name) => findName(res, name, 0) >= 0);
  values.start(res, CACHE_CONTROL);
  while (values.next()) {
    controlled = true;
    const text = word(res);
    if (text === "no-cache" || text === "no-store" || text === "max-age=0" || text === "s-maxage=0") {
      result.response = false;
    } else if (text === "private") {
      result.response = result.cookies = false;
    } else if (text.startsWith('no-cache="set-cookie')) {
      result.cookies = false;
    } else if (text.startsWith("max-age") || text.startsWith("s-maxage")) {
      lasting = true;
    } else if (text === "public") {
      result.response = result.cookies = true;
    }
  }
  if (noCache && !controlled) result.response = result.cookies = false;
  // Without a date or a validator no cache keeps it.
  if (!lasting) result.response = false;
  return result;
}

function word(res: Head): string {
  return latin1(res.buf, values.from, values.to).toLowerCase();
}
