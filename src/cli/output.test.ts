/** Output nobody takes: no traces, exit codes that say so, nothing left behind. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { closeSync, mkdtempSync, openSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { selfCommand } from "../util/self.ts";

let dir = "";
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "tlb-output-"));
  writeFileSync(join(dir, "lb.cfg"), `${"# a comment\n".repeat(100_000)}defaults\n    mode http\n`);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const env = (): Record<string, string | undefined> => ({ ...process.env, NO_COLOR: "1", TMPDIR: dir });

const COMMANDS = [["fmt", "lb.cfg"], ["help"], ["completions", "bash"], ["version"], ["check", "--json", "lb.cfg"]];

test.each(COMMANDS)("%s %s on a full disk", (...command) => {
  const full = openSync("/dev/full", "w");
  const { exitCode, stderr } = Bun.spawnSync(selfCommand(command), {
    cwd: dir,
    env: env(),
    stdio: ["ignore", full, "pipe"],
  });
  closeSync(full);
  expect(stderr.toString()).toBe("error: cannot write to standard output: No space left on device\n");
  expect(exitCode).toBe(1);
});

test.each(COMMANDS)("%s %s to a reader that is gone", (...command) => {
  const { stdout, stderr } = Bun.spawnSync(
    ["bash", "-c", `"$@" | true; echo "\${PIPESTATUS[0]}"`, "bash", ...selfCommand(command)],
    { cwd: dir, env: env(), stdin: "ignore" },
  );
  expect(stderr.toString()).toBe("");
  // A pipe takes what is short before the reader goes.
  expect(["141\n", "0\n"]).toContain(stdout.toString());
});

test("a reader that takes its time gets all of it", () => {
  const { stdout } = Bun.spawnSync(
    ["bash", "-c", `"$@" | (read -r first; sleep 0.5; wc -l)`, "bash", ...selfCommand(["fmt", "lb.cfg"])],
    { cwd: dir, env: env(), stdin: "ignore" },
  );
  expect(Number(stdout.toString())).toBeGreaterThan(99_999);
});

test("demo leaves no process and no file behind when its reader goes", async () => {
  const { stdout, stderr } = Bun.spawnSync(
    ["bash", "-c", `"$@" | head -n 1; echo "\${PIPESTATUS[0]}"`, "bash", ...selfCommand(["demo", "--once"])],
    { cwd: dir, env: env(), stdin: "ignore" },
  );
  expect(stderr.toString()).toBe("");
  expect(stdout.toString()).toMatch(/^Sending 300 requests to .*\n141\n$/);
  expect(readdirSync(dir)).toEqual(["lb.cfg"]);
});

test.each([
  [["demo", "--dir", "/proc/none"], "error: /proc/none: No such file or directory\n"],
  [["demo", "--dir", "lb.cfg"], "File exists\n"],
])("what the system refuses is told in one line: %p", (command, told) => {
  const { exitCode, stdout, stderr } = Bun.spawnSync(selfCommand(command), { cwd: dir, env: env(), stdin: "ignore" });
  expect({ exitCode, stdout: stdout.toString() }).toEqual({ exitCode: 1, stdout: "" });
  expect(stderr.toString()).toEndWith(told);
  expect(stderr.toString().trimEnd()).not.toContain("\n");
});
