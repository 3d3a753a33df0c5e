/**
 * What formats yield may come from the request and be decoded on the way (`url_dec`). HAProxy passes it on as it is; here
 * nothing that would end a line early for the next reader gets through (RFC 9110 section 5.5: CR, LF and NUL are dangerous).
 */

/** A field value: line breaks and NUL become spaces. */
export function cleanField(value: string): string {
  return /[\r\n\0]/.test(value) ? value.replace(/[\r\n\0]/g, " ") : value;
}

/** A request target: blanks and control characters are percent-encoded. */
export function cleanTarget(value: string): string {
  if (!/[\0-\x20\x7f]/.test(value)) return value;
  return value.replace(/[\0-\x20\x7f]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`);
}

/** A method: what is no token (RFC 9110 section 5.6.2) is refused as null. */
export function cleanMethod(value: string): string | null {
  return /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(value) ? value : null;
}
