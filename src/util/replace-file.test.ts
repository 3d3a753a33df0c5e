import { afterAll, expect, test } from "bun:test";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { replaceFile } from "./replace-file.ts";

const dir = mkdtempSync(join(tmpdir(), "tlb-replace-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test("the file is another one with the same mode, links stay", () => {
  const file = join(dir, "real", "f");
  mkdirSync(join(dir, "real"));
  writeFileSync(file, "old");
  chmodSync(file, 0o640);
  symlinkSync("real/f", join(dir, "link"));
  const before = statSync(file).ino;
  replaceFile(join(dir, "link"), Buffer.from("new"));
  expect(readFileSync(file, "utf8")).toBe("new");
  expect(statSync(file).mode & 0o7777).toBe(0o640);
  expect(statSync(file).ino).not.toBe(before);
  expect(lstatSync(join(dir, "link")).isSymbolicLink()).toBe(true);
  expect(readdirSync(join(dir, "real"))).toEqual(["f"]);
});

test("what cannot be written leaves the old file, and nothing beside it", () => {
  const file = join(dir, "full");
  writeFileSync(file, "old");
  // A limit on the size of files stands for a full disk.
  const script = `import { replaceFile } from ${JSON.stringify(join(import.meta.dir, "replace-file.ts"))};
    process.on("SIGXFSZ", () => {});
    try { replaceFile(${JSON.stringify(file)}, new Uint8Array(100_000)); } catch (error) { console.log(error.code); }`;
  const { stdout } = Bun.spawnSync(["sh", "-c", `ulimit -f 8; exec "$0" -e "$1"`, process.execPath, script]);
  expect(stdout.toString()).toBe("EFBIG\n");
  expect(readFileSync(file, "utf8")).toBe("old");
  expect(readdirSync(dir).filter((name) => name.startsWith("full"))).toEqual(["full"]);
});
