/** What end-to-end tests look at: statistics, processes, and load with a count of what failed. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "bun:test";
import { messageEnd, type Peer } from "../harness/peer.ts";
import { type ProgramOptions, programs, run, which } from "../harness/program.ts";
import { type Proxy, startTlb, tlbCommand } from "../harness/proxy.ts";
import type { Scope } from "../harness/scope.ts";
import { startServer } from "../harness/server.ts";

export type Row = Readonly<Record<string, string>>;

/** Rows of `show stat` by "proxy/server" ("web/FRONTEND", "web/BACKEND", "web/s1"). */
export async function stats(proxy: Proxy): Promise<Map<string, Row>> {
  const [head = "", ...lines] = (await proxy.runtime("show stat")).trim().split("\n");
  const columns = head.replace(/^# /, "").split(",");
  const rows = new Map<string, Row>();
  for (const line of lines) {
    const cells = line.split(",");
    rows.set(`${cells[0]}/${cells[1]}`, Object.fromEntries(columns.map((name, index) => [name, cells[index] ?? ""])));
  }
  return rows;
}

/** Starts tlb and waits until all its workers serve: the runtime API answers after they do, though its socket is there before. */
export async function startServing(scope: Scope, config: string, options?: ProgramOptions): Promise<Proxy> {
  const proxy = await startTlb(scope, config, options);
  await info(proxy, "Pid");
  return proxy;
}

/** One number of `show stat`. */
export async function stat(proxy: Proxy, row: string, column: string): Promise<number> {
  return Number(await field(proxy, row, column));
}

/** One cell of `show stat`. */
export async function field(proxy: Proxy, row: string, column: string): Promise<string> {
  const value = (await stats(proxy)).get(row)?.[column];
  if (value === undefined) throw new Error(`show stat has no ${row} ${column}`);
  return value;
}

/** One number of `show info`. */
export async function info(proxy: Proxy, name: string): Promise<number> {
  const match = new RegExp(`^${name}: (.*)$`, "m").exec(await proxy.runtime("show info"));
  if (match === null) throw new Error(`show info has no ${name}`);
  return Number(match[1]);
}

/** Polls until `holds` is true. */
export async function eventually(what: string, holds: () => boolean | Promise<boolean>, ms = 20_000): Promise<void> {
  const deadline = Date.now() + ms;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`never: ${what}${programs()}`);
    await Bun.sleep(25);
  }
}

/** Polls until `read` returns what is expected; a mismatch is shown as a difference. */
export async function becomes<T>(read: () => T | Promise<T>, expected: T, ms = 20_000): Promise<void> {
  const deadline = Date.now() + ms;
  while (true) {
    const value = await read();
    if (Bun.deepEquals(value, expected)) return;
    if (Date.now() > deadline) {
      console.error(programs());
      return expect<unknown>(value).toEqual(expected);
    }
    await Bun.sleep(25);
  }
}

/** What still counts as current: gauges of proxies and servers, queues, connections. Empty when the proxy is at rest. */
export async function busy(proxy: Proxy): Promise<string[]> {
  const found: string[] = [];
  for (const [name, row] of await stats(proxy)) {
    for (const column of ["qcur", "scur", "used_conn_cur"]) {
      if (Number(row[column] ?? 0) !== 0) found.push(`${name} ${column} ${row[column]}`);
    }
  }
  const connections = await info(proxy, "CurrConns");
  if (connections !== 0) found.push(`CurrConns ${connections}`);
  return found;
}

/** Process ids of the workers, sorted: the children of the supervisor, whichever of its threads started them. */
export function workers(proxy: Proxy): number[] {
  const parent = String(proxy.program.pid);
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const after = readFileSync(`/proc/${name}/stat`, "latin1").split(") ").at(-1)!.split(" ");
        return after[1] === parent && after[0] !== "Z" ? [Number(name)] : [];
      } catch {
        return [];
      }
    })
    .sort((a, b) => a - b);
}

/** Whether a process has a handler for SIGTERM: HAProxy's master serves, by its worker, for a moment before it has. */
export function takesSigterm(pid: number): boolean {
  const caught = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1] ?? "0";
  return (BigInt(`0x${caught}`) & (1n << 14n)) !== 0n;
}

