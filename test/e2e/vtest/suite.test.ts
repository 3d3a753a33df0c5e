/**
 * Scripts in the language of HAProxy's regression suite, run by the real varnishtest (Debian's package varnish, which scripts/packages fetches)
 * against HAProxy and against tlb under that name: it hands over sockets, speaks as clients, servers and log collectors, asks the runtime
 * socket, and looks at how the program ends.
 */
import { beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../harness/program.ts";
import { haproxyPath, type ProxyName } from "../../harness/proxy.ts";
import { Scope } from "../../harness/scope.ts";
import { haproxyRole } from "./launch.ts";

const folder = join(import.meta.dir, "..", "..", "vtest");
const fetched = join(import.meta.dir, "..", "..", "..", "node_modules", ".cache", "varnishtest");
const own = join(fetched, "varnishtest");
const varnishtest = existsSync(own) ? own : Bun.which("varnishtest");

const LANES = 3;

describe.skipIf(varnishtest === null)("varnishtest", () => {
  const scripts = readdirSync(folder).filter((name) => name.endsWith(".vtc"));
  const programs: readonly ProxyName[] = haproxyPath === null ? ["tlb"] : ["haproxy", "tlb"];
  const runs = scripts.flatMap((script) => programs.map((name) => ({ script, name, fault: "it did not run" })));

  beforeAll(async () => {
    let next = 0;
    const lane = async (): Promise<void> => {
      for (let one = runs[next++]; one !== undefined; one = runs[next++])
        one.fault = await faultOf(one.script, one.name);
    };
    await Promise.all(Array.from({ length: LANES }, lane));
  }, 300_000);

  for (const one of runs) test(`${one.script}: ${one.name}`, () => expect(one.fault).toBe(""));
});

/** The end of what it printed when the script failed. */
async function faultOf(script: string, name: ProxyName): Promise<string> {
  await using scope = new Scope();
  const env = { HAPROXY_PROGRAM: programFor(scope, name), LD_LIBRARY_PATH: fetched, TMPDIR: scope.tempDir() };
  const { code, stdout } = await run([varnishtest!, "-t", "50", join(folder, script)], { env });
  return code === 0 ? "" : stdout.slice(-8000);
}

/** The suite starts one file. */
function programFor(scope: Scope, name: ProxyName): string {
  const command = haproxyRole(name);
  if (command.length === 1) return command[0]!;
  const dir = join(scope.tempDir(), "bin");
  mkdirSync(dir);
  const path = join(dir, "haproxy");
  if (command.length === 2 && command[1] === "haproxy") symlinkSync(command[0]!, path);
  else {
    const words = command.map((word) => `'${word}'`).join(" ");
    writeFileSync(path, `#!/bin/sh\nexec ${words} "$@"\n`, { mode: 0o755 });
  }
  return path;
}
