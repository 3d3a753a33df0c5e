/**
 * The normalizers of `normalize-uri` (manual, section 4.2, http-request normalize-uri; RFC 3986 section 6.2.2). Each takes a path with
 * its query, or the part it is about, and returns the new one; null: the input is not valid and `strict` was asked for.
 */

export function fragmentStrip(text: string): string {
  const mark = text.indexOf("#");
  return mark < 0 ? text : text.slice(0, mark);
}

export function fragmentEncode(text: string): string {
  return text.replaceAll("#", "%23");
}

export function mergeSlashes(path: string): string {
  return path.includes("//") ? path.replace(/\/{2,}/g, "/") : path;
}

/** Drops segments that are a dot (RFC 3986 section 5.2.4, the part about "."). */
export function stripDot(path: string): string {
  if (!path.includes("/.")) return path;
  let out = "";
  for (let at = 0; at < path.length;) {
    const slash = path.indexOf("/", at);
    const end = slash < 0 ? path.length : slash;
    if (end - at !== 1 || path[at] !== ".") out += path.slice(at, slash < 0 ? end : end + 1);
    at = end + 1;
  }
  return out;
}

/** Lets ".." take the segment before it away, empty ones too. `full`: those that lead above the root vanish, else they stay. */
export function stripDotDot(path: string, full: boolean): string {
  if (!path.includes("/..")) return path;
  const segments = path.split("/");
  // A path that ends in ".." is that of a folder.
  if (segments[segments.length - 1] === "..") segments.push("");
  const out: string[] = [];
  for (let i = 1; i < segments.length; i++) {
    const segment = segments[i]!;
    if (segment !== "..") out.push(segment);
    else if (out.length > 0 && out[out.length - 1] !== "..") out.pop();
    else if (!full) out.push(segment);
  }
  return `/${out.join("/")}`;
}

/** Parameters in the order of the bytes of their names; those of one name keep theirs. */
export function sortQuery(query: string): string {
  if (!query.includes("&")) return query;
  // As in HAProxy nothing comes of an empty parameter at the end.
  const texts = (query.endsWith("&") ? query.slice(0, -1) : query).split("&");
  const pairs = texts.map((text) => {
    const equals = text.indexOf("=");
    return { text, name: equals < 0 ? text : text.slice(0, equals) };
  });
  // Sorting is stable.
  pairs.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  return pairs.map(({ text }) => text).join("&");
}

const ENCODED = /%(?:([0-9A-Fa-f]{2})|)/g;

/** `change` gets the two digits behind each percent sign; a sign without them stays, or is refused. */
function percents(text: string, strict: boolean, change: (digits: string) => string): string | null {
  if (!text.includes("%")) return text;
  let bad = false;
  const out = text.replace(ENCODED, (all, digits: string | undefined) => {
    if (digits !== undefined) return change(digits);
    bad = true;
    return all;
  });
  return bad && strict ? null : out;
}

/** RFC 3986 section 6.2.2.2: unreserved characters (section 2.3) need no encoding. */
export function decodeUnreserved(text: string, strict: boolean): string | null {
  return percents(text, strict, (digits) => {
    const char = String.fromCharCode(Number.parseInt(digits, 16));
    return /[A-Za-z0-9._~-]/.test(char) ? char : `%${digits}`;
  });
}

/** RFC 3986 section 6.2.2.1: the digits of an encoding in upper case. */
export function percentToUppercase(text: string, strict: boolean): string | null {
  return percents(text, strict, (digits) => `%${digits.toUpperCase()}`);
}
