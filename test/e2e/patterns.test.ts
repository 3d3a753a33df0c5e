/** What rules change in maps and in variables of the process reaches all workers, workers that start later, and outlives reloads. */
import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../harness/ports.ts";
import { Scope } from "../harness/scope.ts";
import { becomes, eventually, startServing, workers, reload } from "./tools.ts";

async function text(port: number, path: string): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    keepalive: false,
    signal: AbortSignal.timeout(5000),
  });
  return response.text();
}

/** Twelve connections say the same, so all of a few workers do. */
function agree(port: number, path: string, expected: string): Promise<void> {
  return becomes(async () => {
    const all = new Set<string>();
    for (let i = 0; i < 12; i++) all.add(await text(port, path));
    return [...all].join(" and ");
  }, expected);
}

test("maps, lists and process variables are the same in all workers", async () => {
  await using scope = new Scope();
  const port = freePort();
  const dir = scope.tempDir();
  const [map, list] = [join(dir, "a.map"), join(dir, "a.lst")];
  writeFileSync(map, "k file\n");
  writeFileSync(list, "first\n");
  const proxy = await startServing(
    scope,
    `
global
    nbthread 3
defaults
    mode http
    timeout client 5s
    timeout server 5s
    timeout connect 1s
frontend web
    bind 127.0.0.1:${port}
    http-request set-map(${map}) k %[query] if { path /set }
    http-request add-acl(${list}) %[query] if { path /add }
    http-request del-acl(${list}) %[query] if { path /del }
    http-request set-var(proc.seen) query if { path /var }
    http-request unset-var(proc.seen) if { path /unvar }
    http-request return content-type text/plain lf-string "list" if { path /list } { query -f ${list} }
    http-request return content-type text/plain lf-string "%[str(k),map(${map},none)] %[var(proc.seen,unset)]"
`,
  );
  await agree(port, "/", "file unset");
  await text(port, "/set?run");
  await text(port, "/var?7");
  await agree(port, "/", "run 7");
  await text(port, "/add?second");
  await text(port, "/del?first");
  await agree(port, "/list?second", "list");
  await agree(port, "/list?first", "run 7");

  // A worker that starts later.
  const before = workers(proxy);
  process.kill(before[0]!, "SIGKILL");
  await eventually("a new worker", () => workers(proxy).length === 3 && !workers(proxy).includes(before[0]!));
  await agree(port, "/", "run 7");
  await agree(port, "/list?second", "list");

  // The file wins only where it changed.
  await reload(proxy);
  await agree(port, "/", "run 7");
  writeFileSync(map, "k edited\n");
  await reload(proxy);
  await agree(port, "/", "edited 7");
  await agree(port, "/list?second", "list");
  await text(port, "/unvar");
  await agree(port, "/", "edited unset");
  const [doomed] = workers(proxy);
  process.kill(doomed!, "SIGKILL");
  await eventually("a new worker", () => workers(proxy).length === 3 && !workers(proxy).includes(doomed!));
  await agree(port, "/", "edited unset");
  expect(workers(proxy).length).toBe(3);
}, 60_000);

test("a new worker knows them before it serves the first client", async () => {
  await using scope = new Scope();
  const port = freePort();
  const map = join(scope.tempDir(), "a.map");
  writeFileSync(map, "k file\n");
  const proxy = await startServing(
    scope,
    `
defaults
    mode http
    timeout client 5s
    timeout server 5s
    timeout connect 1s
frontend web
    bind 127.0.0.1:${port}
    http-request set-map(${map}) k %[query] if { path /set }
    http-request set-var(proc.seen) query if { path /set }
    http-request return content-type text/plain lf-string "%[str(k),map(${map},none)] %[var(proc.seen,unset)]"
`,
  );
  await text(port, "/set?run");
  // On its way to the supervisor for a few milliseconds.
  await Bun.sleep(200);
  process.kill(workers(proxy)[0]!, "SIGKILL");
  // They wait in the kernel until there is a worker.
  const answers = await Promise.all(Array.from({ length: 30 }, () => text(port, "/")));
  expect([...new Set(answers)]).toEqual(["run run"]);
}, 60_000);
