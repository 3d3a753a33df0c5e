/** The real HAProxy with one server process behind it that tells which server a request was sent to. Linux, /usr/sbin/haproxy. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BackendSpec, RequestSpec } from "./fixture.helper.ts";

export const haproxy = ["/usr/sbin/haproxy", "/usr/local/sbin/haproxy"].find((path) => existsSync(path)) ?? null;

/** Backends by name; `x-be` of a request names the one to use. */
export type Backends = Readonly<Record<string, BackendSpec>>;

interface Held {
  readonly server: string;
  answer(): void;
}

export class Oracle {
  private readonly folder = mkdtempSync(join(tmpdir(), "balance-"));
  private readonly process: Bun.Subprocess;
  private readonly upstream: Bun.UnixSocketListener<{ text: string }>;
  /** Requests with `x-id` are not answered until told to. */
  private readonly held = new Map<string, (held: Held) => void>();

  constructor(backends: Backends) {
    const { held } = this;
    this.upstream = Bun.listen<{ text: string }>({
      unix: this.path("up"),
      socket: {
        open(socket) {
          socket.data = { text: "" };
        },
        data(socket, chunk) {
          socket.data.text += chunk.toString("latin1");
          for (let end; (end = requestEnd(socket.data.text)) > 0;) {
            const head = socket.data.text.slice(0, end);
            socket.data.text = socket.data.text.slice(end);
            const server = /\r\nx-server: (\S+)/i.exec(head)?.[1] ?? "";
            const id = /\r\nx-id: (\S+)/i.exec(head)?.[1];
            const answer = () => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
            if (id === undefined) answer();
            else held.get(id)!({ server, answer });
          }
        },
      },
    });
    writeFileSync(this.path("cfg"), this.config(backends));
    this.process = Bun.spawn([haproxy!, "-db", "-q", "-f", this.path("cfg")], { stdout: "ignore", stderr: "inherit" });
  }

  static async start(backends: Backends): Promise<Oracle> {
    const oracle = new Oracle(backends);
    for (let tries = 0; tries < 200 && !existsSync(oracle.path("admin")); tries++) await Bun.sleep(20);
    return oracle;
  }

  private path(name: string): string {
    return join(this.folder, name);
  }

  private config(backends: Backends): string {
    const lines = [
      "global",
      "  nbthread 1",
      "  tune.bufsize 32768",
      `  stats socket ${this.path("admin")} level admin`,
      "defaults",
      "  mode http",
      "  timeout client 30s",
      "  timeout server 30s",
      "  timeout connect 5s",
      "  http-reuse always",
      "  http-send-name-header x-server",
      "frontend f",
      `  bind unix@${this.path("front")}`,
      "  http-request set-src req.hdr(x-src) if { req.hdr(x-src) -m found }",
      "  option http-buffer-request",
      "  use_backend %[req.hdr(x-be)]",
    ];
    for (const [name, spec] of Object.entries(backends)) {
      lines.push(`backend ${name}`, `  balance ${balanceText(spec)}`, "  http-response set-header x-srv %s");
      const { method = "map-based", function: fn = "sdbm", avalanche = false } = spec.hash ?? {};
      lines.push(`  hash-type ${method} ${fn}${avalanche ? " avalanche" : ""}`);
      if (spec.hashBalanceFactor) lines.push(`  hash-balance-factor ${spec.hashBalanceFactor}`);
      if (spec.allbackups) lines.push("  option allbackups");
      for (const [i, server] of spec.servers.entries()) {
        const { weight = 1, id, maxconn, maxqueue, backup, disabled } = server;
        let line = `  server s${i + 1} unix@${this.path("up")} weight ${weight}`;
        if (id) line += ` id ${id}`;
        if (maxconn) line += ` maxconn ${maxconn}`;
        if (maxqueue) line += ` maxqueue ${maxqueue}`;
        if (backup) line += " backup";
        if (disabled) line += " disabled";
        lines.push(line);
      }
    }
    return `${lines.join("\n")}\n`;
  }

