/** The request that is explained: from the words of a command line to bytes. */
import { isIP } from "node:net";
import { UsageError } from "../command.ts";
import type { End } from "./sockets.ts";

export interface ExplainInput {
  /** "http", "https", or "tcp" for bytes as they are. */
  readonly scheme: "http" | "https" | "tcp";
  /** The URL says "http://": no TLS, wherever it goes. */
  readonly plain: boolean;
  /** Port of the URL, or the scheme's; 0 = not told. */
  readonly port: number;
  /** What the client sends, one character per byte. */
  readonly bytes: string;
  readonly source: End;
  /** Null = the address the frontend is bound to. */
  readonly destination: End | null;
  readonly sni: string | null;
  readonly variables: readonly { readonly name: string; readonly value: string }[];
  /** The response of the server, null = it does not answer. */
  readonly response: string | null;
}

/** Options as given; lists in order. */
export interface InputOptions {
  readonly words: readonly string[];
  readonly method: string | undefined;
  readonly headers: readonly string[];
  readonly data: string | undefined;
  readonly source: string | undefined;
  readonly destination: string | undefined;
  readonly sni: string | undefined;
  readonly variables: readonly string[];
  readonly status: string | undefined;
  readonly responseHeaders: readonly string[];
}

/** RFC 5737: an address that belongs to nobody. */
const SOMEBODY: End = { address: "192.0.2.1", port: 50000 };

/** A host without "http://": it has a dot or a port, or stands alone in brackets. */
const HOST_FIRST = /^(?:[\w-]+(?:\.[\w-]+)+|[\w.-]+(?=:\d)|\[[0-9a-f:.]+\])(?::\d+)?(?:[/?#]|$)/i;

const PORTS = { http: 80, https: 443, tcp: 0 } as const;

/** Throws UsageError for what is no request. */
export function readInput(options: InputOptions): ExplainInput {
  const { words } = options;
  if (words.length > 2) throw new UsageError(`unexpected argument '${words[2]}'`);
  const given = words[words.length - 1];
  if (given === undefined) throw new UsageError("which request? for example: GET http://example.com/path");
  const url = HOST_FIRST.test(given) ? `http://${given}` : given;
  if (/^[^/?#]*:\/\//.test(url) && !/^(?:http|https|tcp):/.test(url)) {
    throw new UsageError(`'${given}' is no URL: write http://, https:// or tcp://, or a path that begins with /`);
  }
  const found = /^(?:(http|https|tcp):\/\/([^/?#]*))?(.*)$/s.exec(url)!;
  const scheme = (found[1] ?? "http") as ExplainInput["scheme"];
  const authority = found[2] ?? "";
  const colon = /:(\d+)$/.exec(authority);
  const port = colon === null ? PORTS[scheme] : Number(colon[1]);
  if (port > 65535) throw new UsageError(`'${given}': a port is 65535 at most`);
  const named = words.length === 2 ? words[0] : undefined;
  return {
    scheme,
    plain: found[1] === "http",
    port,
    bytes: scheme === "tcp" ? latin1(options.data ?? "") : head(options, named, authority, found[3]!),
    source: options.source === undefined ? SOMEBODY : end(options.source, "src", SOMEBODY.port),
    destination: options.destination === undefined ? null : end(options.destination, "dst", port),
    sni: options.sni ?? (scheme === "https" && !isIP(host(authority)) ? host(authority) : null),
    variables: options.variables.map(variable),
    response: options.status === undefined ? null : response(options.status, options.responseHeaders),
  };
}

function head(options: InputOptions, named: string | undefined, authority: string, path: string): string {
  const { data, headers } = options;
  const method = options.method ?? named ?? (data === undefined ? "GET" : "POST");
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(method)) throw new UsageError(`'${method}' is no method`);
  const bare = path.replace(/#.*$/s, "");
  const target = method === "CONNECT" ? authority : bare.startsWith("/") || bare === "*" ? bare : `/${bare}`;
  const fields = headers.map((field) => {
    if (!/^[^\s:]+:/.test(field)) throw new UsageError(`-H '${field}' is not written 'name: value'`);
    return field.replace(/^([^:]+):\s*/, "$1: ");
  });
  const has = (name: string): boolean => fields.some((field) => field.toLowerCase().startsWith(`${name}:`));
  if (!has("host") && authority !== "") fields.unshift(`Host: ${authority}`);
  const body = data === undefined ? "" : latin1(data);
  if (data !== undefined && !has("content-length") && !has("transfer-encoding")) {
    fields.push(`Content-Length: ${body.length}`);
  }
  return `${latin1([`${method} ${target} HTTP/1.1`, ...fields].join("\r\n"))}\r\n\r\n${body}`;
}

function response(status: string, headers: readonly string[]): string {
  if (!/^[2-5]\d\d$/.test(status)) throw new UsageError(`--status ${status} is not a status from 200 to 599`);
  const fields = headers.some((field) => /^content-length:/i.test(field)) ? headers : [...headers, "Content-Length: 0"];
  return `${latin1([`HTTP/1.1 ${status} Explained`, ...fields].join("\r\n"))}\r\n\r\n`;
}

function host(authority: string): string {
  return authority.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
}

function end(text: string, name: string, port: number): End {
  const found = /^(?:\[([^\]]+)\]|([^:]+|.*:.*:.*?))(?::(\d+))?$/.exec(text);
  const address = isIP(text) ? text : (found?.[1] ?? found?.[2] ?? "");
  if (!isIP(address)) throw new UsageError(`--${name} ${text} is not an address`);
  return { address, port: isIP(text) || found?.[3] === undefined ? port : Number(found[3]) };
}

function variable(text: string): { name: string; value: string } {
  const at = text.indexOf("=");
  if (at < 1) throw new UsageError(`--var '${text}' is not written 'scope.name=value'`);
  return { name: text.slice(0, at), value: latin1(text.slice(at + 1)) };
}

/** Text of the command line as the bytes it stands for. */
function latin1(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}
