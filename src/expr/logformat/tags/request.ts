import { BAD_REQUEST, type LogRecord } from "../../../log/record.ts";
import { encodeRequest } from "../escape.ts";
import type { Flags, Formatter, Tag } from "../format.ts";
import { encoded } from "../text.ts";

/** The request line with its place of things, cut at blanks as HAProxy cuts its captured copy. */
interface Parts {
  method: string;
  /** Null when the line ends after the method. */
  uri: string | null;
  /** "HTTP/0.9" where the line has none, be it that it was cut by tune.http.logurilen. */
  version: string;
}

const LINE = /^([^ \t]*)(?:[ \t]+([^ \t]*)[ \t]*(.*))?$/s;

function split(line: string): Parts {
  const found = LINE.exec(line);
  return { method: found?.[1] ?? line, uri: found?.[2] ?? null, version: found?.[3] || "HTTP/0.9" };
}

function part(flags: Flags, pick: (uri: string, parts: Parts) => string): Formatter {
  return encoded(flags, encodeRequest, (r: LogRecord) => {
    if (r.requestLine === null || r.requestLine === BAD_REQUEST) return BAD_REQUEST;
    const parts = split(r.requestLine);
    return parts.uri === null ? BAD_REQUEST : pick(parts.uri, parts);
  });
}

/** The URI without its query string. */
function withoutQuery(uri: string): string {
  const mark = uri.indexOf("?");
  return mark < 0 ? uri : uri.slice(0, mark);
}

/** The path of an origin- or absolute-form URI, without query; "" for `*` and for an authority. */
function path(uri: string): string {
  const bare = withoutQuery(uri);
  if (bare.startsWith("/")) return bare;
  const scheme = bare.indexOf("://");
  if (scheme < 0) return "";
  const slash = bare.indexOf("/", scheme + 3);
  return slash < 0 ? "" : bare.slice(slash);
}

export const requestTags = {
  r: {
    help: "request line",
    http: true,
    compile: (f) => encoded(f, encodeRequest, (r) => r.requestLine ?? BAD_REQUEST),
  },
  HM: { help: "method", http: true, compile: (f) => part(f, (_, p) => p.method) },
  HU: { help: "request URI", http: true, compile: (f) => part(f, (uri) => uri) },
  HP: { help: "request URI without query string", http: true, compile: (f) => part(f, withoutQuery) },
  HPO: { help: "path without host and query string", http: true, compile: (f) => part(f, path) },
  HQ: {
    help: "query string, with its question mark",
    http: true,
    compile: (f) => part(f, (uri) => uri.slice(withoutQuery(uri).length)),
  },
  HV: { help: "HTTP version", http: true, compile: (f) => part(f, (_, p) => p.version) },
} satisfies Record<string, Tag>;
