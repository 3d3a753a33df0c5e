/** Short forms for scenarios: the usual configuration around the lines that matter, and the usual requests. */

export interface Lines {
  /** Lines of the defaults section besides mode, log, option httplog/tcplog and the three timeouts. */
  readonly defaults?: string;
  readonly frontend?: string;
  readonly backend?: string;
  /** Arguments after the address, by server name, in order; default one server, s1, without any. */
  readonly servers?: Readonly<Record<string, string>>;
}

/** An HTTP frontend `fe` on {fe} with a backend `be`. */
export function http(lines: Lines = {}): string {
  return sections("http", "option httplog", lines);
}

/** The same in mode tcp. */
export function tcp(lines: Lines = {}): string {
  return sections("tcp", "option tcplog", lines);
}

function sections(mode: string, log: string, lines: Lines): string {
  const servers = Object.entries(lines.servers ?? { s1: "" })
    .map(([name, args]) => `    server ${name} 127.0.0.1:{${name}} ${args}`)
    .join("\n");
  return `
defaults
    mode ${mode}
    log 127.0.0.1:{log} local0
    ${log}
    timeout connect 2s
    timeout client 3s
    timeout server 3s
${indent(lines.defaults)}
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
