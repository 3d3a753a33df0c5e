import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { commands } from "../index.ts";
import { completionScript, scriptFiles, shells } from "./index.ts";

const folder = join(import.meta.dir, "..", "..", "..", "completions");

for (const shell of shells) {
  test(`completions/${scriptFiles[shell]} is what "tlb completions ${shell}" prints`, () => {
    expect(readFileSync(join(folder, scriptFiles[shell]), "utf8")).toBe(completionScript(shell, commands));
  });
}

/** What bash offers for a command line whose last word is being typed. */
function offered(...words: string[]): string[] {
  const script = `source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _tlb; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const path = join(folder, scriptFiles.bash);
  const { stdout } = Bun.spawnSync(["bash", "-c", script, "bash", path, ...words], { cwd: folder, stderr: "ignore" });
  return stdout.toString().trim().split("\n");
}

test("bash completes commands, options, files and shells", () => {
  expect(offered("tlb", "re")).toEqual(["reload"]);
  expect(offered("tlb", "check", "--js")).toEqual(["--json"]);
  expect(offered("tlb", "serve", "-f", "tlb.f")).toEqual(["tlb.fish"]);
  expect(offered("tlb", "serve", "--file", "=", "tlb.f")).toEqual(["tlb.fish"]);
  expect(offered("tlb", "serve", "--file", "=")).toEqual(expect.arrayContaining(["_tlb", "tlb.bash", "tlb.fish"]));
  expect(offered("tlb", "check", "tlb.b")).toEqual(["tlb.bash"]);
  expect(offered("tlb", "completions", "z")).toEqual(["zsh"]);
});

test("bash completes what tlb help knows by asking the program", () => {
  const program = join(folder, "..", "node_modules", ".bin", "bun");
  const main = join(folder, "..", "src", "main.ts");
  const script = `source "$1"; COMP_WORDS=(fake help "$2"); COMP_CWORD=2
    fake() { "$PROGRAM" "$MAIN" "$@"; }; _tlb; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = Bun.spawnSync(["bash", "-c", script, "bash", join(folder, scriptFiles.bash), "lint/routing"], {
    env: { ...process.env, PROGRAM: program, MAIN: main },
    stderr: "ignore",
  });
  expect(stdout.toString().trim()).toBe("lint/routing-loop");
});
