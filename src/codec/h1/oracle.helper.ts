/**
 * The differential oracle: a real HAProxy between a raw client and a raw recording server.
 *
 * Test helper only. One HAProxy process serves four listeners (strict and relaxed, for requests and for responses); each
 * probe is one fresh client connection and, because of `http-reuse never`, one fresh server connection.
 */
import { mkdtempSync, rmSync, writeFileSync, existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const HAPROXY = "/usr/sbin/haproxy";
export const haveHaproxy: boolean = existsSync(HAPROXY);

export interface Observation {
  /** What the client got back, latin1; "" when nothing came before the probe's time limit. */
  readonly client: string;
  /** What arrived at the server, latin1; "" when HAProxy forwarded nothing. */
  readonly server: string;
  /** Whether HAProxy closed the client's connection. */
  readonly closed: boolean;
}

interface Recorder {
  received: Buffer[];
  last: number;
  reply: Buffer | undefined;
  replyClose: boolean;
}

function freePort(): number {
  const probe = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const port = probe.port;
  probe.stop(true);
  return port;
}

/** One HAProxy and its recording server. `stop()` must be called, also after a failure. */
export class Oracle {
  #dir: string;
  #process: Bun.Subprocess;
  #server: Bun.TCPSocketListener<undefined>;
  #state: Recorder;
  readonly strict: number;
  readonly relaxed: number;

  private constructor(
    dir: string,
    child: Bun.Subprocess,
    server: Bun.TCPSocketListener<undefined>,
    state: Recorder,
    strict: number,
    relaxed: number,
  ) {
    this.#dir = dir;
    this.#process = child;
    this.#server = server;
    this.#state = state;
    this.strict = strict;
    this.relaxed = relaxed;
  }

  static async start(extra = ""): Promise<Oracle> {
    const state: Recorder = { received: [], last: 0, reply: undefined, replyClose: false };
    const server = Bun.listen<undefined>({
      hostname: "127.0.0.1",
      port: 0,
      allowHalfOpen: true,
      socket: {
        data(socket, chunk) {
          state.received.push(Buffer.from(chunk));
          state.last = performance.now();
          const reply = state.reply;
          if (reply === undefined || !Buffer.concat(state.received).includes("\r\n\r\n")) return;
          state.reply = undefined;
          socket.write(reply, 0, reply.length);
          if (state.replyClose) socket.shutdown();
        },
        end(socket) {
          socket.end();
        },
      },
    });
    const strict = freePort();
    const relaxed = freePort();
    const dir = mkdtempSync(join(tmpdir(), "h1-oracle-"));
    const file = join(dir, "haproxy.cfg");
    const mode = (name: string, port: number, options: string): string =>
      `frontend f_${name}\n  bind 127.0.0.1:${port}\n${options === "" ? "" : `  option accept-invalid-http-request\n`}  default_backend b_${name}\n` +
      `backend b_${name}\n${options === "" ? "" : `  option accept-invalid-http-response\n`}  server s 127.0.0.1:${server.port}\n`;
    writeFileSync(
      file,
      `global\n  nbthread 1\n${extra}\ndefaults\n  mode http\n  http-reuse never\n  retries 0\n  timeout connect 1s\n  timeout client 2s\n  timeout server 2s\n` +
        mode("strict", strict, "") +
        mode("relaxed", relaxed, "relaxed"),
    );
    const child = Bun.spawn([HAPROXY, "-db", "-q", "-f", file], {
      stdout: "ignore",
      stderr: "ignore",
      env: {},
    });
    for (let i = 0; i < 100; i++) {
      try {
        const s = await Bun.connect({ hostname: "127.0.0.1", port: strict, socket: { data() {} } });
        s.terminate();
        break;
      } catch {
        await Bun.sleep(10);
      }
    }
    return new Oracle(dir, child, server, state, strict, relaxed);
  }

  async #exchange(port: number, bytes: Buffer, limit: number): Promise<Observation> {
    const got: Buffer[] = [];
    let closed = false;
    let last = performance.now();
    this.#state.received = [];
    this.#state.last = last;
    const socket = await Bun.connect({
      hostname: "127.0.0.1",
      port,
      allowHalfOpen: true,
      socket: {
        data(_s, chunk) {
          got.push(Buffer.from(chunk));
          last = performance.now();
        },
        end(s) {
          closed = true;
          s.end();
        },
        close() {
          closed = true;
        },
        error() {
          closed = true;
        },
      },
    });
    socket.write(bytes, 0, bytes.length);
    const started = performance.now();
    // Settled when HAProxy closed, or when the client was answered and both sides have been quiet for a while.
    while (!closed && performance.now() - started < limit) {
      await Bun.sleep(4);
      const quiet = performance.now() - Math.max(last, this.#state.last);
      if (got.length > 0 && quiet > 25) break;
    }
    const seen = { client: Buffer.concat(got).toString("latin1"), closed };
    socket.terminate();
    await Bun.sleep(4);
    return { ...seen, server: Buffer.concat(this.#state.received).toString("latin1") };
  }

  /** Sends `bytes` (latin1) as a client; the server answers 200 once it has a complete head. */
  async request(bytes: string, relaxed = false, limit = 150): Promise<Observation> {
    this.#state.reply = Buffer.from("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", "latin1");
    this.#state.replyClose = false;
    return this.#exchange(relaxed ? this.relaxed : this.strict, Buffer.from(bytes, "latin1"), limit);
  }

  /** Sends a plain request (or `request`); the server answers with `bytes` (latin1), then shuts its side down. */
  async response(
    bytes: string,
    relaxed = false,
    request = "GET / HTTP/1.1\r\nhost: a\r\n\r\n",
    limit = 250,
  ): Promise<Observation> {
    this.#state.reply = Buffer.from(bytes, "latin1");
    this.#state.replyClose = true;
    return this.#exchange(relaxed ? this.relaxed : this.strict, Buffer.from(request, "latin1"), limit);
  }

  async stop(): Promise<void> {
    this.#server.stop(true);
    this.#process.kill("SIGKILL");
    await this.#process.exited;
    rmSync(this.#dir, { recursive: true, force: true });
  }
}
