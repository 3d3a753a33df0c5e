/**
 * Makes text safe for a log line (manual 8.6): bytes outside of 32..126 and some others become "#" and two hexadecimal
 * digits. The usual text needs nothing, so a scan comes first and returns the text itself.
 */
const HEX = Array.from({ length: 256 }, (_, i) => "#" + i.toString(16).toUpperCase().padStart(2, "0"));

// A request line: also `"` and `#`.
const UNSAFE_REQUEST = /[^ -~]|["#]/;
// A captured header: also the characters that delimit captures.
const UNSAFE_HEADER = /[^ -~]|["#{|}]/;
const RFC5424 = /["\\\]]/;

const REQUEST_ALL = new RegExp(UNSAFE_REQUEST.source, "g");
const HEADER_ALL = new RegExp(UNSAFE_HEADER.source, "g");
const RFC5424_ALL = new RegExp(RFC5424.source, "g");

function hex(c: string): string {
  return HEX[c.charCodeAt(0) & 0xff]!;
}

export function encodeRequest(text: string): string {
  return UNSAFE_REQUEST.test(text) ? text.replace(REQUEST_ALL, hex) : text;
}

export function encodeHeader(text: string): string {
  return UNSAFE_HEADER.test(text) ? text.replace(HEADER_ALL, hex) : text;
}

/** A backslash before `"`, `\` and `]` (RFC 5424, 6.3.3: PARAM-VALUE). */
export function escapeRfc5424(text: string): string {
  return RFC5424.test(text) ? text.replace(RFC5424_ALL, "\\$&") : text;
}

// RFC 9110 section 5.5: neither control characters but the tab nor DEL.
const UNSAFE_FIELD = /[\0-\x08\n-\x1f\x7f]/;
const FIELD_ALL = new RegExp(UNSAFE_FIELD.source, "g");

/**
 * Control characters but the tab become "#" and two hexadecimal digits: in a line they could begin another, or command the terminal it is
 * read on. HAProxy prints values of expressions and cookies as they are.
 */
export function encodeControls(text: string): string {
  return UNSAFE_FIELD.test(text) ? text.replace(FIELD_ALL, hex) : text;
}

/** What may not stand in a field value becomes "%" and two hexadecimal digits (manual, section 8.2.6). */
export function encodeHttp(text: string): string {
  return UNSAFE_FIELD.test(text) ? text.replace(FIELD_ALL, (c) => "%" + hex(c).slice(1)) : text;
}
