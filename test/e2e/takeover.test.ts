/** `haproxy -x SOCKET -sf PID`: the listening sockets go to a process that was started independently, and nobody notices. */
import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "../harness/client.ts";
import { freePort } from "../harness/ports.ts";
import { type Program, run, startProgram } from "../harness/program.ts";
import { ask, haproxyPath, type ProxyName } from "../harness/proxy.ts";
import { Scope } from "../harness/scope.ts";
import { eventually, startLoad, takesSigterm } from "./tools.ts";
import { haproxyRole, lives } from "./vtest/launch.ts";

interface Site {
  readonly dir: string;
  readonly port: number;
  readonly socket: string;
}

function site(scope: Scope): Site {
  const dir = scope.tempDir();
  return { dir, port: freePort(), socket: join(dir, "lb.sock") };
}

/** Each generation says in its answers which one it is. */
function configuration({ dir, port, socket }: Site, generation: number, threads: number): string {
  const file = join(dir, `${generation}.cfg`);
  writeFileSync(
    file,
    `global
    nbthread ${threads}
    stats socket ${socket} mode 600 level admin expose-fd listeners
defaults
    mode http
    timeout connect 2s
    timeout client 10s
    timeout server 10s
frontend fe
    bind 127.0.0.1:${port}
    bind 127.0.0.1:${port} name again
    bind abns@tlb-takeover-${port}
    bind ${dir}/fe.sock
    http-request return status 200 content-type text/plain string "generation ${generation}"
`,
  );
  return file;
}

async function answering(site: Site, pid: number): Promise<void> {
  await eventually(`process ${pid} answers on the runtime socket`, async () => {
    if (!existsSync(site.socket)) return false;
    const text = await ask(site.socket, "show info").catch(() => "");
    return text.includes(`\nPid: ${pid}\n`);
  });
}

async function get(scope: Scope, port: number): Promise<string> {
  const peer = await connect(scope, port);
  peer.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  const answer = await peer.response();
  peer.close();
  return answer.slice(answer.indexOf("\r\n\r\n") + 4);
}

async function start(
  scope: Scope,
  name: ProxyName,
  place: Site,
  generation: number,
  threads: number,
  ...more: string[]
) {
  const file = configuration(place, generation, threads);
  const program = startProgram(scope, [...haproxyRole(name), "-db", "-f", file, ...more]);
  await answering(place, program.pid);
  return program;
}

function takeOver(scope: Scope, name: ProxyName, place: Site, old: Program, generation: number, threads: number) {
  return start(scope, name, place, generation, threads, "-x", place.socket, "-sf", String(old.pid));
}

describe("under load", () => {
  const pairs: readonly (readonly [ProxyName, ProxyName, number, number])[] = [
    ["tlb", "tlb", 1, 2],
    ["haproxy", "tlb", 1, 2],
    ["tlb", "haproxy", 1, 1],
  ];
  test.each(pairs.filter((pair) => haproxyPath !== null || !pair.includes("haproxy")))(
    "from %s to %s, %d workers to %d",
    async (older, newer, before, after) => {
      await using scope = new Scope();
      const place = site(scope);
      const first = await start(scope, older, place, 1, before);
      const lasting = await connect(scope, place.port);
      lasting.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
      expect(await lasting.response()).toContain("generation 1");
      const load = startLoad(place.port, 16, false);
      const kept = startLoad(place.port, 8, true);
      await eventually("load", () => load.done > 200);
      const second = await takeOver(scope, newer, place, first, 2, after);
      await eventually("the first has ended", () => !first.running, 15_000);
      expect(await first.exited).toBe(0);
      const at = load.done;
      await eventually("more load", () => load.done > at + 200);
      expect(await get(scope, place.port)).toBe("generation 2");
      // Once more, as a second deployment does it.
      const third = await takeOver(scope, "tlb", place, second, 3, 1);
      await eventually("the second has ended", () => !second.running, 15_000);
      await eventually("more load", () => load.done > at + 500);
      expect(await get(scope, place.port)).toBe("generation 3");
      expect((await load.stop()).failed).toEqual([]);
      // HAProxy closes idle connections of clients when it ends, and may cross their next request.
      if (older === "tlb" && newer === "tlb") expect((await kept.stop()).failed).toEqual([]);
      else await kept.stop();
      expect(existsSync(place.socket)).toBe(true);
      const unix = await run(["curl", "-s", "--unix-socket", join(place.dir, "fe.sock"), "http://h/"]);
      expect(unix.stdout).toBe("generation 3");
      // HAProxy's abstract names fill the whole address.
      const abstract = `ABSTRACT-CONNECT:tlb-takeover-${place.port},unix-tightsocklen=0`;
      const { stdout } = await run(["socat", "-t5", "-", abstract], { stdin: "GET / HTTP/1.0\r\n\r\n" });
      expect(stdout).toContain("\r\n\r\ngeneration 3");
      expect(third.running).toBe(true);
    },
    60_000,
  );
});

