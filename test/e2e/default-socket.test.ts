/** The default runtime socket of a user without run-time folder: others can neither take its place nor hand the user a folder of theirs. */
import { expect, test } from "bun:test";
import { chownSync, lstatSync, mkdirSync, readFileSync, rmSync, writeFileSync, chmodSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../harness/ports.ts";
import { run, startProgram } from "../harness/program.ts";
import { tlbCommand } from "../harness/proxy.ts";
import { Scope } from "../harness/scope.ts";
import { eventually, startServing, workers } from "./tools.ts";

const uid = 61_358;
const as = (id: number): string[] => ["setpriv", `--reuid=${id}`, `--regid=${id}`, "--clear-groups"];
const env = { XDG_RUNTIME_DIR: undefined, TLB_SOCKET: undefined };
const folder = `/tmp/tlb-${uid}`;

/** The user must be able to run the program at all: a checkout in somebody's home may be closed to others. */
const possible =
  process.getuid?.() === 0 &&
  Bun.which("setpriv") !== null &&
  Bun.spawnSync([...as(uid), ...tlbCommand(), "version"]).exitCode === 0;

function configuration(scope: Scope, port: number): string {
  const dir = scope.tempDir();
  chmodSync(dir, 0o755);
  const file = join(dir, "lb.cfg");
  writeFileSync(
    file,
    `global
    nbthread 1
defaults
    mode http
    timeout connect 1s
    timeout client 1s
    timeout server 1s
frontend web
    bind 127.0.0.1:${port}
    http-request return status 200
`,
  );
  chmodSync(file, 0o644);
  return file;
}

async function answers(port: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${port}/`)).status === 200;
  } catch {
    return false;
  }
}

test.skipIf(!possible)("daemon and commands meet in a folder that only the user may enter", async () => {
  await using scope = new Scope();
  scope.defer(async () => rmSync(folder, { recursive: true, force: true }));
  rmSync(folder, { recursive: true, force: true });
  const port = freePort();
  const file = configuration(scope, port);
  startProgram(scope, [...tlbCommand(), "serve", "-f", file], { env, prefix: as(uid) });
  await eventually("it serves", () => answers(port));
  await eventually(
    "the socket is there",
    () => lstatSync(join(folder, "tlb.sock"), { throwIfNoEntry: false }) !== undefined,
  );
  expect(lstatSync(folder).mode & 0o777).toBe(0o700);
  expect(lstatSync(folder).uid).toBe(uid);
  const own = await run([...tlbCommand(), "socket", "show", "info"], { env, prefix: as(uid) });
  expect(own.stdout).toContain("Name: ");
  expect(own.code).toBe(0);
  // Another user, told to look there.
  const other = await run([...tlbCommand(), "socket", "-S", join(folder, "tlb.sock"), "show", "info"], {
    env,
    prefix: as(uid + 1),
  });
  expect(other.code).toBe(1);
  expect(other.stdout).toBe("");
});

test.skipIf(!possible)("a folder that somebody else made first is refused by both", async () => {
  await using scope = new Scope();
  scope.defer(async () => rmSync(folder, { recursive: true, force: true }));
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { mode: 0o777 });
  chownSync(folder, uid + 1, uid + 1);
  const port = freePort();
  const serving = startProgram(scope, [...tlbCommand(), "serve", "-f", configuration(scope, port)], {
    env,
    prefix: as(uid),
  });
  await eventually("it serves all the same", () => answers(port));
  const why = `the runtime socket cannot be in ${folder}: it belongs to user ${uid + 1}`;
  expect(serving.stderr()).toContain(why);
  expect(lstatSync(join(folder, "tlb.sock"), { throwIfNoEntry: false })).toBeUndefined();
  const asked = await run([...tlbCommand(), "socket", "show", "info"], { env, prefix: as(uid) });
  expect(asked.code).toBe(1);
  expect(asked.stderr).toContain(why);
});

test("workers get nothing of the environment that steers the runtime", async () => {
  await using scope = new Scope();
  const port = freePort();
  const config = `
global
    nbthread 2
defaults
    mode http
    timeout connect 1s
    timeout client 1s
    timeout server 1s
frontend web
    bind 127.0.0.1:${port}
    http-request return status 200 hdr x-name %[env(NODE_NAME)]
`;
  const proxy = await startServing(scope, config, {
    env: {
      NODE_TLS_REJECT_UNAUTHORIZED: "0",
      BUN_CONFIG_VERBOSE_FETCH: "curl",
      BUN_JSC_useDFGJIT: "1",
      NODE_NAME: "rack7",
      NODE_ENV: undefined,
    },
  });
  for (const pid of workers(proxy)) {
    const names = readFileSync(`/proc/${pid}/environ`, "latin1").split("\0");
    expect(names).toContain("NODE_NAME=rack7");
    // The channel to the supervisor is the worker's own.
    const runtime = names.filter((line) => /^(BUN_|JSC_|NODE_)/.test(line) && !/^NODE_(NAME|CHANNEL_)/.test(line));
    expect(runtime).toEqual([]);
  }
  const answer = await fetch(`http://127.0.0.1:${port}/`);
  expect(answer.headers.get("x-name")).toBe("rack7");
});
