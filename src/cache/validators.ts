import { parseHttpDate } from "../util/http-date.ts";

/** Two entity tags are the same (weak comparison, RFC 9110 section 8.8.3.2). */
export function sameTag(one: string, other: string): boolean {
  const a = one.startsWith("W/") ? one.slice(2) : one;
  const b = other.startsWith("W/") ? other.slice(2) : other;
  return a === b && a.length >= 2 && a.startsWith('"') && a.endsWith('"');
}

/**
 * The client has what is stored (RFC 9110 section 13.2.2): one of the tags of If-None-Match is its tag, or without that header it
 * was not changed since If-Modified-Since. `tags`: elements of If-None-Match; null = there is none.
 */
export function notModified(
  tags: readonly string[] | null,
  since: string | null,
  tag: string,
  lastModified: number,
): boolean {
  if (tags !== null) return tags.some((one) => one === "*" || (tag !== "" && sameTag(one, tag)));
  if (since === null) return false;
  const date = parseHttpDate(since);
  return date !== null && lastModified <= date;
}
