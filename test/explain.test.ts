/** `tlb explain` tells what a running tlb does: for each request both name the same server, send it the same bytes and answer alike. */
import { expect, test } from "bun:test";
import { createColors } from "picocolors";
import { type InputOptions, readInput } from "../src/cli/explain/input.ts";
import { render } from "../src/cli/explain/render.ts";
import { explain } from "../src/cli/explain/run.ts";
import { parseText } from "../src/config/testing.helper.ts";
import { SourceLines } from "../src/lang/render.ts";
import { scenarios } from "./diff/scenarios/index.ts";
import { alike, Live } from "./explain/live.ts";

const CONFIG = `
defaults
    mode http
    timeout connect 2s
    timeout client 3s
    timeout server 3s

frontend www
    bind 127.0.0.1:{fe}
    option forwardfor
    acl is_api path_beg /api/ /v2/
    acl is_static path_end .css .js
    acl json req.hdr(accept) -m sub json
    acl office src 10.0.0.0/8
    acl office req.hdr(x-office) -m found
    http-request deny deny_status 429 if { path_beg /admin } !office
    http-request return status 200 content-type text/plain lf-string "you are %[src]" if { path /me }
    http-request redirect code 302 location https://%[req.hdr(host)]%[path] if { path /login }
    http-request set-var(txn.tier) str(gold) if { req.hdr(x-key) -m str secret }
    http-request set-header X-Tier %[var(txn.tier)] if { var(txn.tier) -m found }
    http-request del-header X-Key
    http-request replace-path /v2/(.*) /api/\\1
    http-request set-query a=1 if json
    http-response set-header X-Front %[var(txn.tier)]
    http-after-response set-header X-After 1
    use_backend api if is_api !is_static
    use_backend %[path,field(3,/)] if { path_beg /to/ }
    use_backend hashed if { path_beg /hash/ }
    use_backend none if { path /none }
    default_backend web

backend api
    cookie SRV insert indirect
    http-request set-header X-Backend api
    http-request deny if { method DELETE }
    http-response del-header X-Server
    server api1 127.0.0.1:{api1} cookie c1
    server api2 127.0.0.1:{api2} cookie c2 weight 0

backend hashed
    balance uri
    hash-type consistent
    server h1 127.0.0.1:{h1}
    server h2 127.0.0.1:{h2}
    server h3 127.0.0.1:{h3}

backend web
    server web1 127.0.0.1:{web1}

backend none
    server off 127.0.0.1:1 disabled
`;

const requests: readonly Partial<InputOptions>[] = [
  { words: ["http://h/"] },
  { words: ["http://h/api/x?y=1"], headers: ["X-Key: secret"] },
  { words: ["http://h/v2/list"], headers: ["Accept: text/html, application/json", "x-key: other"] },
  { words: ["http://h/api/site.css"] },
  { words: ["http://h/admin"] },
  { words: ["http://h/admin"], headers: ["x-office: 1"] },
  { words: ["http://h/me"] },
  { words: ["http://h/login"] },
  { words: ["DELETE", "http://h/api/1"] },
  { words: ["http://h/api/1"], data: "a body", headers: ["Content-Type: text/plain"] },
  { words: ["http://h/api/1"], headers: ["Cookie: a=b; SRV=c1"] },
  { words: ["http://h/api/1"], headers: ["Cookie: SRV=c2"] },
  { words: ["http://h/to/api"] },
  { words: ["http://h/to/nowhere"] },
  { words: ["http://h/none"] },
  ...Array.from({ length: 12 }, (_, i) => ({ words: [`http://h/hash/${i}`] })),
];

test("server, forwarded bytes and answer of every request", async () => {
  await using live = await Live.start(CONFIG);
  const servers = new Set<string>();
  for (const given of requests) servers.add((await alike(live, given)).choice?.server ?? "none");
  expect([...servers].sort()).toEqual(["api1", "api2", "h1", "h2", "h3", "none", "web1"]);
}, 60_000);

