import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Explanation } from "./result.ts";

const dir = mkdtempSync(join(tmpdir(), "tlb-explain-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const main = join(import.meta.dir, "..", "..", "main.ts");

function run(...args: readonly string[]): { code: number; out: string; err: string } {
  const env = { ...process.env, NO_COLOR: "1" };
  const result = Bun.spawnSync([process.execPath, main, "explain", ...args], { env, cwd: dir });
  return { code: result.exitCode, out: result.stdout.toString(), err: result.stderr.toString() };
}

writeFileSync(
  join(dir, "lb.cfg"),
  `defaults
    mode http
    timeout connect 1s
    timeout client 1s
    timeout server 1s
    log 127.0.0.1:1 local0
frontend www
    bind :8080
    http-request set-var(txn.a) req.hdr(b)
    http-request deny if { var(txn.a) -m str no }
    default_backend app
backend app
    server s1 127.0.0.1:1
`,
);

test("text, JSON, and every way to tell the request", () => {
  const { code, out, err } = run(
    "-f",
    "lb.cfg",
    "PUT",
    "http://h:8080/p",
    "-H",
    "B: yes",
    "--data",
    "xy",
    "--src",
    "10.1.1.1:7",
  );
  expect([code, err]).toEqual([0, ""]);
  expect(out).toStartWith("PUT /p HTTP/1.1\nfrom 10.1.1.1:7 to 127.0.0.1:8080\nfrontend www, lb.cfg:7, mode http\n");
  expect(out).toContain('yes lb.cfg:9  http-request set-var(txn.a) req.hdr(b)\n      txn.a = "yes"\n');
  expect(out).toContain(" -> s1  127.0.0.1:1  weight 1 (100 %)\n");
  const json = run("-f", "lb.cfg", "--json", "/p", "-H", "b: no", "--frontend", "www");
  const found = JSON.parse(json.out) as Explanation;
  expect(found.steps.map((step) => step.kind === "rule" && step.applied)).toEqual([true, true]);
  expect(found.answer).toStartWith("HTTP/1.1 403 Forbidden\r\n");
});

test("mistakes of the caller, and of the configuration", () => {
  expect(run("http://h/")).toMatchObject({ code: 2 });
  expect(run("-f", "lb.cfg")).toMatchObject({
    code: 2,
    err: "error: which request? for example: GET http://example.com/path\n",
  });
  expect(run("-f", "lb.cfg", "http://h/", "--var", "x=1")).toMatchObject({ code: 2 });
  writeFileSync(join(dir, "bad.cfg"), "frontend f\n bind :80\n nonsense\n");
  const { code, err } = run("-f", "bad.cfg", "http://h/");
  expect(code).toBe(1);
  expect(err).toContain("bad.cfg:3:2: error [config/unknown-keyword]");
});