  /** Sends all on one connection, in order, a few ahead of the answers; yields the servers' names. */
  async names(requests: readonly { backend: string; request: RequestSpec }[]): Promise<string[]> {
    const { promise, resolve, reject } = Promise.withResolvers<string[]>();
    const found: string[] = [];
    let rest = "";
    let sent = 0;
    // So few that they always fit into the socket's buffer.
    const send = (socket: Bun.Socket) => {
      if (found.length < sent) return;
      const batch = requests.slice(sent, sent + 40);
      sent += batch.length;
      socket.write(Buffer.from(batch.map(({ backend, request }) => requestText(backend, request)).join(""), "latin1"));
    };
    const socket = await Bun.connect({
      unix: this.path("front"),
      socket: {
        data(socket, chunk) {
          rest += chunk.toString("latin1");
          let from = 0;
          for (let end; (end = rest.indexOf("\r\n\r\n", from)) >= 0; from = end + 4) {
            found.push(/\r\nx-srv: (\S+)/i.exec(rest.slice(from, end + 4))?.[1] ?? rest.slice(from, from + 12));
          }
          rest = rest.slice(from);
          if (found.length >= requests.length) resolve(found);
          else send(socket);
        },
        close: () => reject(new Error(`closed after ${found.length} of ${requests.length} answers: ${found.at(-1)}`)),
        error: (_, error) => reject(error),
      },
    });
    send(socket);
    try {
      return await promise;
    } finally {
      socket.terminate();
    }
  }

  /** Sends a request that stays on its server until `finish`. */
  async hold(backend: string, request: RequestSpec, id: string): Promise<{ server: string; finish(): Promise<void> }> {
    const arrived = Promise.withResolvers<Held>();
    const answered = Promise.withResolvers<void>();
    this.held.set(id, arrived.resolve);
    const socket = await Bun.connect({
      unix: this.path("front"),
      socket: { data: () => answered.resolve(), close: () => answered.resolve() },
    });
    const headers = { ...request.headers, "x-id": id };
    socket.write(Buffer.from(requestText(backend, { ...request, headers }), "latin1"));
    const { server, answer } = await arrived.promise;
    return {
      server,
      async finish() {
        answer();
        await answered.promise;
        socket.terminate();
      },
    };
  }

  /** A command of the runtime API. */
  async admin(command: string): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<string>();
    let text = "";
    await Bun.connect({
      unix: this.path("admin"),
      socket: {
        open: (socket) => void socket.write(`${command}\n`),
        data: (_, chunk) => void (text += chunk.toString()),
        close: () => resolve(text),
      },
    });
    return promise;
  }

  async stop(): Promise<void> {
    this.process.kill("SIGKILL");
    await this.process.exited;
    this.upstream.stop(true);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Length of the first whole request of a text, 0 while it is incomplete. */
function requestEnd(text: string): number {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return 0;
  const length = Number(/\r\ncontent-length: (\d+)/i.exec(text.slice(0, end + 2))?.[1] ?? 0);
  return end + 4 + length <= text.length ? end + 4 + length : 0;
}

function requestText(backend: string, { address, uri = "/", headers = {}, body }: RequestSpec): string {
  const host = /^http:\/\/([^/]+)/.exec(uri)?.[1] ?? "example.com";
  let text = `${body === undefined ? "GET" : "POST"} ${uri} HTTP/1.1\r\nhost: ${host}\r\nx-be: ${backend}\r\n`;
  if (address !== undefined) text += `x-src: ${address}\r\n`;
  for (const [name, value] of Object.entries(headers)) text += `${name}: ${value}\r\n`;
  if (body !== undefined) text += `content-length: ${body.length}\r\n`;
  // HAProxy's use_domain_only looks at one byte behind the value: let that be a known one.
  return `${text}x-end: 1\r\n\r\n${body ?? ""}`;
}

function balanceText({ algorithm: a }: BackendSpec): string {
  switch (a.kind) {
    case "uri":
      return `uri${a.whole ? " whole" : ""}${a.len ? ` len ${a.len}` : ""}${a.depth ? ` depth ${a.depth}` : ""}${a.pathOnly ? " path-only" : ""}`;
    case "url_param":
      return `url_param ${a.name}${a.checkPost ? " check_post" : ""}`;
    case "hdr":
      return `hdr(${a.name})${a.useDomainOnly ? " use_domain_only" : ""}`;
    case "random":
      return `random(${a.draws})`;
    case "rdp-cookie":
      return `rdp-cookie(${a.name})`;
    case "hash":
      return `hash ${a.expression.text}`;
    default:
      return a.kind;
  }
}
