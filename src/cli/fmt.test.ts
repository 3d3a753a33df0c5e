import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const dir = mkdtempSync(join(tmpdir(), "tlb-fmt-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const main = join(import.meta.dir, "..", "main.ts");

function run(args: readonly string[], stdin = ""): { code: number; out: string; err: string } {
  const env = { ...process.env, NO_COLOR: "1" };
  const result = Bun.spawnSync([process.execPath, main, "fmt", ...args], { stdin: Buffer.from(stdin), env });
  return { code: result.exitCode, out: result.stdout.toString(), err: result.stderr.toString() };
}

function file(name: string, text: string): string {
  const path = join(dir, name);
  writeFileSync(path, text);
  return path;
}

const UGLY = "global\ndaemon\n";
const NICE = "global\n    daemon\n";

test("prints by default, from standard input too", () => {
  const path = file("a.cfg", UGLY);
  expect(run([path])).toEqual({ code: 0, out: NICE, err: "" });
  expect(readFileSync(path, "utf8")).toBe(UGLY);
  expect(run(["-"], UGLY)).toEqual({ code: 0, out: NICE, err: "" });
  expect(run(["-w", "-"], UGLY)).toEqual({ code: 0, out: NICE, err: "" });
});

test("-w changes the files, bytes above 127 included", () => {
  const path = file("b.cfg", "");
  writeFileSync(path, Buffer.from("global\n# \xe9\xff\ndaemon\n", "latin1"));
  expect(run(["-w", path])).toEqual({ code: 0, out: "", err: "" });
  expect(readFileSync(path, "latin1")).toBe("global\n    # \xe9\xff\n    daemon\n");
});

test("--check names files that differ and changes nothing", () => {
  const [ugly, nice] = [file("c.cfg", UGLY), file("d.cfg", NICE)];
  expect(run(["--check", ugly, nice])).toEqual({ code: 1, out: `${ugly}\n`, err: "" });
  expect(run(["--check", nice])).toEqual({ code: 0, out: "", err: "" });
  expect(readFileSync(ugly, "utf8")).toBe(UGLY);
});

test("tells what it cannot read, and lays out the rest", () => {
  const path = file("e.cfg", "global\n log-tag 'x\ndaemon\n");
  const { code, out, err } = run([path, join(dir, "absent.cfg")]);
  expect(code).toBe(1);
  expect(out).toBe("global\n log-tag 'x\n    daemon\n");
  expect(err).toContain(`${path}:2:10: error [syntax/unmatched-quote]`);
  expect(err).toContain("absent.cfg");
  expect(run(["-w", "--check", path]).code).toBe(2);
  expect(run([]).code).toBe(2);
});

test("what is binary or begins with a byte order mark is neither printed nor changed", () => {
  for (const [name, text, code] of [
    ["nul.cfg", "global\nlog\0x\n", "syntax/nul-character"],
    ["bom.cfg", "\ufeffglobal\ndaemon\n", "file/encoding"],
  ] as const) {
    const path = file(name, text);
    for (const args of [[path], ["-w", path], ["--check", path]]) {
      const { code: exit, out, err } = run(args);
      expect({ exit, out }).toEqual({ exit: 1, out: "" });
      expect(err).toContain(`error [${code}]`);
      expect(readFileSync(path, "utf8")).toBe(text);
    }
  }
}, 30_000);
