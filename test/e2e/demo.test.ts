/** What a newcomer runs first, and the binary under HAProxy's name. */
import { expect, test } from "bun:test";
import { existsSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "../harness/client.ts";
import { freePort } from "../harness/ports.ts";
import { run, startProgram } from "../harness/program.ts";
import { haproxyPath, tlbCommand } from "../harness/proxy.ts";
import { Scope } from "../harness/scope.ts";
import { ok, respond, startServer } from "../harness/server.ts";
import { eventually } from "./tools.ts";

const built = join(import.meta.dir, "..", "..", "dist", "tlb");
const commands: [string, string[]][] = [["as the tests run it", tlbCommand()]];
if (existsSync(built) && tlbCommand()[0] !== built) commands.push(["compiled", [built]]);

/** Only the binary can be called by another name. */
const binary = existsSync(tlbCommand()[0]!) && tlbCommand().length === 1 ? tlbCommand()[0]! : built;

test.each(commands)(
  "demo --once, %s",
  async (_, command) => {
    await using scope = new Scope();
    const { code, stdout, stderr } = await run([...command, "demo", "--once"], {
      cwd: scope.tempDir(),
      env: { NO_COLOR: "1" },
    });
    expect(stderr).not.toMatch(/error/i);
    const count = (name: string): number => Number(new RegExp(`^${name} +(\\d+)`, "m").exec(stdout)?.[1] ?? -1);
    expect(count("failed")).toBe(0);
    expect(count("alpha") + count("beta") + count("gamma")).toBe(300);
    // One was killed at the 100th request.
    expect(count("beta")).toBeLessThan(count("alpha"));
    expect(count("beta")).toBeGreaterThan(0);
    expect(stdout).toMatch(/^beta .*killed$/m);
    expect(code).toBe(0);
  },
  60_000,
);

test("demo runs until Ctrl-C and leaves nothing", async () => {
  await using scope = new Scope();
  const dir = scope.tempDir();
  const program = startProgram(scope, [...tlbCommand(), "demo", "--dir", dir], { env: { NO_COLOR: "1" } });
  await eventually("it serves", () => program.stdout().includes("tlb is serving"), 15_000);
  const url = /http:\/\/127\.0\.0\.1:\d+\//.exec(program.stdout())![0];
  expect((await fetch(url)).status).toBe(200);
  const echoPort = Number(/TCP echo on 127\.0\.0\.1:(\d+)/.exec(program.stdout())![1]);
  const peer = await connect(scope, echoPort);
  peer.send("hello\n");
  expect(await peer.until("\n")).toContain("hello");
  expect(existsSync(join(dir, "lb.cfg"))).toBe(true);
  program.signal("SIGINT");
  expect(await program.exited).toBe(0);
  await expect(fetch(url)).rejects.toThrow();
}, 60_000);

test.skipIf(!existsSync(binary))(
  "under the name haproxy it checks, and tells by its exit code",
  async () => {
    await using scope = new Scope();
    const dir = scope.tempDir();
    const link = join(dir, "haproxy");
    symlinkSync(binary, link);
    const server = startServer(scope, respond(ok("hello")));
    const port = freePort();
    const good = join(dir, "good.cfg");
    const warns = join(dir, "warns.cfg");
    const bad = join(dir, "bad.cfg");
    const timeouts = "    timeout connect 1s\n    timeout client 5s\n    timeout server 5s\n";
    const rest = `listen web\n    bind 127.0.0.1:${port}\n    server s1 127.0.0.1:${server.port}\n`;
    writeFileSync(good, `defaults\n    mode http\n${timeouts}${rest}`);
    writeFileSync(warns, `defaults\n    mode http\n${rest}`);
    writeFileSync(bad, `defaults\n    mode http\n${timeouts}    nonsense here\n${rest}    balance sideways\n`);
    const programs = haproxyPath === null ? [link] : [link, haproxyPath];
    for (const program of programs) {
      const check = (...args: string[]): ReturnType<typeof run> => run([program, "-c", ...args]);
      const fine = await check("-f", good);
      expect({ program, code: fine.code }).toEqual({ program, code: 0 });
      expect(fine.stdout + fine.stderr).toContain("Configuration file is valid");
      const warned = await check("-f", warns);
      expect({ program, code: warned.code }).toEqual({ program, code: 0 });
      expect(warned.stderr).toContain("[WARNING]");
      const strict = await check("-dW", "-f", warns);
      expect({ program, code: strict.code }).toEqual({ program, code: 1 });
      const refused = await check("-f", bad);
      expect({ program, code: refused.code }).toEqual({ program, code: 1 });
      expect(refused.stderr).toContain("[ALERT]");
      expect(refused.stderr).toContain("bad.cfg:6");
      expect((await check("-q", "-f", bad)).code).toBe(1);
      expect((await check("-f", join(dir, "none.cfg"))).code).toBe(1);
      expect((await run([program, "-v"])).code).toBe(0);
    }
    // And it serves.
    const serving = startProgram(scope, [link, "-db", "-f", good]);
    await eventually("it serves", async () => {
      try {
        return (await (await fetch(`http://127.0.0.1:${port}/`)).text()) === "hello";
      } catch {
        return false;
      }
    });
    serving.signal("SIGUSR1");
    expect(await serving.exited).toBe(0);
  },
  60_000,
);
