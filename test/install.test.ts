/** install.sh with a stand-in binary, into a temporary prefix. */
import { expect, test } from "bun:test";
import { chmodSync, existsSync, lstatSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./harness/program.ts";
import { Scope } from "./harness/scope.ts";

const script = join(import.meta.dir, "..", "install.sh");

function setUp(scope: Scope) {
  const dir = scope.tempDir();
  const binary = join(dir, "tlb");
  writeFileSync(binary, "#!/bin/sh\necho tlb 9.9.9\n");
  chmodSync(binary, 0o755);
  const prefix = join(dir, "prefix");
  const units = join(dir, "units");
  const install = (...args: string[]) => run(["sh", script, "--prefix", prefix, "--unit-dir", units, ...args]);
  return { dir, binary, prefix, units, install, target: join(prefix, "bin", "tlb") };
}

test("installs a file, twice is harmless, and uninstalls", async () => {
  await using scope = new Scope();
  const { binary, units, prefix, install, target } = setUp(scope);
  const first = await install("--from", binary, "--systemd", "--haproxy-link", "--config", "/etc/other.cfg");
  expect(first).toMatchObject({ code: 0, stderr: "" });
  expect(first.stdout).toContain("tlb 9.9.9");
  expect(readFileSync(target, "utf8")).toBe(readFileSync(binary, "utf8"));
  expect(lstatSync(target).mode & 0o777).toBe(0o755);
  expect(readlinkSync(join(prefix, "bin", "haproxy"))).toBe("tlb");
  const unit = readFileSync(join(units, "tlb.service"), "utf8");
  expect(unit).toContain(`ExecStart=${target} serve -f /etc/other.cfg\n`);
  // systemctl reload fails where the file has errors.
  expect(unit).toContain(`ExecReload=${target} check -q -f /etc/other.cfg\nExecReload=/bin/kill -HUP $MAINPID\n`);

  const again = await install("--from", binary, "--systemd", "--haproxy-link", "--config", "/etc/other.cfg");
  expect(again.code).toBe(0);
  expect(again.stdout).toContain("up to date");
  expect(first.stdout + again.stdout).not.toContain("tlb upgrade");

  writeFileSync(binary, "#!/bin/sh\necho tlb 9.9.10\n");
  const newer = await install("--from", binary);
  expect(newer.stdout).toContain("9.9.10");
  // A running one is not touched by a file.
  expect(newer.stdout).toContain("until: tlb upgrade");

  expect((await install("--uninstall")).code).toBe(0);
  for (const path of [target, join(prefix, "bin", "haproxy"), join(units, "tlb.service")]) {
    expect(lstatSync(path, { throwIfNoEntry: false })).toBeUndefined();
  }
  expect((await install("--uninstall")).stdout).toContain("nothing installed");
});

test("a wrong checksum changes nothing, the right one installs", async () => {
  await using scope = new Scope();
  const { binary, install, target } = setUp(scope);
  const wrong = await install("--from", binary, "--sha256", "0".repeat(64));
  expect(wrong.code).toBe(1);
  expect(wrong.stderr).toContain("checksum");
  expect(existsSync(target)).toBe(false);
  const sum = new Bun.CryptoHasher("sha256").update(readFileSync(binary)).digest("hex");
  expect((await install("--from", binary, "--sha256", sum)).code).toBe(0);
  expect(existsSync(target)).toBe(true);
});

test("downloads from an address, through a pipe into sh", async () => {
  await using scope = new Scope();
  const { binary, prefix, target } = setUp(scope);
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response(Bun.file(binary)) });
  scope.defer(() => server.stop(true));
  const piped = await run(["sh"], {
    stdin: readFileSync(script, "utf8"),
    env: { TLB_URL: `http://127.0.0.1:${server.port}/tlb`, TLB_PREFIX: prefix },
  });
  expect(piped).toMatchObject({ code: 0, stderr: "" });
  expect(existsSync(target)).toBe(true);
});

test("what does not run is refused, and a failed download too", async () => {
  await using scope = new Scope();
  const { dir, install, target } = setUp(scope);
  const junk = join(dir, "junk");
  writeFileSync(junk, "not a program");
  expect((await install("--from", junk)).stderr).toContain("does not run here");
  expect((await install("--from", join(dir, "missing"))).stderr).toContain("no such file");
  expect((await install("--from", "http://127.0.0.1:9/tlb")).stderr).toContain("cannot download");
  expect((await install()).stderr).toContain("--from");
  expect(existsSync(target)).toBe(false);
});

test("somebody else's haproxy is left alone", async () => {
  await using scope = new Scope();
  const { binary, prefix, install } = setUp(scope);
  await install("--from", binary);
  const link = join(prefix, "bin", "haproxy");
  symlinkSync("/usr/sbin/haproxy", link);
  expect((await install("--from", binary, "--haproxy-link")).code).toBe(1);
  await install("--uninstall");
  expect(readlinkSync(link)).toBe("/usr/sbin/haproxy");
});