/** Open descriptors of a process. */
export function descriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** Resident memory in KiB; 0 when the process is gone. */
export function residentKiB(pid: number): number {
  try {
    return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

export interface WrkResult {
  readonly requests: number;
  /** Answers that are neither 2xx nor 3xx. */
  readonly bad: number;
  /** Connect, read, write errors and timeouts. */
  readonly errors: number;
  readonly output: string;
}

/** Runs wrk to its end. Its own timeout is long, so that slow machines make no errors. */
export async function wrk(url: string, seconds: number, ...options: string[]): Promise<WrkResult> {
  const { stdout, stderr } = await run(["wrk", "-t1", "-c32", `-d${seconds}s`, "--timeout", "15s", ...options, url]);
  const requests = /(\d+) requests in/.exec(stdout);
  if (requests === null) throw new Error(`wrk said: ${stdout}${stderr}`);
  const errors = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(stdout);
  return {
    requests: Number(requests[1]),
    bad: Number(/Non-2xx or 3xx responses: (\d+)/.exec(stdout)?.[1] ?? 0),
    errors: errors === null ? 0 : errors.slice(1).reduce((sum, text) => sum + Number(text), 0),
    output: stdout,
  };
}

export interface Load {
  readonly done: number;
  readonly failed: readonly string[];
  /** Ends the load after the requests under way. */
  stop(): Promise<{ readonly done: number; readonly failed: readonly string[] }>;
}

/**
 * HTTP requests by raw sockets, `lanes` at a time, until stopped. `keepAlive`: each lane stays on its connection. A request counts as failed when its
 * connection is refused or cut before the whole answer, and when the answer is not 200.
 */
export function startLoad(port: number, lanes: number, keepAlive: boolean): Load {
  const request = Buffer.from(`GET / HTTP/1.1\r\nHost: h\r\n${keepAlive ? "" : "Connection: close\r\n"}\r\n`);
  const failed: string[] = [];
  let going = true;
  let done = 0;
  let open = lanes;
  const { promise: over, resolve: finish } = Promise.withResolvers<void>();
  interface Lane {
    text: string;
    waiting: boolean;
  }
  const leave = (): void => {
    if (--open === 0) finish();
  };
  const begin = (): void => {
    if (!going) return leave();
    Bun.connect<Lane>({ hostname: "127.0.0.1", port, data: { text: "", waiting: false }, socket: handlers }).catch(
      (error: unknown) => {
        failed.push(`connect: ${String(error)}`);
        setTimeout(begin, 20);
      },
    );
  };
  const handlers = {
    open(socket: import("bun").Socket<Lane>): void {
      socket.data.waiting = true;
      socket.write(request);
    },
    data(socket: import("bun").Socket<Lane>, chunk: Buffer): void {
      const lane = socket.data;
      lane.text += chunk.toString("latin1");
      if (messageEnd(lane.text, false) < 0) return;
      if (lane.text.startsWith("HTTP/1.1 200 ")) done++;
      else failed.push(lane.text.slice(0, 40));
      const closes = !keepAlive || /\r\nconnection: close\r\n/i.test(lane.text);
      lane.text = "";
      lane.waiting = false;
      if (closes || !going) {
        socket.end();
        return;
      }
      lane.waiting = true;
      socket.write(request);
    },
    close(socket: import("bun").Socket<Lane>, error?: Error): void {
      const { waiting, text } = socket.data;
      if (waiting) failed.push(`cut after ${JSON.stringify(text.slice(0, 40))} ${error?.message ?? ""}`);
      begin();
    },
    error(): void {},
  };
  for (let i = 0; i < lanes; i++) begin();
  return {
    get done() {
      return done;
    },
    failed,
    async stop() {
      going = false;
      await over;
      return { done, failed };
    },
  };
}

/** A server that upgrades every connection and echoes. Returns its port. */
export function startUpgradeServer(scope: Scope): number {
  return startServer(scope, async (peer) => {
    await peer.request(600_000);
    peer.send(
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
    );
    while (true) peer.send(await peer.bytes(1, 600_000));
  }).port;
}

/** Turns a connection into a tunnel to a `startUpgradeServer`. */
export async function upgrade(peer: Peer): Promise<void> {
  peer.send(
    "GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
  );
  const head = await peer.until("\r\n\r\n");
  if (!head.startsWith("HTTP/1.1 101 ")) throw new Error(`no upgrade: ${head}`);
}

/** One byte through a tunnel and back. */
export async function echo(peer: Peer, letter: string): Promise<void> {
  peer.send(letter);
  const got = await peer.bytes(1);
  if (got !== letter) throw new Error(`sent ${letter}, got ${got}`);
}

/** Whether all programs are installed; scripts/packages installs them. */
export function installed(...names: string[]): boolean {
  return names.every((name) => which(name) !== null);
}

/** Throws unless the configuration is loaded again. */
export async function reload(proxy: Proxy): Promise<void> {
  const answer = await proxy.runtime("reload");
  if (!answer.startsWith("ok")) throw new Error(`reload: ${answer}`);
}

export const sha = (data: Uint8Array): string => createHash("sha256").update(data).digest("hex");

/** The beginning of a configuration under which nothing ends for a while. */
export const PATIENT = `
defaults
    mode http
    timeout connect 2s
    timeout client 20s
    timeout server 20s
    timeout tunnel 60s
    timeout http-keep-alive 20s
`;

/** Runs the program with these arguments, without colours. */
export function cli(...args: string[]): ReturnType<typeof run> {
  return run([...tlbCommand(), ...args], { env: { NO_COLOR: "1" } });
}

/** A certificate nobody vouches for, with its key in one file; its path. Needs openssl. */
export async function selfSigned(dir: string): Promise<string> {
  const [key, cert, both] = ["key.pem", "cert.pem", "both.pem"].map((name) => join(dir, name)) as [
    string,
    string,
    string,
  ];
  const words = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 90 -subj /CN=x".split(" ");
  await run([...words, "-keyout", key, "-out", cert]);
  await Bun.write(both, readFileSync(cert, "utf8") + readFileSync(key, "utf8"));
  return both;
}
