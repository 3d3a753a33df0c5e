/** Start lines, bodies and captures (manual, section 7.3.6). */
import { latin1 } from "../../util/latin1.ts";
import type { Head } from "../../codec/h1/head.ts";
import type { SampleContext } from "../context.ts";
import type { SampleKind } from "../sample.ts";
import type { Use } from "../validity.ts";
import type { Fetcher, FetchRow } from "./types.ts";

function row(names: readonly string[], type: SampleKind, use: Use, help: string, fetch: Fetcher): FetchRow[] {
  return names.map((name, i) => ({
    name,
    args: [],
    type,
    use: [use],
    help,
    ...(i > 0 ? { replacedBy: names[0]! } : {}),
    make: () => fetch,
  }));
}

/** "1.1" of "HTTP/1.1"; null for a start line without a version. */
function versionText(head: Head | null): string | null {
  if (head === null) return null;
  const { buf, versionStart, versionEnd } = head;
  let p = versionStart;
  while (p < versionEnd && buf[p] !== 47) p++;
  if (p < versionEnd) return p + 1 < versionEnd ? latin1(buf, p + 1, versionEnd) : null;
  // Heads that did not come as text (HTTP/2) have none: HAProxy shows the version it speaks internally.
  return head.version === 9 ? null : head.version === 10 ? "1.0" : "1.1";
}

function bodyText(bytes: Uint8Array | null): string {
  return bytes === null ? "" : latin1(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length);
}

/** What the message announced, or what is held when it announced nothing. */
function bodySize(head: Head, held: Uint8Array | null, pending = 0): number {
  return Math.max(head.contentLength, (held === null ? 0 : held.length) + pending);
}

/** Whatever length it announces (RFC 9112 section 6.3). */
function bodiless({ status }: Head, method: string | null): boolean {
  return method === "HEAD" || status === 204 || status === 304;
}

/** Path and query of the target of a request line; null where it has no path. */
function pathOf(line: string | null): string | null {
  const target = word(line, 1);
  if (target === null || target.startsWith("/")) return target;
  const scheme = target.indexOf("://");
  const slash = scheme < 0 ? -1 : target.indexOf("/", scheme + 3);
  return slash < 0 ? null : target.slice(slash);
}

/** The word of a request line: 0 method, 1 target. Null when there is none. */
function word(line: string | null, which: 0 | 1): string | null {
  if (line === null) return null;
  const space = line.indexOf(" ");
  if (which === 0) return space < 0 ? line : line.slice(0, space);
  if (space < 0) return null;
  const end = line.indexOf(" ", space + 1);
  return end < 0 ? line.slice(space + 1) : line.slice(space + 1, end);
}

const versionName = (version: number): string | null =>
  version === 0 ? null : version === 11 ? "HTTP/1.1" : "HTTP/1.0";

function captureRow(
  name: string,
  use: Use,
  help: string,
  slots: (ctx: SampleContext) => readonly (string | null)[] | null,
): FetchRow {
  return {
    name,
    args: [{ name: "idx", type: "int" }],
    type: "str",
    use: [use],
    help,
    make: ([arg]) => {
      const index = Number(arg!.int);
      return index < 0
        ? { message: "the index of a capture is 0 or more", arg: 0 }
        : (ctx) => slots(ctx)?.[index] ?? null;
    },
  };
}

export const messageFetches: readonly FetchRow[] = [
  ...row(["method"], "meth", "request-head-kept", "Method of the request", (ctx) => ctx.requestMethod),
  ...row(["req.ver", "req_ver"], "str", "request-head", 'HTTP version of the request, "1.1"', (ctx) =>
    versionText(ctx.reqHead),
  ),
  ...row(["res.ver", "resp_ver"], "str", "response-head", 'HTTP version of the response, "1.1"', (ctx) =>
    versionText(ctx.resHead),
  ),
  ...row(["status"], "sint", "response-head-kept", "Status of the response", (ctx) =>
    ctx.statusCode === 0 ? null : ctx.statusCode,
  ),
  ...row(["http_first_req"], "bool", "request-head-kept", "True for the first request of a connection", (ctx) =>
    ctx.hasStream === false ? null : ctx.firstRequest,
  ),
  ...row(
    ["req.proto_http", "req_proto_http"],
    "bool",
    "request-head-kept",
    "True once the data look like HTTP",
    // Streams in mode tcp note themselves that a head may still become complete.
    (ctx) => (ctx.reqHead === null ? null : true),
  ),
  ...row(["unique-id"], "str", "const", "Text of unique-id-format for this request", (ctx) => ctx.uniqueIdText()),

  ...row(["req.body"], "bin", "request-body", "Body of the request as far as it is held", (ctx) => {
    if (ctx.reqHead === null) return null;
    if (!ctx.final) ctx.mayChange = true;
    return bodyText(ctx.reqBodyHeld());
  }),
  ...row(["req.body_len"], "sint", "request-body", "Bytes of the request's body that are held", (ctx) =>
    ctx.reqHead === null ? null : (ctx.reqBodyHeld()?.length ?? 0),
  ),
  ...row(["req.body_size"], "sint", "request-body", "Announced size of the request's body", (ctx) =>
    ctx.reqHead === null ? null : ctx.mode === "tcp" ? 0 : bodySize(ctx.reqHead, ctx.reqBodyHeld(), ctx.reqBodyPending),
  ),
  ...row(["res.body"], "bin", "response-body", "Body of the response as far as it is held", (ctx) => {
    if (ctx.resHead === null) return null;
    if (!ctx.final) ctx.mayChange = true;
    return bodyText(ctx.resBodyHeld());
  }),
  ...row(["res.body_len"], "sint", "response-body", "Bytes of the response's body that are held", (ctx) =>
    ctx.resHead === null ? null : (ctx.resBodyHeld()?.length ?? 0),
  ),
  ...row(["res.body_size"], "sint", "response-body", "Announced size of the response's body", (ctx) =>
    ctx.resHead === null
      ? null
      : (ctx.answerSize ?? -1) >= 0
        ? ctx.answerSize!
        : bodiless(ctx.resHead, ctx.requestMethod)
          ? 0
          : bodySize(ctx.resHead, ctx.resBodyHeld()),
  ),

  ...row(
    ["res.comp"],
    "bool",
    "response-head-kept",
    "True when this program compressed the response",
    (ctx) => ctx.responseCompressed,
  ),
  ...row(
    ["res.comp_algo"],
    "str",
    "response-head-kept",
    "Algorithm this program compressed the response with",
    (ctx) => ctx.responseCompression,
  ),
  captureRow("capture.req.hdr", "request-head-kept", "Captured request header by slot", (ctx) => ctx.requestCaptures),
  captureRow(
    "capture.res.hdr",
    "response-head-kept",
    "Captured response header by slot",
    (ctx) => ctx.responseCaptures,
  ),
  ...row(["capture.req.method"], "str", "request-head-kept", "Method of the request as received", (ctx) =>
    word(ctx.receivedRequestLine, 0),
  ),
  ...row(["capture.req.uri"], "str", "request-head-kept", "Request target as received", (ctx) =>
    pathOf(ctx.receivedRequestLine),
  ),
  ...row(["capture.req.ver"], "str", "request-head-kept", "HTTP/1.0 or HTTP/1.1", (ctx) =>
    ctx.receivedRequestLine === null ? null : versionName(ctx.requestVersion),
  ),
  ...row(["capture.res.ver"], "str", "request-head-kept", "HTTP/1.0 or HTTP/1.1", (ctx) =>
    versionName(ctx.responseVersion),
  ),
];
