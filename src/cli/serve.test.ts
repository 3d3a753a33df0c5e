import { afterEach, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { selfCommand } from "../util/self.ts";
import { waitForAnswer } from "./demo/load.ts";
import { type DemoServer, freePort, startHttpServer } from "./demo/servers.ts";

const closers: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

interface Setup {
  readonly dir: string;
  readonly file: string;
  readonly url: string;
  readonly servers: readonly DemoServer[];
}

function setup(extra = ""): Setup {
  const dir = mkdtempSync(join(tmpdir(), "tlb-serve-"));
  closers.push(() => rmSync(dir, { recursive: true, force: true }));
  const servers = ["a", "b"].map(startHttpServer);
  closers.push(() => servers.forEach((server) => server.kill()));
  const port = freePort();
  const file = join(dir, "lb.cfg");
  writeFileSync(
    file,
    `global
  stats socket ${join(dir, "s.sock")} mode 600 level admin
  nbthread 1
${extra}
defaults
  mode http
  timeout connect 1s
  timeout client 5s
  timeout server 5s
listen web
  bind 127.0.0.1:${port}
${servers.map((server) => `  server ${server.name} 127.0.0.1:${server.port} weight 10`).join("\n")}
`,
  );
  return { dir, file, url: `http://127.0.0.1:${port}/`, servers };
}

function run(...args: string[]): { code: number; stdout: string; stderr: string } {
  const { exitCode, stdout, stderr } = Bun.spawnSync(selfCommand(args), {
    env: { ...process.env, NO_COLOR: "1" },
    timeout: 15_000,
  });
  return { code: exitCode, stdout: stdout.toString(), stderr: stderr.toString() };
}

async function start(args: readonly string[], url: string): Promise<Bun.Subprocess> {
  const child = Bun.spawn(selfCommand(args), { stdio: ["ignore", "ignore", "ignore"] });
  closers.push(async () => {
    child.kill("SIGTERM");
    await child.exited;
  });
  expect(await waitForAnswer(url, 10_000, () => child.exitCode !== null)).toBe(true);
  return child;
}

/** Names of the servers that answered `count` requests. */
async function answering(url: string, count: number): Promise<string[]> {
  const names = new Set<string>();
  for (let i = 0; i < count; i++) names.add((await fetch(url)).headers.get("x-served-by") ?? "nobody");
  return [...names].sort();
}

test("stats, drain, reload and socket talk to a running daemon", async () => {
  const { file, url } = setup();
  const child = await start(["serve", "-f", file], url);
  expect(await answering(url, 6)).toEqual(["a", "b"]);

  const table = run("stats", "-f", file);
  expect(table.code).toBe(0);
  expect(table.stdout).toMatch(/^web +FRONTEND +OPEN/m);
  const rows = JSON.parse(run("stats", "-f", file, "--json", "web").stdout) as Record<string, string>[];
  expect(rows.map(({ svname }) => svname)).toEqual(["FRONTEND", "a", "b", "BACKEND"]);
  expect(run("stats", "-f", file, "nope").code).toBe(1);

  expect(run("drain", "-f", file, "web/b")).toEqual({ code: 0, stdout: "web/b: drain\n", stderr: "" });
  expect(await answering(url, 6)).toEqual(["a"]);
  expect(run("drain", "-f", file, "web/nope").code).toBe(1);

  writeFileSync(file, readFileSync(file, "utf8").replace("weight 10", "weight 20"));
  const reloaded = run("reload", "-f", file);
  expect(reloaded.code).toBe(0);
  expect(reloaded.stdout).toStartWith("ok");
  expect(reloaded.stdout).toContain("web/a: weight 10 -> 20");
  expect(reloaded.stdout).toContain("web/b: keeps drain set at run time");
  expect(await answering(url, 6)).toEqual(["a"]);
  expect(run("drain", "--undo", "-f", file, "web/b").code).toBe(0);
  expect(await answering(url, 12)).toEqual(["a", "b"]);

  writeFileSync(file, `${readFileSync(file, "utf8")}  nonsense\n`);
  const socket = join(file, "..", "s.sock");
  const refused = run("reload", "-S", socket);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain("nonsense");
  expect(await answering(url, 6)).toEqual(["a", "b"]);
  expect(run("socket", "-S", socket, "show", "info").stdout).toContain("\nPid: ");
  expect(child.exitCode).toBeNull();
}, 60_000);

test("the haproxy role goes to the background, writes its pid and replaces an older process", async () => {
  const { dir, url } = setup();
  const first = join(dir, "first.pid");
  expect(run("haproxy", "-D", "-C", dir, "-f", "lb.cfg", "-p", "first.pid")).toEqual({
    code: 0,
    stdout: "",
    stderr: "",
  });
  const pid = Number(readFileSync(first, "utf8"));
  closers.push(() => {
    try {
      process.kill(pid, "SIGTERM");
    } catch {
      // Gone, as it should be.
    }
  });
  expect(await answering(url, 4)).toEqual(["a", "b"]);
  process.kill(pid, "SIGUSR1");
  for (let i = 0; i < 100 && existsSync(first); i++) await Bun.sleep(50);
  expect(existsSync(first)).toBe(false);
  await expect(fetch(url)).rejects.toThrow();
}, 60_000);

test("an older process is told to finish once the new one serves", async () => {
  const { file, url } = setup();
  const old = Bun.spawn(["sleep", "60"], { stdio: ["ignore", "ignore", "ignore"] });
  closers.push(() => old.kill("SIGKILL"));
  await start(["haproxy", "-db", "-f", file, "-sf", String(old.pid)], url);
  await old.exited;
  expect(old.signalCode).toBe("SIGUSR1");
}, 60_000);
