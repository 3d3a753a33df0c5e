/** Maps and ACLs that the runtime API changes: in all workers when the answer comes, in those that start later, over reload and upgrade. */
import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../harness/ports.ts";
import { type Proxy, tlbCommand } from "../harness/proxy.ts";
import { Scope } from "../harness/scope.ts";
import { eventually, reload, startServing, workers } from "./tools.ts";

/** What all workers say to a path: connections go to one of them each. One text when they agree. */
async function said(port: number, path: string): Promise<string> {
  const answers = await Promise.all(
    Array.from({ length: 24 }, async () => {
      const response = await fetch(`http://127.0.0.1:${port}${path}`, {
        keepalive: false,
        signal: AbortSignal.timeout(5000),
      });
      return response.text();
    }),
  );
  return [...new Set(answers)].sort().join(" and ");
}

async function command(proxy: Proxy, ...lines: string[]): Promise<void> {
  for (const line of lines) expect(await proxy.runtime(line)).toBe("\n");
}

async function replaceWorker(proxy: Proxy): Promise<void> {
  const [doomed] = workers(proxy);
  process.kill(doomed!, "SIGKILL");
  await eventually("a new worker", () => workers(proxy).length === 3 && !workers(proxy).includes(doomed!));
  await proxy.runtime("show info");
}

/** What `show map` and `show acl` print of a set, without references. */
async function contents(proxy: Proxy, words: string): Promise<string> {
  return (await proxy.runtime(`show ${words}`)).replaceAll(/^0x[0-9a-f]+ /gm, "").trim();
}

test("three workers", async () => {
  await using scope = new Scope();
  const port = freePort();
  const dir = scope.tempDir();
  const [map, list] = [join(dir, "a.map"), join(dir, "a.lst")];
  writeFileSync(map, "k file\nd 1\nd 2\n");
  writeFileSync(list, "/first\n");
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
    http-request set-map(${map}) %[query] rule if { path /set }
    http-request return content-type text/plain lf-string "list" if { path -f ${list} }
    http-request return content-type text/plain lf-string "word" if { path /word } { query a b }
    http-request return content-type text/plain lf-string "%[query,map(${map},none)]"
`,
  );
  const expectAll = async (expected: Record<string, string>): Promise<void> => {
    const seen: Record<string, string> = {};
    for (const path of Object.keys(expected)) seen[path] = await said(port, path);
    expect(seen).toEqual(expected);
  };
  await expectAll({ "/?k": "file", "/?d": "1", "/first": "list", "/word?a": "word", "/word?c": "none" });
  await command(
    proxy,
    `set map ${map} k api`,
    `add map ${map} new <<\nnew one\nother two words\n`,
    `add acl ${list} /second`,
    `del acl ${list} /first`,
  );
  const words = /^(\d+) \(\) acl 'query'/m.exec(await proxy.runtime("show acl"))?.[1];
  await command(proxy, `add acl #${words} c`, `del acl #${words} a`);
  // One of two entries of a key, by its reference.
  const second = /^(0x[0-9a-f]+) d 2$/m.exec(await proxy.runtime(`show map ${map}`))?.[1];
  await command(proxy, `set map ${map} #${second} changed`);
  const first = /^(0x[0-9a-f]+) d 1$/m.exec(await proxy.runtime(`show map ${map}`))?.[1];
  await command(proxy, `del map ${map} #${first}`);
  const changed = {
    "/?k": "api",
    "/?d": "changed",
    "/?new": "one",
    "/?other": "two words",
    "/second": "list",
    "/first?none": "none",
    "/word?c": "word",
    "/word?a": "none",
  };
  await expectAll(changed);
  expect(await contents(proxy, `map ${map}`)).toBe("k api\nd changed\nnew one\nother two words");

  // What a rule changed in one worker is seen at once, and is changed by the runtime API in all.
  await fetch(`http://127.0.0.1:${port}/set?ruled`, { keepalive: false });
  expect(await contents(proxy, `map ${map}`)).toEndWith("\nruled rule");
  await expectAll({ "/?ruled": "rule" });
  await command(proxy, `del map ${map} ruled`);
  await expectAll({ "/?ruled": "none" });

  await replaceWorker(proxy);
  await expectAll(changed);
  await reload(proxy);
  await expectAll(changed);
  expect(await contents(proxy, `map ${map}`)).toBe("k api\nd changed\nnew one\nother two words");
  await replaceWorker(proxy);
  await expectAll(changed);

  // A version is made, outlives a reload, and takes the place of all others.
  expect(await proxy.runtime(`prepare map ${map}`)).toBe("New version created: 1\n\n");
  await command(proxy, `add map @1 ${map} k versioned`);
  await expectAll({ "/?k": "api" });
  await reload(proxy);
  await command(proxy, `add map @1 ${map} v also`, `commit map @1 ${map}`);
  const committed = { "/?k": "versioned", "/?v": "also", "/?new": "none", "/second": "list", "/word?c": "word" };
  await expectAll(committed);
  await replaceWorker(proxy);
  await expectAll(committed);

  expect(await proxy.runtime("upgrade")).toStartWith("ok\n");
  await expectAll(committed);
  expect(await contents(proxy, `map ${map}`)).toBe("k versioned\nv also");
  await command(proxy, `set map ${map} v later`, `clear acl ${list}`);
  await expectAll({ ...committed, "/?v": "later", "/second": "" });

  // A file that changed wins.
  writeFileSync(map, "k edited\n");
  await reload(proxy);
  await expectAll({ "/?k": "edited", "/?v": "none", "/second": "", "/word?c": "word" });
  expect(await contents(proxy, `map ${map}`)).toBe("k edited");
}, 60_000);

test("tlb socket sends standard input as the payload", async () => {
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
    http-request return content-type text/plain lf-string "%[query,map(${map},none)]"
`,
  );
  const socket = async (input: string, ...words: string[]): Promise<{ code: number; out: string; err: string }> => {
    const child = Bun.spawn([...tlbCommand(), "socket", "-S", proxy.socket, ...words], {
      stdin: new Blob([input]),
      stdout: "pipe",
      stderr: "pipe",
    });
    const [out, err] = await Promise.all([child.stdout.text(), child.stderr.text()]);
    return { code: await child.exited, out, err };
  };
  // More than a socket takes at once.
  const lines = Array.from({ length: 40_000 }, (_, i) => `key-number-${i} the value of key ${i}\n`).join("");
  expect(await socket(lines, `add map ${map} <<`)).toEqual({ code: 0, out: "\n", err: "" });
  expect(await said(port, "/?key-number-39999")).toBe("the value of key 39999");
  const { out } = await socket("", "show", "map", map);
  expect(out.replaceAll(/^0x[0-9a-f]+ /gm, "")).toBe(`k file\n${lines}\n`);
  expect(await socket("k2 v\nk3\n", `add map ${map} <<`)).toMatchObject({
    code: 1,
    out: "Missing value for key 'k3'.\n\n",
  });
  expect(await socket("k2 v\n\nk3 v\n", `add map ${map} <<`)).toMatchObject({ code: 2, out: "" });
}, 30_000);
