/** A real HAProxy that evaluates expressions on requests and responses, for the differential tests. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const HAPROXY = "/usr/sbin/haproxy";
export const haveHaproxy: boolean = existsSync(HAPROXY);

/** What HAProxy's default of var() stands for: no sample. */
const NONE = "!!";

export interface OracleOptions {
  /** Expressions to evaluate, in order. */
  readonly expressions: readonly string[];
  /** Rules before the evaluation. */
  readonly rules?: readonly string[];
  /** Evaluate when the response comes instead. */
  readonly onResponse?: boolean;
  /** Lines of other sections. */
  readonly sections?: string;
}

function freePort(): number {
  const probe = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const { port } = probe;
  probe.stop(true);
  return port;
}

/** One HAProxy and the server behind it. `stop()` must be called, also after a failure. */
export class ExpressionOracle {
  reply = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
  readonly port: number = freePort();
  private readonly dir = mkdtempSync(join(tmpdir(), "tlb-expr-"));
  private readonly server: Bun.TCPSocketListener<undefined>;
  private readonly child: Bun.Subprocess<"ignore", "ignore", "pipe">;

  constructor(private readonly options: OracleOptions) {
    const oracle = this;
    this.server = Bun.listen({
      hostname: "127.0.0.1",
      port: 0,
      socket: {
        data(socket) {
          const bytes = Buffer.from(oracle.reply, "latin1");
          socket.write(bytes, 0, bytes.length);
          socket.shutdown();
        },
      },
    });
    const file = join(this.dir, "oracle.cfg");
    writeFileSync(file, this.config(), "latin1");
    this.child = Bun.spawn([HAPROXY, "-db", "-f", file], {
      stdin: "ignore",
      stdout: "ignore",
      stderr: "pipe",
      env: { ...process.env, TLB_TEST: "some value" },
    });
  }

  private config(): string {
    const { expressions, rules = [], onResponse = false, sections = "" } = this.options;
    const verb = onResponse ? "http-response" : "http-request";
    const sets = expressions.map((text, i) => `  ${verb} set-var(txn.v${i}) '${text.replaceAll("'", "'\\''")}'`);
    const show = expressions.map((_, i) => `%[var(txn.v${i},${NONE}),concat(.),hex]`).join("|");
    return [
      "global",
      "  tune.bufsize 262144",
      "defaults",
      "  mode http",
      "  option http-buffer-request",
      "  timeout client 5s",
      "  timeout server 5s",
      "  timeout connect 5s",
      "frontend f",
      `  bind 127.0.0.1:${this.port} name sock`,
      ...rules.map((rule) => `  ${rule}`),
      ...(onResponse ? [] : sets),
      ...(onResponse ? [] : [`  http-request return status 200 content-type text/plain lf-string "${show}"`]),
      "  default_backend b",
      "backend b",
      ...(onResponse ? sets : []),
      ...(onResponse ? [`  http-response return status 200 content-type text/plain lf-string "${show}"`] : []),
      `  server s1 127.0.0.1:${this.server.port}`,
      sections,
      "",
    ].join("\n");
  }

  /** Values of the expressions as text; null = no sample. */
  async evaluate(request: string): Promise<(string | null)[]> {
    const answer = await this.exchange(request);
    const end = answer.indexOf("\r\n\r\n");
    if (!answer.startsWith("HTTP/1.1 200") || end < 0) throw new Error(`HAProxy answered: ${answer.slice(0, 200)}`);
    return answer
      .slice(end + 4)
      .split("|")
      .map((hex) => Buffer.from(hex, "hex").toString("latin1"))
      .map((text) => (text === `${NONE}.` ? null : text.slice(0, -1)));
  }

  private async exchange(request: string): Promise<string> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.once(request);
      } catch (error) {
        if (attempt === 50) throw new Error(`${error}: ${await this.stderr()}`);
        await Bun.sleep(50);
      }
    }
  }

  private once(request: string): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    let answer = "";
    const timer = setTimeout(() => reject(new Error("no answer")), 6000);
    const bytes = Buffer.from(request, "latin1");
    let sent = 0;
    Bun.connect({
      hostname: "127.0.0.1",
      port: this.port,
      socket: {
        open(socket) {
          sent = Math.max(0, socket.write(bytes, 0, bytes.length));
        },
        drain(socket) {
          if (sent < bytes.length) sent += Math.max(0, socket.write(bytes, sent, bytes.length - sent));
        },
        data(socket, chunk) {
          answer += chunk.toString("latin1");
          const end = answer.indexOf("\r\n\r\n");
          const length = /content-length: (\d+)/i.exec(answer);
          if (end >= 0 && length !== null && answer.length >= end + 4 + Number(length[1])) socket.end();
        },
        close() {
          clearTimeout(timer);
          resolve(answer);
        },
        connectError(_, error) {
          clearTimeout(timer);
          reject(error);
        },
      },
    }).catch(reject);
    return promise;
  }

  private async stderr(): Promise<string> {
    this.child.kill();
    return new Response(this.child.stderr).text();
  }

  async stop(): Promise<void> {
    this.child.kill("SIGKILL");
    await this.child.exited;
    this.server.stop(true);
    rmSync(this.dir, { recursive: true, force: true });
  }
}