/** Debian's init script, the commands of its functions; and its unit, whose file says `daemon`. */
describe.each(haproxyPath === null ? (["tlb"] as const) : (["haproxy", "tlb"] as const))("init scripts: %s", (name) => {
  const pidOf = (file: string): number => Number(readFileSync(file, "latin1").trim());

  test("-D -p, then -sf and -st with what is in the pid file", async () => {
    await using scope = new Scope();
    const place = site(scope);
    const pidFile = join(place.dir, "lb.pid");
    const script = (...args: string[]): Promise<{ code: number }> => run([...haproxyRole(name), ...args]);
    const file = configuration(place, 1, 1);
    const began = await script("-f", file, "-D", "-p", pidFile);
    expect(began.code).toBe(0);
    scope.defer(() => {
      if (existsSync(pidFile) && lives(pidOf(pidFile))) process.kill(pidOf(pidFile), "SIGTERM");
    });
    expect(await get(scope, place.port)).toBe("generation 1");
    for (const [generation, signal] of [
      [2, "-sf"],
      [3, "-st"],
      [4, "-sf"],
    ] as const) {
      const old = pidOf(pidFile);
      expect((await script("-c", "-q", "-f", configuration(place, generation, 1))).code).toBe(0);
      const next = join(place.dir, `${generation}.cfg`);
      expect((await script("-f", next, "-p", pidFile, "-x", place.socket, signal, String(old), "-D")).code).toBe(0);
      await eventually("the old process has ended", () => !lives(old));
      expect(lives(pidOf(pidFile))).toBe(true);
      expect(pidOf(pidFile)).not.toBe(old);
      expect(await get(scope, place.port)).toBe(`generation ${generation}`);
    }
    process.kill(pidOf(pidFile), "SIGTERM");
    await eventually("nobody listens", async () => {
      const peer = await connect(scope, place.port).catch(() => null);
      peer?.close();
      return peer === null;
    });
  }, 60_000);

  test("-Ws stays in the foreground, though the file says daemon", async () => {
    await using scope = new Scope();
    const place = site(scope);
    const file = configuration(place, 1, 1);
    writeFileSync(file, (await Bun.file(file).text()).replace("global\n", "global\n    daemon\n"));
    const pidFile = join(place.dir, "lb.pid");
    const program = startProgram(scope, [
      ...haproxyRole(name),
      "-Ws",
      "-f",
      file,
      "-p",
      pidFile,
      "-S",
      join(place.dir, "master.sock"),
    ]);
    await eventually("it serves", async () => (await get(scope, place.port).catch(() => "")) === "generation 1");
    await eventually("its number", () => existsSync(pidFile) && pidOf(pidFile) === program.pid);
    await Bun.sleep(300);
    expect(program.running).toBe(true);
    await eventually("it takes signals", () => takesSigterm(program.pid));
    program.signal("SIGTERM");
    expect(await program.exited).toBe(0);
  });
});

test("without expose-fd, and with nobody there", async () => {
  await using scope = new Scope();
  const place = site(scope);
  const file = configuration(place, 1, 1);
  writeFileSync(file, (await Bun.file(file).text()).replace(" expose-fd listeners", ""));
  const first = startProgram(scope, [...haproxyRole("tlb"), "-db", "-f", file]);
  await answering(place, first.pid);
  const refused = await run([...haproxyRole("tlb"), "-db", "-f", file, "-x", place.socket, "-sf", String(first.pid)]);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain("Failed to get the sockets from the old process: it hands no sockets over");
  const nobody = await run([...haproxyRole("tlb"), "-db", "-f", file, "-x", join(place.dir, "none")]);
  expect(nobody.code).toBe(1);
  expect(nobody.stderr).toContain("Failed to get the sockets from the old process: No such file or directory");
  expect(await get(scope, place.port)).toBe("generation 1");
  expect(first.running).toBe(true);
});
