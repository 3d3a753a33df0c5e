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

/** Cuts the request line at blanks, as HAProxy cuts its captured copy. A line that ends after the method has no parts. */
function part(flags: Flags, pick: (line: string, uriFrom: number, uriTo: number) => string): Formatter {
  return encoded(flags, encodeRequest, (r: LogRecord) => {
    const line = r.requestLine;
    if (line === null || line === BAD_REQUEST) return BAD_REQUEST;
    const method = skipWord(line, 0);
    if (method === line.length) return BAD_REQUEST;
    const from = skipBlanks(line, method);
    return pick(line, from, skipWord(line, from));
  });
}

/** "HTTP/0.9" where the line has none, be it that it was cut by tune.http.logurilen. */
function version(line: string, uriTo: number): string {
  const from = skipBlanks(line, uriTo);
  return from === line.length ? "HTTP/0.9" : line.slice(from);
}

/** Offset of the question mark in the URI, or its end. */
function queryOf(line: string, from: number, to: number): number {
  const mark = line.indexOf("?", from);
  return mark < 0 || mark > to ? to : mark;
}

/** The path of an origin- or absolute-form URI, without query; "" for `*` and for an authority. */
function path(line: string, from: number, to: number): string {
  const end = queryOf(line, from, to);
  if (line.charCodeAt(from) === 47) return line.slice(from, end);
  const scheme = line.indexOf("://", from);
  if (scheme < 0 || scheme >= end) return "";
  const slash = line.indexOf("/", scheme + 3);
  return slash < 0 || slash >= end ? "" : line.slice(slash, end);
}

export const requestTags = {
  r: {
    help: "request line",
    http: true,
    compile: (f) => encoded(f, encodeRequest, (r) => r.requestLine ?? BAD_REQUEST),
  },
  HM: { help: "method", http: true, compile: (f) => part(f, (line) => line.slice(0, skipWord(line, 0))) },
  HU: { help: "request URI", http: true, compile: (f) => part(f, (line, from, to) => line.slice(from, to)) },
  HP: {
    help: "request URI without query string",
    http: true,
    compile: (f) => part(f, (line, from, to) => line.slice(from, queryOf(line, from, to))),
  },
  HPO: { help: "path without host and query string", http: true, compile: (f) => part(f, path) },
  HQ: {
    help: "query string, with its question mark",
    http: true,
    compile: (f) => part(f, (line, from, to) => line.slice(queryOf(line, from, to), to)),
  },
  HV: { help: "HTTP version", http: true, compile: (f) => part(f, (line, _, to) => version(line, to)) },
} satisfies Record<string, Tag>;