const STICKY = `
defaults
    mode http
    timeout connect 2s
    timeout client 3s
    timeout server 3s

frontend www
    bind 127.0.0.1:{fe}
    default_backend app

backend app
    stick-table type string len 20 size 1k expire 1m
    stick on req.hdr(x-user)
    stick store-response res.hdr(x-server)
    server s1 127.0.0.1:{s1}
    server s2 127.0.0.1:{s2}
    server s3 127.0.0.1:{s3} disabled
`;

test("stick rules: where an entry leads, and what is stored", async () => {
  await using live = await Live.start(STICKY);
  const told = async (user: string, ...entries: string[]): Promise<readonly (string | readonly string[])[]> => {
    const { choice, steps } = await alike(live, { words: ["http://h/"], headers: [`X-User: ${user}`] }, entries);
    return [choice!.server!, ...steps.map((step) => (step.kind === "rule" ? step.changes : []))];
  };
  expect(await told("a")).toEqual([
    "s1",
    ['"a" in app: not there', '"a" in app will be stored'],
    ['"yes" in app is stored'],
  ]);
  // By now the table holds "a" and, from the response, "yes".
  const known = ["app:a:server_id=1", "app:yes:server_key=s1"];
  expect((await told("a", ...known))[1]).toEqual(['"a" in app: server s1', '"a" in app will be stored']);
  // The next in turn of the running one: the explanation, whose process has just started, has to be told.
  expect((await told("b", ...known, "app:b:server_id=2"))[0]).toBe("s2");
  expect((await told("b", "app:b:server_key=s2"))[0]).toBe("s2");
  const down = await live.explained({ words: ["http://h/"], headers: ["X-User: c"] }, ["app:c:server_id=3"]);
  expect(down.choice!.server).toBe("s1");
  expect(down.steps[0]).toMatchObject({
    ruleset: "stick",
    applied: true,
    changes: ['"c" in app: server s3, which is down', '"c" in app will be stored'],
  });
}, 60_000);

test("no configuration of the differential tests is too much for it", async () => {
  let explained = 0;
  const seen = new Set<string>();
  for (const { config, global, files } of scenarios) {
    let port = 10_000;
    const text = `global\n${global ?? ""}\n${config}`
      .replace(/\{file:([^}]+)\}/g, (_, name: string) => `/${name}`)
      .replace(/\{@(\w+)\}/g, "$1")
      .replace(/\{(\w+)\}/g, () => String(port++));
    if (seen.has(text)) continue;
    seen.add(text);
    const known = Object.fromEntries(Object.entries(files ?? {}).map(([name, bytes]) => [`/${name}`, bytes]));
    const { model, diagnostics } = parseText(text, known);
    if (diagnostics.failed) continue;
    const lines = new SourceLines([{ name: "t.cfg", text }]);
    for (const proxy of model.proxies) {
      if (proxy.kind === "backend" || proxy.disabled || proxy.binds.length === 0) continue;
      const scheme = proxy.mode === "tcp" ? "tcp" : proxy.binds[0]!.tls === null ? "http" : "https";
      const words = [scheme === "tcp" ? "tcp://x" : `${scheme}://example.test/path?x=1`];
      const found = await explain(model, readInput({ ...NONE, words, status: "200" }), proxy.name, lines);
      const text = render(found, createColors(false));
      expect(text).not.toContain("undefined");
      expect(found.answer !== null || found.forwarded !== null || found.closed || found.steps.length > 0).toBe(true);
      explained++;
    }
  }
  expect(explained).toBeGreaterThan(200);
}, 300_000);

const NONE: InputOptions = {
  words: [],
  method: undefined,
  headers: ["x-a: 1", "cookie: a=b"],
  data: "body",
  source: undefined,
  destination: undefined,
  sni: undefined,
  variables: [],
  status: undefined,
  responseHeaders: ["Set-Cookie: x=y"],
};
