/**
 * First value of a parameter in `name=value&name=value`, as written (not decoded), looking at `text` from `from` on; null
 * when absent. An empty value is a value.
 */
export function findParam(text: string, from: number, name: string): string | null {
  const { length } = text;
  let at = from;
  while (at + name.length < length) {
    let end = text.indexOf("&", at);
    if (end < 0) end = length;
    if (text.startsWith(name, at) && text.charCodeAt(at + name.length) === 61 /* = */) {
      return text.slice(at + name.length + 1, end);
    }
    at = end + 1;
  }
  return null;
}

/** The same in the query string of a URI. */
export function findQueryParam(uri: string, name: string): string | null {
  const question = uri.indexOf("?");
  return question < 0 ? null : findParam(uri, question + 1, name);
}

/**
 * Where the path of a request target starts: behind the authority of an absolute form. -1 when it has none: authority
 * form and "*" (RFC 9112 section 3.2).
 */
export function pathStart(uri: string): number {
  const c = uri.charCodeAt(0);
  if (c === 47 /* / */) return 0;
  const scheme = uri.indexOf("://");
  return scheme < 0 ? -1 : uri.indexOf("/", scheme + 3);
}
