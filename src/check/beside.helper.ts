/** One check by HAProxy and by this checker, beside each other. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LEVELS } from "../log/record.ts";
import { checkBench, fakeServer, type FakeServer, masked, type Rows, type Script, until } from "./fixture.helper.ts";

export const haproxy = Bun.which("haproxy", { PATH: `${process.env["PATH"] ?? ""}:/usr/sbin` });

export interface Case {
  readonly name: string;
  /** Lines of the backend; `{s1}` and `{s2}` stand for the addresses of the servers. */
  readonly backend: string;
  readonly script?: Script | null;
  /** The servers speak TLS. */
  readonly tls?: Bun.TLSOptions;
  /** What they say first. */
  readonly greeting?: string;
  readonly defaults?: string;
  readonly global?: string;
  /** What is done with the servers once this many lines were logged. */
  readonly then?: readonly (readonly [lines: number, act: (s1: FakeServer, s2: FakeServer) => void])[];
  readonly before?: (s1: FakeServer, s2: FakeServer) => void;
  /** Connections to compare. Default 2. */
  readonly connections?: number;
  /** Lines to compare; 0 = none is logged, the checks pass in silence. */
  readonly lines: number;
}

const timeouts = "timeout connect 1s\n timeout client 1s\n timeout server 1s";

function configuration(c: Case, s1: FakeServer, s2: FakeServer): string {
  const backend = c.backend
    .replaceAll("{port}", String(s1.port))
    .replaceAll("{s1}", `127.0.0.1:${s1.port}`)
    .replaceAll("{s2}", `127.0.0.1:${s2.port}`);
  return `defaults\n mode http\n ${timeouts}\n ${c.defaults ?? ""}\n${backend}\n`;
}

const level = (priority: number): string => Object.keys(LEVELS)[priority & 7]!;

async function drive(c: Case, s1: FakeServer, s2: FakeServer, lines: readonly string[]): Promise<void> {
  for (const [count, act] of c.then ?? []) {
    await until(() => lines.length >= count);
    act(s1, s2);
  }
  if (c.lines > 0) await until(() => lines.length >= c.lines);
  else await until(() => s1.received.length >= 3);
  await Bun.sleep(20);
}

export interface Outcome {
  readonly lines: readonly string[];
  readonly received: readonly string[];
}

function outcome(c: Case, lines: readonly string[], s1: FakeServer): Outcome {
  const mask = (text: string): string =>
    text
      .replaceAll(String(s1.port), "PORT")
      .replace(/ \d+ PORT\r\n/, " SOURCE PORT\r\n")
      .replace(/^(\x16\x03\0.{8})..../s, "$1TIME")
      .replace(/(QUIT\n!.{11})..../s, "$1PORT");
  return {
    lines: lines.slice(0, c.lines).map((line) => masked(line).replaceAll(String(s1.port), "PORT")),
    received: s1.received.slice(0, c.connections ?? 2).map(mask),
  };
}

export async function withHaproxy(c: Case): Promise<Outcome> {
  using s1 = fakeServer(c.script ?? null, c.tls ?? null, c.greeting ?? "");
  using s2 = fakeServer(c.script ?? null, c.tls ?? null, c.greeting ?? "");
  const lines: string[] = [];
  const syslog = await Bun.udpSocket({
    hostname: "127.0.0.1",
    socket: {
      data(_, datagram) {
        const [, priority, text] = /^<(\d+)>(.*)/s.exec(datagram.toString("latin1"))!;
        if (!/^Proxy .* (started|stopped)/.test(text!)) lines.push(`${level(Number(priority))}: ${text!.trimEnd()}`);
      },
    },
  });
  const folder = mkdtempSync(join(tmpdir(), "tlb-check-"));
  const path = join(folder, `${syslog.port}.cfg`);
  const global = `global\n ${c.global ?? ""}\n nbthread 1\n node n1\n log 127.0.0.1:${syslog.port} format priority local0\n`;
  const text = configuration(c, s1, s2).replace("mode http", "mode http\n log global");
  // Without a frontend it would refuse to start.
  writeFileSync(path, `${global}${text}frontend unused\n bind ${path}.sock\n default_backend be\n`);
  c.before?.(s1, s2);
  const child = Bun.spawn([haproxy!, "-db", "-f", path], { stdout: "ignore", stderr: "pipe" });
  try {
    await drive(c, s1, s2, lines);
  } catch (error) {
    child.kill();
    throw new Error(`haproxy: ${String(error)}\n${lines.join("\n")}\n${await new Response(child.stderr).text()}`);
  } finally {
    child.kill();
    await child.exited;
    syslog.close();
    rmSync(folder, { recursive: true, force: true });
  }
  return outcome(c, lines, s1);
}

export async function withOurs(rows: Rows, c: Case): Promise<Outcome> {
  using s1 = fakeServer(c.script ?? null, c.tls ?? null, c.greeting ?? "");
  using s2 = fakeServer(c.script ?? null, c.tls ?? null, c.greeting ?? "");
  c.before?.(s1, s2);
  using bench = checkBench(rows, `global\n ${c.global ?? ""}\n node n1\n${configuration(c, s1, s2)}`);
  await drive(c, s1, s2, bench.events);
  return outcome(c, bench.events, s1);
}

export const fast = "check inter 60ms";
export const one = (rules: string, server = fast): string => `backend be\n ${rules}\n server s1 {s1} ${server}`;
export const checked = "option log-health-checks";
