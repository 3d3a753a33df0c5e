/** The cookie of the Remote Desktop Protocol (manual, section 7.3.5: req.rdp_cookie). */
import type { SampleKind } from "../sample.ts";
import { bytesText, rawRequest, tooShort } from "./payload.ts";
import type { Fetcher, FetchRow } from "./types.ts";

/** TPKT and X.224 headers before the cookie. */
const HEADERS = 11;
const COOKIE = "cookie:";

/** The bytes end before it is certain. */
const SHORT = Symbol("short");

/** The value of the cookie, of this name (lower case) or of any (""); null when the bytes hold none, or not all of it. */
export function findRdpCookie(bytes: Uint8Array | null, name: string): string | null {
  const found = rdpCookie(bytes, name);
  return found === SHORT || found === "" ? null : found;
}

function rdpCookie(bytes: Uint8Array | null, name: string): string | null | typeof SHORT {
  if (bytes === null || bytes.length <= HEADERS + COOKIE.length) return SHORT;
  const text = bytesText(bytes, HEADERS, bytes.length);
  if (text.slice(0, COOKIE.length).toLowerCase() !== COOKIE) return null;
  let at = COOKIE.length;
  while (text.charCodeAt(at) === 32) at++;
  if (name !== "") {
    if (text.length - at <= name.length) return SHORT;
    if (text[at + name.length] !== "=" || text.slice(at, at + name.length).toLowerCase() !== name) return null;
    at += name.length + 1;
  } else {
    while (at < text.length && text[at] !== "=") {
      if (text[at] === "\r" || text[at] === "\n") return null;
      at++;
    }
    if (at++ >= text.length) return SHORT;
  }
  const end = text.indexOf("\r", at);
  if (end < 0 || end + 1 >= text.length) return SHORT;
  return text[end + 1] === "\n" ? text.slice(at, end) : null;
}

function row(
  name: string,
  type: SampleKind,
  help: string,
  replacedBy: string | null,
  make: (cookie: string) => Fetcher,
): FetchRow {
  return {
    name,
    args: [{ name: "name", type: "str", optional: true }],
    type,
    use: ["request-head"],
    help,
    ...(replacedBy === null ? {} : { replacedBy }),
    make: ([arg]) => make((arg?.text ?? "").toLowerCase()),
  };
}

const valueOf =
  (cookie: string): Fetcher =>
  (ctx) => {
    const found = rdpCookie(rawRequest(ctx), cookie);
    return found === SHORT ? tooShort(ctx) : found;
  };

const countOf =
  (cookie: string): Fetcher =>
  (ctx) => {
    if (ctx.mode === "http") return 0;
    const found = rdpCookie(rawRequest(ctx), cookie);
    return found === SHORT ? tooShort(ctx) : found === null ? 0 : 1;
  };

export const rdpFetches: readonly FetchRow[] = [
  row("req.rdp_cookie", "str", "Value of the RDP cookie, of a name or any", null, valueOf),
  row("rdp_cookie", "str", "Value of the RDP cookie, of a name or any", "req.rdp_cookie", valueOf),
  row("req.rdp_cookie_cnt", "sint", "1 when there is an RDP cookie, else 0", null, countOf),
  row("rdp_cookie_cnt", "sint", "1 when there is an RDP cookie, else 0", "req.rdp_cookie_cnt", countOf),
];
