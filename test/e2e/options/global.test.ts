/** Every keyword of `global` shows in the processes, in what they answer or in what they write, as it does with HAProxy. */
import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "../../harness/client.ts";
import { freePort } from "../../harness/ports.ts";
import { run, startProgram } from "../../harness/program.ts";
import { ask, tlbCommand } from "../../harness/proxy.ts";
import { Scope } from "../../harness/scope.ts";
import { ok, respond, startServer } from "../../harness/server.ts";
import { startSyslog } from "../../harness/syslog.ts";
import { becomes, eventually, info, startServing, workers } from "../tools.ts";
import { isRoot, programs, serving, status } from "./observe.ts";

const DEFAULTS = `
defaults
    mode http
    timeout connect 2s
    timeout client 20s
    timeout server 20s
`;

const GET = "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";

/** `keywords` in a global section, and a listener without servers. */
function config(keywords: string, port = freePort(), more = ""): string {
  return `global\n${keywords}\n${DEFAULTS}\nlisten web\n    bind 127.0.0.1:${port}\n${more}\n`;
}

async function infoText(socket: string, name: string): Promise<string> {
  return new RegExp(`^${name}: (.*)$`, "m").exec(await ask(socket, "show info"))?.[1] ?? "";
}

describe.each(programs)("%s", (name, start) => {
  test("node, description, maxconn, nbthread and ulimit-n are in show info", async () => {
    await using scope = new Scope();
    const proxy = await start(
      scope,
      config(
        "    node lb-1.example\n    description Front door  of 'the' house\n    maxconn 321\n    nbthread 2\n    ulimit-n 4000",
      ),
    );
    expect(await infoText(proxy.socket, "node")).toBe("lb-1.example");
    expect(await infoText(proxy.socket, "description")).toBe("Front door of the house");
    expect(await info(proxy, "Maxconn")).toBe(321);
    expect(await info(proxy, "Nbthread")).toBe(2);
    expect(await info(proxy, "Ulimit-n")).toBe(4000);
    if (name === "tlb") {
      expect(workers(proxy).length).toBe(2);
      for (const pid of workers(proxy)) {
        expect(readFileSync(`/proc/${pid}/limits`, "latin1")).toMatch(/^Max open files\s+4000\s/m);
      }
    } else expect(Number(status(proxy.program.pid, "Threads"))).toBe(2);
  });

  test.each(["fd-hard-limit 300", "ulimit-n 300"])("no strict-limits: %s is too low, and it starts", async (line) => {
    await using scope = new Scope();
    const port = freePort();
    const proxy = await start(scope, config(`    maxconn 1000\n    ${line}\n    no strict-limits`, port));
    expect(await info(proxy, "Maxconn")).toBe(1000);
    // HAProxy says nothing of the second.
    if (name === "tlb")
      expect(proxy.program.stderr()).toMatch(/FD limit to \d+|FD limit \(300\) too low for maxconn=1000/);
    const client = await connect(scope, port);
    client.send(GET);
    expect(await client.response()).toStartWith("HTTP/1.1 503 ");
  });

  test.skipIf(!isRoot)("user, group and chroot", async () => {
    await using scope = new Scope();
    const root = scope.tempDir();
    const proxy = await start(scope, config(`    user nobody\n    group daemon\n    chroot ${root}`));
    for (const pid of serving(proxy)) {
      expect(status(pid, "Uid").split("\t")).toEqual(Array(4).fill("65534"));
      expect(status(pid, "Gid").split("\t")).toEqual(Array(4).fill("1"));
      expect(status(pid, "Groups")).toBe("");
      expect(BigInt(`0x${status(pid, "CapEff")}`)).toBe(0n);
      expect(readlinkSync(`/proc/${pid}/root`)).toBe(root);
    }
  });

  test.skipIf(!isRoot)("uid and gid", async () => {
    await using scope = new Scope();
    const proxy = await start(scope, config("    uid 1234\n    gid 2345"));
    for (const pid of serving(proxy)) {
      expect([status(pid, "Uid").split("\t")[1], status(pid, "Gid").split("\t")[1]]).toEqual(["1234", "2345"]);
    }
  });

  test("log-tag and log-send-hostname", async () => {
    await using scope = new Scope();
    const syslog = await startSyslog(scope, freePort());
    const port = freePort();
    await start(
      scope,
      config(
        `    log ${syslog.address} local3\n    log-tag gate\n    log-send-hostname box.example`,
        port,
        "    log global\n    option httplog\n    log-tag own",
      ),
    );
    const other = freePort();
    const second = await startSyslog(scope, freePort());
    await start(scope, config(`    log ${second.address} local3 notice\n    log-tag gate`, other, "    log global"));
    for (const at of [port, other]) {
      const client = await connect(scope, at);
      client.send(GET);
      await client.response();
    }
    await eventually("the lines", () => syslog.lines.some((line) => line.includes(" 503 ")));
    const line = syslog.lines.find((one) => one.includes(" 503 "))!;
    // local3 = 19, info = 6.
    expect(line).toMatch(/^<158>\w{3} [ \d]\d \d\d:\d\d:\d\d box\.example own\[\d+\]: 127\.0\.0\.1:\d+ \[/);
    // The level keeps the line of the request out; without a host name there is no field for it.
    await Bun.sleep(50);
    expect(second.lines.filter((one) => one.includes("[") && / web /.test(one) && / 503 /.test(one))).toEqual([]);
  });

  test.skipIf(!isRoot)("stats socket: mode, user, group, and what each level may do", async () => {
    await using scope = new Scope();
    const dir = scope.tempDir();
    const at = (file: string): string => join(dir, file);
    const server = startServer(scope, respond(ok("hi")));
    await start(
      scope,
      config(
        `    stats socket ${at("user")} mode 606 level user user nobody group daemon
    stats socket ${at("operator")} mode 660 level operator uid 5 gid 6
    stats socket ${at("admin")} level admin mode 600
    stats socket ${at("default")}`,
        freePort(),
        `    server s1 127.0.0.1:${server.port}`,
      ),
    );
    const owner = (file: string): unknown => {
      const stat = statSync(at(file));
      return [(stat.mode & 0o777).toString(8), stat.uid, stat.gid];
    };
    expect(owner("user")).toEqual(["606", 65534, 1]);
    expect(owner("operator")).toEqual(["660", 5, 6]);
    expect(owner("admin")).toEqual(["600", 0, 0]);
    const answers: Record<string, string[]> = {};
    for (const level of ["user", "operator", "admin", "default"]) {
      answers[level] = [];
      for (const command of [
        "show stat",
        "show sess",
        "clear counters all",
        "disable server web/s1",
        "show cli level",
      ]) {
        const text = (await ask(at(level), command)).trim();
        answers[level].push(
          text.startsWith("Permission denied") ? "denied" : command === "show cli level" ? text : "done",
        );
      }
    }
    expect(answers).toEqual({
      user: ["done", "denied", "denied", "denied", "user"],
      operator: ["done", "done", "denied", "denied", "operator"],
      admin: ["done", "done", "done", "done", "admin"],
      default: ["done", "done", "denied", "denied", "operator"],
    });
  });

  test("stats timeout ends an idle runtime connection", async () => {
    await using scope = new Scope();
    const proxy = await start(scope, config("    stats timeout 400ms"));
    const client = await connect(scope, proxy.socket);
    const began = performance.now();
    await client.closed();
    expect(performance.now() - began).toBeGreaterThan(300);
    expect(performance.now() - began).toBeLessThan(2500);
  });

  test("tune.bufsize and tune.maxrewrite: what a head may take; tune.http.maxhdr: how many headers", async () => {
    await using scope = new Scope();
    const port = freePort();
    const server = startServer(scope, respond(ok("hi")));
    await start(
      scope,
      config(
        "    tune.bufsize 4096\n    tune.maxrewrite 1000\n    tune.http.maxhdr 12",
        port,
        `    server s1 127.0.0.1:${server.port}`,
      ),
    );
    const statusOf = async (head: string): Promise<string> => {
      const client = await connect(scope, port);
      client.send(head);
      return (await client.response()).split(" ")[1]!;
    };
    const sized = (size: number): string => {
      const [before, after] = ["GET / HTTP/1.1\r\nHost: h\r\nX: ", "\r\n\r\n"];
      return before + "x".repeat(size - before.length - after.length) + after;
    };
    // HAProxy keeps headers in blocks of its own, so the exact limit depends on their number: a margin of 200 bytes.
    expect(await statusOf(sized(2800))).toBe("200");
    expect(await statusOf(sized(3300))).toBe("400");
    const many = (count: number): string =>
      `GET / HTTP/1.1\r\nHost: h\r\n${Array.from({ length: count - 1 }, (_, i) => `X${i}: y\r\n`).join("")}\r\n`;
    expect(await statusOf(many(11))).toBe("200");
    expect(await statusOf(many(13))).toBe("400");
  });

  test("setenv, presetenv and unsetenv act on the lines that follow", async () => {
    await using scope = new Scope();
    const port = freePort();
    const proxy = await start(
      scope,
      config(
        `    setenv TLB_OPT_PORT ${port}
    presetenv TLB_OPT_PORT 1
    presetenv TLB_OPT_NODE preset
    setenv TLB_OPT_GONE here
    unsetenv TLB_OPT_GONE
    node "\${TLB_OPT_NODE}"
    description "<\${TLB_OPT_GONE}>"`,
        port,
      ).replace(`127.0.0.1:${port}`, '"127.0.0.1:${TLB_OPT_PORT}"'),
    );
    expect(await infoText(proxy.socket, "node")).toBe("preset");
    expect(await infoText(proxy.socket, "description")).toBe("<>");
    await connect(scope, port);
  });

  test("spread-checks: intervals differ, on average they stay", async () => {
    await using scope = new Scope();
    const gaps = async (spread: number): Promise<number[]> => {
      const times: number[] = [];
      const server = startServer(scope, async (peer) => {
        await peer.until("\r\n\r\n");
        times.push(performance.now());
        peer.send(ok("hi", "Connection: close"));
        peer.close();
      });
      await start(
        scope,
        config(
          `    nbthread 1\n    spread-checks ${spread}`,
          freePort(),
          `    option httpchk\n    server s1 127.0.0.1:${server.port} check inter 120ms`,
        ),
      );
      await eventually("enough checks", () => times.length >= 16);
      return times
        .slice(1)
        .map((time, i) => time - times[i]!)
        .slice(1);
    };
    const [steady, spread] = await Promise.all([gaps(0), gaps(50)]);
    const width = (list: number[]): number => {
      const sorted = list.toSorted((a, b) => a - b);
      return sorted.at(-3)! - sorted.at(2)!;
    };
    // Evenly spread over 60 to 180 ms: without the two outermost of each side at least 25 ms are left.
    expect(width(spread)).toBeGreaterThan(25);
    expect(width(spread)).toBeGreaterThan(width(steady));
    const mean = spread.reduce((sum, gap) => sum + gap, 0) / spread.length;
    expect(mean).toBeGreaterThan(85);
    expect(mean).toBeLessThan(200);
  }, 60_000);
});

const cpus = status(process.pid, "Cpus_allowed_list");

test.skipIf(!/^0-[1-9]/.test(cpus))("cpu-map binds each worker to its CPUs", async () => {
  await using scope = new Scope();
  const affinity = async (map: string, threads: number): Promise<string[]> => {
    const proxy = await startServing(scope, config(`    nbthread ${threads}\n${map}`));
    return serving(proxy).map((pid) => status(pid, "Cpus_allowed_list"));
  };
  const [each, all, part] = await Promise.all([
    affinity("    cpu-map auto:1/1-2 0 1", 2),
    affinity("    cpu-map 1/all 1", 2),
    affinity("    cpu-map 1/2 1", 2),
  ]);
  expect(each.toSorted()).toEqual(["0", "1"]);
  expect(all).toEqual(["1", "1"]);
  expect(part.toSorted()).toEqual([cpus, "1"].toSorted());
});

test("daemon and pidfile: the call returns when the port is served; the number in the file ends it", async () => {
  await using scope = new Scope();
  const dir = scope.tempDir();
  const port = freePort();
  const pidfile = join(dir, "lb.pid");
  const file = join(dir, "lb.cfg");
  writeFileSync(file, config(`    daemon\n    pidfile ${pidfile}`, port));
  const { code } = await run([...tlbCommand(), "serve", "-f", file]);
  expect(code).toBe(0);
  const pid = Number(readFileSync(pidfile, "latin1"));
  const end = (): void => {
    try {
      process.kill(pid, "SIGTERM");
    } catch {
      // It is gone.
    }
  };
  scope.defer(end);
  const forget = scope.atExit(end);
  const client = await connect(scope, port);
  client.send(GET);
  expect(await client.response()).toStartWith("HTTP/1.1 503 ");
  // A session of its own, and nothing of the caller's terminal.
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ").at(-1)!.split(" ");
  expect(Number(fields[3])).toBe(pid);
  for (const fd of [0, 1, 2]) expect(readlinkSync(`/proc/${pid}/fd/${fd}`)).toBe("/dev/null");
  end();
  await eventually("it ends", () => !existsSync(`/proc/${pid}`) || status(pid, "State").startsWith("Z"));
  forget();
  expect(existsSync(pidfile)).toBe(false);
  await expect(connect(scope, port)).rejects.toThrow();
});

test.skipIf(!isRoot)("a port below 1024 is bound before root is given up, and a new worker still has it", async () => {
  await using scope = new Scope();
  const port = privilegedPort();
  const proxy = await startServing(scope, config("    user nobody\n    nbthread 1", port));
  const [first] = workers(proxy) as [number];
  expect(status(first, "Uid").split("\t")[1]).toBe("65534");
  process.kill(first, "SIGKILL");
  await eventually("another worker", () => workers(proxy).some((pid) => pid !== first));
  await becomes(() => status(workers(proxy)[0] ?? process.pid, "Uid").split("\t")[1], "65534");
  const client = await connect(scope, port);
  client.send(GET);
  expect(await client.response()).toStartWith("HTTP/1.1 503 ");
});

/** A free one below 1024, away from those with a service. */
function privilegedPort(): number {
  for (let port = 1020; port > 700; port--) {
    try {
      Bun.listen({ hostname: "127.0.0.1", port, socket: { data() {} } }).stop(true);
      return port;
    } catch {
      // Somebody listens there.
    }
  }
  throw new Error("no free port below 1024");
}

test("hard-stop-after ends a drain that a client holds up", async () => {
  await using scope = new Scope();
  const port = freePort();
  const server = startServer(scope, async (peer) => {
    await peer.until("\n", 30_000);
  });
  const file = join(scope.tempDir(), "lb.cfg");
  writeFileSync(
    file,
    config("    hard-stop-after 700ms", port, `    mode tcp\n    server s1 127.0.0.1:${server.port}`),
  );
  const program = startProgram(scope, [...tlbCommand(), "serve", "-f", file]);
  await eventually("it serves", async () => {
    const client = await connect(scope, port).catch(() => null);
    return client !== null;
  });
  await eventually("a connection is open", () => server.peers.length > 0);
  const began = performance.now();
  program.signal("SIGUSR1");
  expect(await program.exited).toBe(0);
  expect(performance.now() - began).toBeGreaterThan(600);
  expect(performance.now() - began).toBeLessThan(4000);
});
