import { BAD_REQUEST, type LogRecord } from "../../../log/record.ts";
import { encodeRequest } from "../escape.ts";
import type { Flags, Formatter, Tag } from "../format.ts";
import { encoded } from "../text.ts";

const isBlank = (line: string, at: number): boolean => {
  const c = line.charCodeAt(at);
  return c === 32 || c === 9;
};

function skipWord(line: string, from: number): number {
  let at = from;
  while (at < line.length && !isBlank(line, at)) at++;
  return at;
}

function skipBlanks(line: string, from: number): number {
  let at = from;
  while (at < line.length && isBlank(line, at)) at++;
  return at;
}

/** How the line that was looked at last is cut: a format asks for several parts of the same one. */
let known = "";
let methodTo = 0;
let uriFrom = 0;
let uriTo = 0;
/** It needs no encoding, so its parts need none. */
let clean = true;

/** Cuts the request line at blanks, as HAProxy cuts its captured copy. */
function cut(line: string): void {
  if (line === known) return;
  known = line;
  methodTo = skipWord(line, 0);
  uriFrom = skipBlanks(line, methodTo);
  uriTo = skipWord(line, uriFrom);
  clean = encodeRequest(line) === line;
}

/** A line that ends after the method has no parts. */
function part(flags: Flags, pick: (line: string) => string): Formatter {
  const read = (r: LogRecord): string => {
    const line = r.requestLine;
    if (line === null || line === BAD_REQUEST) return BAD_REQUEST;
    cut(line);
    return methodTo === line.length ? BAD_REQUEST : pick(line);
  };
  const shown = encoded(flags, (text) => (clean ? text : encodeRequest(text)), read);
  // Fast path: neither quotes nor escapes.
  if (flags.quote || flags.escape) return shown;
  return (r) => {
    const text = read(r);
    return clean ? text : encodeRequest(text);
  };
}

/** "HTTP/0.9" where the line has none, be it that it was cut by tune.http.logurilen. */
function version(line: string): string {
  const from = skipBlanks(line, uriTo);
  return from === line.length ? "HTTP/0.9" : line.slice(from);
}

/** Offset of the question mark in the URI, or its end. */
function queryOf(line: string): number {
  const mark = line.indexOf("?", uriFrom);
  return mark < 0 || mark > uriTo ? uriTo : mark;
}

/** The path of an origin- or absolute-form URI, without query; "" for `*` and for an authority. */
function path(line: string): string {
  const end = queryOf(line);
  if (line.charCodeAt(uriFrom) === 47) return line.slice(uriFrom, end);
  const scheme = line.indexOf("://", uriFrom);
  if (scheme < 0 || scheme >= end) return "";
  const slash = line.indexOf("/", scheme + 3);
  return slash < 0 || slash >= end ? "" : line.slice(slash, end);
}

export const requestTags = {
  r: {
    help: "request line",
    http: true,
    request: true,
    compile: (f) => encoded(f, encodeRequest, (r) => r.requestLine ?? BAD_REQUEST),
  },
  HM: { help: "method", http: true, request: true, compile: (f) => part(f, (line) => line.slice(0, methodTo)) },
  HU: { help: "request URI", http: true, request: true, compile: (f) => part(f, (line) => line.slice(uriFrom, uriTo)) },
  HP: {
    help: "request URI without query string",
    http: true,
    request: true,
    compile: (f) => part(f, (line) => line.slice(uriFrom, queryOf(line))),
  },
  HPO: { help: "path without host and query string", http: true, request: true, compile: (f) => part(f, path) },
  HQ: {
    help: "query string, with its question mark",
    http: true,
    request: true,
    compile: (f) => part(f, (line) => line.slice(queryOf(line), uriTo)),
  },
  HV: { help: "HTTP version", http: true, request: true, compile: (f) => part(f, version) },
} satisfies Record<string, Tag>;
