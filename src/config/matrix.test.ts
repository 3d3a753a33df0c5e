/**
 * Everything with everything, against HAProxy: each sample with each matching method, each converter on each type and with odd arguments, each
 * action in each ruleset. Thousands of lines go through `haproxy -c` in one file; it stops after 50 errors, so refused lines are taken
 * out and the rest is asked again.
 */
import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadText } from "./load.ts";

const haproxy = Bun.which("haproxy");
if (haproxy === null) console.log("src/config/matrix.test.ts: skipped, there is no haproxy on this machine");

const dir = mkdtempSync(join(tmpdir(), "tlb-matrix-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
writeFileSync(join(dir, "list"), "abc\n");
writeFileSync(join(dir, "text.map"), "abc 7\n");
writeFileSync(join(dir, "int.map"), "5 7\n");
writeFileSync(join(dir, "ip.map"), "10.0.0.0/8 7\n");
writeFileSync(join(dir, "page.http"), "HTTP/1.0 503 Down\r\nContent-Length: 3\r\n\r\nabc");

const HEAD = `global
 expose-experimental-directives
userlist ul
 user joe insecure-password x
http-errors he
 errorfile 503 ${dir}/page.http
resolvers r
 nameserver n 127.0.0.1:53
defaults
 mode http
 timeout client 1s
 timeout server 1s
 timeout connect 1s
`;

type Place = "front" | "back" | "tcpFront" | "tcpBack";
interface Line {
  readonly place: Place;
  readonly text: string;
}

/** A file with these lines in their places, and the number of each line. */
function fileOf(lines: readonly Line[]): readonly [text: string, at: readonly number[]] {
  const rows = HEAD.split("\n").slice(0, -1);
  const at: number[] = [];
  const section = (place: Place, head: string): void => {
    rows.push(...head.split("\n"), " tcp-request inspect-delay 1s");
    for (const [i, line] of lines.entries()) {
      if (line.place !== place) continue;
      rows.push(` ${line.text}`);
      at[i] = rows.length;
    }
  };
  const slots = " declare capture request len 20\n declare capture response len 20";
  section("front", `frontend f\n bind :8001\n default_backend b\n${slots}`);
  section("back", "backend b\n server s 127.0.0.1:80\n tcp-response inspect-delay 1s");
  section("tcpFront", "frontend tf\n mode tcp\n bind :8002\n default_backend tb\n declare capture request len 20");
  section("tcpBack", "backend tb\n mode tcp\n server s 127.0.0.1:80\n tcp-response inspect-delay 1s");
  return [`${rows.join("\n")}\n`, at];
}

function ours(lines: readonly Line[]): Set<string> {
  const refused = new Set<string>();
  // After a thousand errors the rest of a file is not read.
  for (let from = 0; from < lines.length; from += 800) {
    const some = lines.slice(from, from + 800);
    const [text, at] = fileOf(some);
    const { diagnostics } = loadText(text, "t.cfg");
    const bad = new Set(diagnostics.list.filter((d) => d.severity === "error").map((d) => d.at.line));
    for (const [i, line] of some.entries()) if (bad.has(at[i]!)) refused.add(line.text);
  }
  return refused;
}

function theirs(lines: readonly Line[]): Set<string> {
  const refused = new Set<string>();
  const file = join(dir, "t.cfg");
  for (let live = lines; ;) {
    const [text, at] = fileOf(live);
    writeFileSync(file, text, "latin1");
    const { exitCode, signalCode, stderr } = Bun.spawnSync([haproxy!, "-c", "-f", file], { stderr: "pipe" });
    if (exitCode === 0) return refused;
    const bad = new Set<number>();
    for (const line of stderr.toString("latin1").split("\n")) {
      const found = /\[ALERT\].*t\.cfg:(\d+)\]/.exec(line);
      if (found !== null && !line.includes("too many fatal errors")) bad.add(Number(found[1]));
    }
    const rest = live.filter((_, i) => !bad.has(at[i]!));
    if (rest.length === live.length) throw new Error(`haproxy ${signalCode ?? ""}: ${stderr.toString("latin1")}`);
    for (const [i, line] of live.entries()) if (bad.has(at[i]!)) refused.add(line.text);
    live = rest;
  }
}

function compare(lines: readonly Line[]): void {
  const [a, b] = [ours(lines), theirs(lines)];
  expect(b.size).toBeGreaterThan(100);
  expect(b.size).toBeLessThan(lines.length - 100);
  expect({ only: [...a].filter((line) => !b.has(line)), missed: [...b].filter((line) => !a.has(line)) }).toEqual({
    only: [],
    missed: [],
  });
}

function acl(lines: string[], criterion: string): void {
  lines.push(`acl n${lines.length} ${criterion}`);
}

const front = (lines: readonly string[]): Line[] => lines.map((text) => ({ place: "front", text }));

/** One fetch of each type, and those with something of their own. */
const SAMPLES =
  "always_true int(5) src str(x) bin(6162) method ipv6(::1) path status req.hdr(a) req.hdr_ip(a) req.hdr_val(a) var(txn.a) req.ssl_ver req.ver base32+src payload(0,4) cook(a) urlp(a) http_auth_group(ul) date req.body hdr dst_port nbsrv(b) srv_is_up(b/s) ssl_fc_sni wait_end".split(
    " ",
  );

describe.skipIf(haproxy === null)("as haproxy -c", () => {
  test("each sample with each matching method and flag", () => {
    const patterns: Readonly<Record<string, readonly string[]>> = {
      bool: ["1", "true", "x"],
      int: ["5", "lt 5", "4:6", ":", "x", "lt"],
      ip: ["1.2.3.4", "::1", "10.0.0.0/33", "x"],
      bin: ["6162", "xy", "616"],
      len: ["5", "1:2", "x"],
      str: ["x"],
      sub: ["x"],
      reg: ["^x", "("],
      beg: ["x"],
      end: ["x"],
      dir: ["x"],
      dom: ["x"],
      found: ["", "x"],
    };
    const plain = [
      "",
      "x",
      "5",
      "GET",
      "1.2.3.4",
      "ge 4",
      "-i x",
      `-f ${dir}/list`,
      "-n 1.2.3.4",
      `-M -f ${dir}/text.map`,
    ];
    const lines: string[] = [];
    for (const sample of SAMPLES) {
      if (sample.startsWith("http_auth_group")) continue;
      for (const [method, list] of Object.entries(patterns)) {
        for (const pattern of list) acl(lines, `${sample} -m ${method} ${pattern}`);
      }
      for (const rest of [...plain, "-- -i", "-zz x", "-m zz x", "-f /nope", "-u x 1", "-m"])
        acl(lines, `${sample} ${rest}`);
    }
    compare(front(lines));
  }, 60_000);

  test("each converter on each type, and with odd arguments", () => {
    const { stdout } = Bun.spawnSync([haproxy!, "-dKcnv", "-q", "-c", "-f", "/dev/null"], { stderr: "ignore" });
    const types = ["bool(1)", "int(5)", "src", "ipv6(::1)", "str(abc)", "bin(6162)", "method", "var(txn.x)"];
    const values: Readonly<Record<string, readonly string[]>> = {
      string: ["x", "5", "txn.x"],
      integer: ["1", "x", "-1"],
      "IPv4 mask": ["24", "33", "x"],
      "IPv6 mask": ["64", "x"],
      "Protocol buffers field number": ["1.2", "x"],
      regex: ["a"],
    };
    const lines: string[] = [];
    for (const [, name, list] of stdout.toString().matchAll(/^([a-z0-9_.-]+)(?:\((.*)\))?: \S+ => \S+$/gm)) {
      // HAProxy 2.6 dies of jwt_verify without arguments, wants arguments of http_date it calls optional, and forgets the type behind debug.
      if (/^(table_|in_table|jwt_|http_date|debug|set-var|unset-var|xxh3)/.test(name!)) continue;
      const map = name!.startsWith("map_ip") ? "ip" : name!.startsWith("map_int") ? "int" : "text";
      const parts = (list ?? "").replaceAll(/[[\]]/g, "").split(",").filter(Boolean);
      const needed = (list ?? "")
        .replace(/\[.*\]/, "")
        .split(",")
        .filter(Boolean).length;
      const good = parts.map((type, i) =>
        name!.startsWith("map") && i === 0 ? `${dir}/${map}.map` : values[type]![0]!,
      );
      const call = (args: readonly string[]): string => (args.length === 0 ? name! : `${name}(${args.join(",")})`);
      for (const type of types) acl(lines, `${type},${call(good.slice(0, needed))} -m found`);
      for (let n = 0; n <= parts.length; n++) acl(lines, `str(abc),${call(good.slice(0, n))} -m found`);
      for (const [i, type] of parts.entries()) {
        if (name!.startsWith("map")) continue;
        for (const value of values[type]!) acl(lines, `str(4),${call(good.with(i, value))} -m found`);
      }
      acl(lines, `str(abc),${call([...good, "x", "y"])} -m found`);
    }
    expect(lines.length).toBeGreaterThan(1000);
    compare(front(lines));
  }, 60_000);

  test("what is taken here of actions, rulesets and formats is taken there", () => {
    const formats =
      "x %[src] %[path] %[status] %[res.hdr(a)] %[ %% %ci:%cp %zz %{+Q}o %{+Q,+E}[path] %hr %B%b%ST %[src,zz] a% %{+Z}b".split(
        " ",
      );
    const expressions = "src path status int(5) str(x) req.len method bin(6162) res.hdr(a) nope".split(" ");
    const actions: string[] = [
      "allow accept deny reject tarpit auth silent-drop disable-l7-retry close return use-service wait-for-handshake",
    ].flatMap((words) => words.split(" "));
    actions.push(
      "strict-mode on",
      "switch-mode http",
      "expect-proxy layer4",
      "set-nice 5",
      "set-nice 2000",
      "set-tos 18",
      "set-tos 300",
    );
    actions.push(
      "set-mark 1",
      "set-log-level silent",
      "set-log-level x",
      "wait-for-body time 1s",
      "wait-for-body time 1s at-least 10k",
    );
    actions.push(
      "do-resolve(txn.a,r) src",
      "do-resolve(txn.a,r,ipv4) hdr(host)",
      "set-timeout server 1s",
      "set-timeout tunnel int(5)",
    );
    actions.push(
      "set-status 200",
      "set-status 99",
      "set-status 200 reason x",
      "unset-var(txn.a)",
      "unset-var(zz.a)",
      "capture src len 5",
    );
    for (const name of "fragment-encode fragment-strip path-merge-slashes path-strip-dot path-strip-dotdot percent-to-uppercase query-sort-by-name".split(
      " ",
    ))
      actions.push(`normalize-uri ${name}`);
    for (const verb of "set-header a;add-header a;early-hint a;set-path;set-pathq;set-query;set-uri;set-method;replace-header a b;replace-value a b;replace-path a;replace-pathq a;replace-uri a;set-var-fmt(txn.a);redirect location;redirect prefix;redirect scheme;return content-type x lf-string;return hdr a;deny hdr a;deny content-type x lf-string".split(
      ";",
    ))
      for (const format of formats) actions.push(`${verb} ${format}`);
    for (const verb of ["set-map", "del-map", "add-acl", "del-acl"])
      for (const format of formats) actions.push(`${verb}(${dir}/text.map) ${format}${verb === "set-map" ? " v" : ""}`);
    for (const verb of "set-src set-src-port set-dst set-dst-port set-var(txn.a) set-var(sess.a) set-var(req.a) set-var(res.a) set-priority-class set-priority-offset".split(
      " ",
    ))
      for (const expression of expressions) actions.push(`${verb} ${expression}`);
    for (const word of [
      "status 200",
      "status 99",
      "deny_status 404",
      "deny_status 418",
      "content-type x string y",
      "string y",
      "errorfile @/page.http",
      "errorfiles he",
      "status 503 errorfiles he",
      "status 503 default-errorfiles",
      "status 200 default-errorfiles",
      "content-type x file @/page.http",
      "content-type x lf-file @/page.http",
    ])
      for (const verb of ["return", "deny", "tarpit"]) actions.push(`${verb} ${word.replaceAll("@", dir)}`);
    for (const word of [
      "location /a code 301",
      "location /a code 304",
      "prefix /a drop-query append-slash",
      "location /a set-cookie A=b",
      "location /a clear-cookie A=",
      "location /a ignore-empty",
    ])
      actions.push(`redirect ${word}`);
    for (const method of ["str", "beg", "end", "sub", "reg", "dom"]) actions.push(`del-header a -m ${method}`);
    for (const empty of [
      "set-header a ''",
      "set-header '' a",
      "replace-header a b ''",
      "set-path ''",
      "set-query ''",
      "early-hint a ''",
      "set-var-fmt(txn.a) ''",
      "return string '' content-type a",
      "redirect location ''",
    ])
      actions.push(empty);
    const rulesets: readonly (readonly [Place, string])[] = [
      ["front", "http-request"],
      ["back", "http-request"],
      ["front", "http-response"],
      ["back", "http-response"],
      ["front", "http-after-response"],
      ["back", "http-after-response"],
      ["tcpFront", "tcp-request connection"],
      ["tcpFront", "tcp-request session"],
      ["tcpFront", "tcp-request content"],
      ["tcpBack", "tcp-response content"],
      ["front", "tcp-request content"],
      ["back", "tcp-response content"],
    ];
    const lines = rulesets.flatMap(([place, set]) =>
      actions.map((action): Line => ({ place, text: `${set} ${action}` })),
    );
    const bad = ours(lines);
    const taken = lines.filter(({ text }) => !bad.has(text));
    expect(taken.length).toBeGreaterThan(1500);
    expect([...theirs(taken)]).toEqual([]);
  }, 60_000);
});

test("errors of lines, rules, expressions and formats come in one run", () => {
  const { diagnostics } = loadText(
    `defaults
 mode http
 timeout client 1s
 timeout server 1s
 timeout connect 1s
frontend f
 bind :8001
 zork
 http-request set-header a %[nope]
 http-request deny if { src 300.1.1.1 }
 acl x path -m zz y
 log-format %zz
 use_backend nowhere
`,
    "t.cfg",
  );
  const errors = diagnostics.list.filter(({ severity }) => severity === "error");
  expect(errors.map(({ code, at }) => `${at.line}:${at.column} ${code}`).sort()).toEqual([
    "10:29 acl/bad-pattern",
    "11:16 acl/unknown-method",
    "12:13 logformat/unknown",
    "13:14 config/unknown-backend",
    "8:2 config/unknown-keyword",
    "9:30 expr/unknown-fetch",
  ]);
});
