/** What may be in the repository: nothing of one machine, no registry's address, and only the agreed names at the top. */
import { expect, test } from "bun:test";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dir, "..");

const topLevel = [
  ".ci",
  ".gitignore",
  ".npmrc",
  "LICENSE",
  "README.md",
  "bunfig.toml",
  "completions",
  "install.sh",
  "package-lock.json",
  "package.json",
  "scripts",
  "src",
  "test",
  "tsconfig.json",
];

/** Tracked files; null outside of a git checkout (a source archive), where there is nothing to tell apart. */
function tracked(): string[] | null {
  const git = Bun.spawnSync(["git", "ls-files", "-z"], { cwd: root });
  if (!git.success) return null;
  return git.stdout
    .toString()
    .split("\0")
    .filter((path) => path !== "");
}

const files = tracked();
const hereGit = files !== null;

/** Lines of tracked text files that match, as "file:line: text". */
function matches(pattern: RegExp): string[] {
  const found: string[] = [];
  for (const path of files ?? []) {
    if (path === "test/repository.test.ts") continue;
    const full = join(root, path);
    if (!statSync(full, { throwIfNoEntry: false })?.isFile()) continue;
    const text = readFileSync(full, "latin1");
    if (text.includes("\0")) continue;
    for (const [index, line] of text.split("\n").entries()) {
      if (pattern.test(line)) found.push(`${path}:${index + 1}: ${line.trim().slice(0, 160)}`);
    }
  }
  return found;
}

test.skipIf(!hereGit)("the top level holds the agreed names only", () => {
  const names = new Set((files ?? []).map((path) => path.split("/")[0]!));
  expect([...names].filter((name) => !topLevel.includes(name))).toEqual([]);
});

test.skipIf(!hereGit)("no tracked file names a package registry", () => {
  expect(matches(/registry\.(npmjs|yarnpkg)|npmmirror|verdaccio|artifactory|_authToken|^\s*registry\s*=/i)).toEqual([]);
});

test.skipIf(!hereGit)("no tracked file holds a path of one machine", () => {
  // Home folders and build trees; /usr, /etc, /run, /dev, /proc, /tmp and the like are the same everywhere.
  expect(matches(/(?<![\w.$}-])\/(home|Users|root|work|workspace|builds?|mnt)\/[\w.-]+/)).toEqual([]);
});

test("the lock file holds no addresses, and every package an integrity", () => {
  const lock: { packages: Record<string, { resolved?: string; integrity?: string }> } = JSON.parse(
    readFileSync(join(root, "package-lock.json"), "utf8"),
  );
  const packages = Object.entries(lock.packages).filter(([name]) => name !== "");
  expect(packages.length).toBeGreaterThan(5);
  expect(packages.filter(([, entry]) => entry.resolved !== undefined).map(([name]) => name)).toEqual([]);
  expect(packages.filter(([, entry]) => entry.integrity === undefined).map(([name]) => name)).toEqual([]);
});

test("Bun and its types are pinned to the same exact version", () => {
  const { devDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  expect(devDependencies.bun).toMatch(/^\d+\.\d+\.\d+$/);
  expect(devDependencies["bun-types"]).toBe(devDependencies.bun);
});
