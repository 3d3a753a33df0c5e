import { Head, parseResponse } from "../../codec/h1/head.ts";
import { CONTENT_LENGTH } from "../../codec/h1/known.ts";
import { CONN_CLOSE, defaultLimits } from "../../codec/h1/flags.ts";
import { latin1 } from "../../util/latin1.ts";
import type { ErrorPageModel, ProxyModel } from "../../config/model.ts";

/** Statuses tlb answers itself, with HAProxy's reason phrase and body text (manual, section 1.3.1 and errorfile). */
const pages: Readonly<Record<number, readonly [reason: string, text: string]>> = {
  200: ["OK", ""],
  400: ["Bad request", "Your browser sent an invalid request."],
  401: ["Unauthorized", "You need a valid user and password to access this content."],
  403: ["Forbidden", "Request forbidden by administrative rules."],
  404: ["Not Found", "The resource could not be found."],
  405: ["Method Not Allowed", "A request was made of a resource using a request method not supported by that resource"],
  407: ["Unauthorized", "You need a valid user and password to access this content."],
  408: ["Request Time-out", "Your browser didn't send a complete request in time."],
  410: ["Gone", "The resource is no longer available and will not be available again."],
  413: ["Payload Too Large", "The request entity exceeds the maximum allowed."],
  421: ["Misdirected Request", "Request sent to a non-authoritative server."],
  422: ["Unprocessable Content", "The server cannot process the contained instructions."],
  425: ["Too Early", "Your browser sent early data."],
  429: ["Too Many Requests", "You have sent too many requests in a given amount of time."],
  500: ["Internal Server Error", "An internal server error occurred."],
  501: ["Not Implemented", "The server does not support the functionality required to fulfill the request."],
  502: ["Bad Gateway", "The server returned an invalid or incomplete response."],
  503: ["Service Unavailable", "No server is available to handle this request."],
  504: ["Gateway Time-out", "The server didn't respond in time."],
};

/** A ready answer. */
export interface Reply {
  /** The status the log shows: that of the event, whatever the page says. */
  readonly status: number;
  /** The page announces no length, or says `Connection: close`: the connection ends with it. */
  readonly closes: boolean;
  /** The bytes as they stand in the error file: sent when no request was understood (400, 408). The connection closes. */
  readonly raw: Buffer;
  /** Status line and headers in lower case, without the blank line and without a Connection header. */
  readonly head: Buffer;
  /** The Connection header of the page, which rules still see, and where in `head` it stood; null where it had none. */
  readonly connection: { readonly at: number; readonly value: string } | null;
  readonly body: Buffer;
  /** As the log counts it: parts of the head and body. */
  readonly size: number;
  readonly http11: boolean;
}

function builtin(status: number): Buffer {
  const [reason, text] = pages[status] ?? ["Unknown", ""];
  const title = `${status} ${reason}`;
  const body =
    status === 200
      ? "<html><body><h1>200 OK</h1>\nService ready.\n</body></html>\n"
      : `<html><body><h1>${title}</h1>\n${text}\n</body></html>\n`;
  const close = status === 400 || status === 408 ? "Connection: close\r\n" : "";
  return Buffer.from(
    `HTTP/1.1 ${status} ${reason}\r\nContent-length: ${body.length}\r\nCache-Control: no-cache\r\n` +
      `${close}Content-Type: text/html\r\n\r\n${body}`,
    "latin1",
  );
}

/** Makes the answer from the bytes of an error file; null when they are no HTTP response. */
export function parseReply(status: number, bytes: Buffer): Reply | null {
  if (bytes.length === 0) {
    // An empty error file: the connection is closed without a word.
    return {
      status,
      closes: true,
      raw: bytes,
      head: bytes,
      connection: null,
      body: bytes,
      size: 0,
      http11: false,
    };
  }
  const copy = Buffer.from(bytes);
  const head = new Head();
  const end = parseResponse(head, copy, 0, copy.length, defaultLimits);
  if (end <= 0) return null;
  const body = copy.subarray(end);
  let lines = `HTTP/${head.version === 11 ? "1.1" : "1.0"} ${head.status} ${latin1(copy, head.reasonStart, head.reasonEnd)}\r\n`;
  let size = 20 + 8 + 3 + head.reasonEnd - head.reasonStart + 1;
  let announced = false;
  const own = /\nconnection:[ \t]*([^\r\n]*)/i.exec(latin1(copy, 0, end));
  const ownAt = own === null ? -1 : own.index + 1;
  let at = -1;
  // The header itself is written where it is decided.
  const closes = (head.flags & CONN_CLOSE) !== 0;
  if (own !== null) size += "connection".length + own[1]!.length;
  for (let i = 0; i < head.count; i++) {
    const k = 4 * i;
    const name = latin1(copy, head.index[k]!, head.index[k + 1]!);
    if (at < 0 && head.index[k]! > ownAt) at = lines.length;
    if (name === "connection" || name === "transfer-encoding") continue;
    let value = latin1(copy, head.index[k + 2]!, head.index[k + 3]!);
    if (head.ids[i] === CONTENT_LENGTH) {
      announced = true;
      value = String(body.length);
    }
    lines += `${name}: ${value}\r\n`;
    size += name.length + value.length;
  }
  return {
    status,
    closes: closes || !announced,
    raw: bytes,
    head: Buffer.from(lines, "latin1"),
    connection: own === null ? null : { at: at < 0 ? lines.length : at, value: own[1]! },
    body,
    size: size + body.length,
    http11: head.version === 11,
  };
}

function redirect(status: number, code: number, url: string): Reply {
  const reason = code === 303 ? "See Other" : "Found";
  const raw = Buffer.from(
    `HTTP/1.1 ${code} ${reason}\r\nCache-Control: no-cache\r\nContent-length: 0\r\nLocation: ${url}\r\n\r\n`,
    "latin1",
  );
  return parseReply(status, raw)!;
}

const builtins = new Map<number, Reply>();

/** The answer for a status when nothing is configured. */
export function builtinReply(status: number): Reply {
  let reply = builtins.get(status);
  if (reply === undefined) {
    reply = parseReply(status, builtin(status))!;
    builtins.set(status, reply);
  }
  return reply;
}

/** The configured answers of a proxy, by status. */
export function compileReplies(proxy: ProxyModel): ReadonlyMap<number, Reply> {
  const out = new Map<number, Reply>();
  for (const [status, page] of Object.entries(proxy.errors) as [string, ErrorPageModel][]) {
    const code = Number(status);
    // Those made at run time are among the rules.
    if (page.kind === "reply") continue;
    if (page.kind === "loc") out.set(code, redirect(code, page.code, page.url));
    else out.set(code, parseReply(code, Buffer.from(page.bytes, "latin1")) ?? builtinReply(code));
  }
  return out;
}
