/** Short forms for scenarios: the usual configuration around the lines that matter, and the usual requests. */
import type { Peer } from "../harness/peer.ts";
import type { ServerScript } from "../harness/server.ts";
import { ok, respond } from "../harness/server.ts";
import type { Scenario } from "./scenario.ts";

export interface Lines {
  /** Lines of the defaults section besides mode, log, option httplog/tcplog and the three timeouts. */
  readonly defaults?: string;
  readonly frontend?: string;
  readonly backend?: string;
  /** Arguments after the address, by server name, in order; default one server, s1, without any. */
  readonly servers?: Readonly<Record<string, string>>;
}

/** An HTTP frontend `fe` on {fe} with a backend `be`. Clients are silent longer than servers, and than most scripts last. */
export function http(lines: Lines = {}): string {
  return sections("http", "option httplog", lines);
}

/** The same in mode tcp. */
export function tcp(lines: Lines = {}): string {
  return sections("tcp", "option tcplog", lines);
}

/** The beginning of both. */
function defaults(mode: string, log: string): string {
  return `
defaults
    mode ${mode}
    log 127.0.0.1:{log} local0
    ${log}
    timeout connect 2s
    timeout client 8s
    timeout server 3s
`;
}

/** The beginning of `http`, for configurations that go on in another way. */
export const HTTP_DEFAULTS = defaults("http", "option httplog");

function sections(mode: string, log: string, lines: Lines): string {
  const servers = Object.entries(lines.servers ?? { s1: "" })
    .map(([name, args]) => `    server ${name} 127.0.0.1:{${name}} ${args}`)
    .join("\n");
  return `${defaults(mode, log)}${indent(lines.defaults)}
frontend fe
    bind 127.0.0.1:{fe}
    default_backend be
${indent(lines.frontend)}
backend be
${indent(lines.backend)}
${servers}
`;
}

function indent(text = ""): string {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => `    ${line.trim()}`)
    .join("\n");
}

/** A request of version 1.1 with a Host, e.g. `get("/x", "Connection: close")`. */
export function get(target = "/", ...fields: string[]): string {
  return request("GET", target, fields);
}

export function request(method: string, target: string, fields: readonly string[] = [], body = ""): string {
  return [`${method} ${target} HTTP/1.1`, "Host: example.test", ...fields, "", body].join("\r\n");
}

export function post(target: string, body: string, ...fields: string[]): string {
  return request("POST", target, [...fields, `Content-Length: ${body.length}`], body);
}

export function chunked(parts: readonly string[], trailers: readonly string[] = []): string {
  const data = parts.map((part) => `${part.length.toString(16)}\r\n${part}\r\n`).join("");
  return `${data}0\r\n${trailers.map((line) => `${line}\r\n`).join("")}\r\n`;
}

/** Waits until the other side has closed, or has sent nothing for `ms`. */
export async function silence(peer: Peer, ms = 120): Promise<void> {
  let length = -1;
  while (peer.closeKind === "open" && peer.received.length !== length) {
    length = peer.received.length;
    // Its end settles what the program was sent.
    await peer.closed(ms).catch(() => {});
  }
}

/** A client that sends pieces 20 ms apart on one connection and waits for silence. */
export function sends(...pieces: string[]): Scenario["client"] {
  return async (talk) => {
    const client = await talk.connect();
    await client.drip(pieces, 20);
    await silence(client);
  };
}

/** A server that answers its first request on each connection with these bytes, sent 20 ms apart, and keeps the connection open. */
export function plays(...pieces: string[]): ServerScript {
  return async (peer) => {
    await peer.request(600_000);
    await peer.drip(pieces, 20);
  };
}

/** As `plays`, then closes. */
export function playsAndCloses(...pieces: string[]): ServerScript {
  return async (peer) => {
    await peer.request(600_000);
    await peer.drip(pieces, 20);
    peer.close();
  };
}

/** Answers with the head it got. */
export const mirror: ServerScript = respond((text) => ok(text.slice(0, text.indexOf("\r\n\r\n"))));

/** Echoes method, target and body length (of the data, however it was cut into chunks), on every request of a connection. */
export const echo = respond((text) => {
  const [method, target] = text.split(" ");
  const body = text.slice(text.indexOf("\r\n\r\n") + 4);
  const length = /\r\ntransfer-encoding:[^\r]*chunked/i.test(text) ? chunkedLength(body) : body.length;
  return ok(method === "HEAD" ? "" : `${method} ${target} ${length}`);
});

function chunkedLength(body: string): number {
  let at = 0;
  let total = 0;
  while (true) {
    const size = Number.parseInt(body.slice(at), 16);
    if (!(size > 0)) return total;
    total += size;
    at = body.indexOf("\r\n", at) + 2 + size + 2;
  }
}

/** What a WebSocket is asked for with. */
export const upgradeFields: readonly string[] = [
  "Connection: Upgrade",
  "Upgrade: websocket",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  "Sec-WebSocket-Version: 13",
];

/** The answer to `upgradeFields` that opens it, with more fields where wanted. */
export function switching(...fields: string[]): string {
  return [
    "HTTP/1.1 101 Switching Protocols",
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
    ...fields,
    "\r\n",
  ].join("\r\n");
}
