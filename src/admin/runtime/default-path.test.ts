import { afterEach, expect, test } from "bun:test";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defaultSocket } from "./default-path.ts";

const uid = process.getuid?.() || 61_357;
const mine = process.getuid?.() === uid;
const isRoot = process.getuid?.() === 0;

const roots: string[] = [];
afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true, force: true });
});

/** A file system of its own with /tmp and /run. */
function place(runtimeDir?: string): { root: string; where: Parameters<typeof defaultSocket>[1] } {
  const root = mkdtempSync(join(tmpdir(), "tlb-path-"));
  roots.push(root);
  mkdirSync(join(root, "tmp"));
  mkdirSync(join(root, "run", "user"), { recursive: true });
  return { root, where: { uid, root, runtimeDir: runtimeDir === undefined ? undefined : join(root, runtimeDir) } };
}

function folder(path: string, owner: number, mode: number): string {
  mkdirSync(path, { recursive: true });
  chmodSync(path, mode);
  if (!mine) chownSync(path, owner, owner);
  return path;
}

test("root has a path of its own in /run", () => {
  const { root } = place();
  expect(defaultSocket(true, { uid: 0, runtimeDir: "/elsewhere", root })).toEqual({ path: `${root}/run/tlb.sock` });
});

test.skipIf(!isRoot && !mine)("a run-time folder counts when it is the user's alone, in order", () => {
  const { root, where } = place("xdg");
  const last = join(root, "tmp", `tlb-${uid}`, "tlb.sock");
  expect(defaultSocket(false, where)).toEqual({ path: last });
  const user = folder(join(root, "run", "user", String(uid)), uid, 0o700);
  expect(defaultSocket(false, where)).toEqual({ path: join(user, "tlb.sock") });
  const service = folder(join(root, "run", "tlb"), uid, 0o755);
  expect(defaultSocket(false, where)).toEqual({ path: join(service, "tlb.sock") });
  const xdg = folder(join(root, "xdg"), uid, 0o700);
  expect(defaultSocket(false, where)).toEqual({ path: join(xdg, "tlb.sock") });
  chmodSync(xdg, 0o770);
  expect(defaultSocket(false, where)).toEqual({ path: join(service, "tlb.sock") });
});

test.skipIf(!isRoot)("a run-time folder of somebody else does not count", () => {
  const { root, where } = place("xdg");
  folder(join(root, "xdg"), 0, 0o755);
  folder(join(root, "run", "tlb"), 0, 0o755);
  expect(defaultSocket(false, where)).toEqual({ path: join(root, "tmp", `tlb-${uid}`, "tlb.sock") });
});

test.skipIf(!isRoot && !mine)("what somebody put in the place of the folder in /tmp is refused", () => {
  const { root, where } = place();
  const path = join(root, "tmp", `tlb-${uid}`);
  const refused = (why: string): void => {
    for (const create of [true, false]) {
      expect(defaultSocket(create, where)).toEqual({ error: `the runtime socket cannot be in ${path}: ${why}` });
    }
    rmSync(path, { recursive: true });
  };
  symlinkSync(folder(join(root, "own"), uid, 0o700), path);
  refused("it is not a folder");
  writeFileSync(path, "");
  refused("it is not a folder");
  folder(path, uid, 0o777);
  refused("others may write to it");
  if (!isRoot) return;
  folder(path, 0, 0o755);
  refused("it belongs to user 0");
});
