/** What a worker may still do, what a client of the runtime API may do at its level, and which secrets can be asked for. */
import { expect, test } from "bun:test";
import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../harness/ports.ts";
import { run } from "../harness/program.ts";
import { ask, tlbCommand } from "../harness/proxy.ts";
import { Scope } from "../harness/scope.ts";
import { installed, selfSigned, startServing, workers } from "./tools.ts";

const root = process.getuid?.() === 0;

async function serve(scope: Scope, global: string, bind = "") {
  const port = freePort();
  return startServing(
    scope,
    `
global
    nbthread 1
    ${global}
defaults
    mode http
    timeout connect 1s
    timeout client 1s
    timeout server 1s
userlist people
    user bob insecure-password hunter2secret
frontend web
    bind 127.0.0.1:${port} ${bind}
    http-request auth realm x if !{ http_auth(people) }
    default_backend app
backend app
    server s1 127.0.0.1:1
`,
  );
}

test.skipIf(!root || !installed("openssl"))(
  "a worker keeps no groups, rights, files or way out of its root",
  async () => {
    await using scope = new Scope();
    const dir = scope.tempDir();
    const certificate = await selfSigned(dir);
    for (const who of ["user nobody\n    group nogroup", "user nobody"]) {
      const proxy = await serve(scope, `chroot ${scope.tempDir()}\n    ${who}`, `ssl crt ${certificate}`);
      for (const pid of workers(proxy)) {
        for (const thread of readdirSync(`/proc/${pid}/task`)) {
          const status = readFileSync(`/proc/${pid}/task/${thread}/status`, "latin1");
          expect(status).toMatch(/^Groups:\s*$/m);
          expect(status).toMatch(/^Uid:(\t65534){4}$/m);
          expect(status).toMatch(/^CapPrm:\t0+$/m);
        }
        expect(readlinkSync(`/proc/${pid}/cwd`)).toBe(readlinkSync(`/proc/${pid}/root`));
        for (const fd of readdirSync(`/proc/${pid}/fd`)) {
          const to = readlinkSync(`/proc/${pid}/fd/${fd}`);
          expect(to).toMatch(/^(socket:|pipe:|anon_inode:|\/dev\/null$|\/memfd:)/);
        }
      }
    }
  },
);

test("the level of a socket cannot be raised, and refuses what is above it", async () => {
  await using scope = new Scope();
  const dir = scope.tempDir();
  const [user, operator] = [join(dir, "user.sock"), join(dir, "operator.sock")];
  await serve(scope, `stats socket ${user} mode 600 level user\n    stats socket ${operator} mode 660 level operator`);
  expect(statSync(user).mode & 0o777).toBe(0o600);
  expect(statSync(operator).mode & 0o777).toBe(0o660);
  const refused = "Permission denied\n";
  for (const command of [
    "set server app/s1 state maint",
    "disable server app/s1",
    "set weight app/s1 1",
    "shutdown sessions server app/s1",
    "clear counters all",
    "reload",
    "operator;set server app/s1 state maint",
    "user;operator;disable server app/s1",
    "set\tserver app/s1 weight 1",
  ]) {
    for (const socket of [user, operator]) expect(await ask(socket, command)).toContain(refused);
  }
  for (const command of ["show sess", "show env", "clear counters", "operator"]) {
    expect(await ask(user, command)).toContain(refused);
    expect(await ask(operator, command)).not.toContain(refused);
  }
  expect(await ask(user, "show cli level")).toBe("user\n\n");
  // More than a line may hold ends the connection, and nothing of it is carried out.
  expect(await ask(user, "x".repeat(40_000)).catch(() => "")).not.toContain(refused);
  expect(await ask(user, "show cli level")).toBe("user\n\n");
});

test("passwords and keys are in no answer of the runtime API nor in what check prints", async () => {
  await using scope = new Scope();
  const proxy = await serve(scope, "");
  const checked = await run([...tlbCommand(), "check", "--json", "-f", proxy.file]);
  let all = checked.stdout + checked.stderr + proxy.program.stdout() + proxy.program.stderr();
  for (const command of [
    "show info",
    "show stat",
    "show sess all",
    "show errors",
    "show servers state",
    "show cli sockets",
    "help",
  ]) {
    all += await proxy.runtime(command);
  }
  expect(all).not.toContain("hunter2secret");
  expect(all).not.toContain("PRIVATE KEY");
});
