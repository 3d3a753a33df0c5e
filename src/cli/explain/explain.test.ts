import { describe, expect, test } from "bun:test";
import { createColors } from "picocolors";
import { parseText } from "../../config/testing.helper.ts";
import { SourceLines } from "../../lang/render.ts";
import { UsageError } from "../command.ts";
import { type InputOptions, readInput } from "./input.ts";
import { render } from "./render.ts";
import type { Explanation, RuleStep } from "./result.ts";
import { explain } from "./run.ts";

const DEFAULTS =
  "defaults\n mode http\n timeout client 3s\n timeout server 3s\n timeout connect 3s\n timeout tarpit 2s\n";

function options(given: Partial<InputOptions>): InputOptions {
  return {
    words: ["/"],
    method: undefined,
    headers: [],
    data: undefined,
    source: undefined,
    destination: undefined,
    sni: undefined,
    variables: [],
    status: undefined,
    responseHeaders: [],
    ...given,
  };
}

async function run(
  lines: string,
  given: Partial<InputOptions> = {},
  frontend: string | null = null,
): Promise<Explanation> {
  const text = `${DEFAULTS}${lines}\n`;
  const { model, diagnostics } = parseText(text, { "/m.map": "/a b\n" });
  expect(diagnostics.list.filter(({ severity }) => severity === "error")).toEqual([]);
  return explain(model, readInput(options(given)), frontend, new SourceLines([{ name: "t.cfg", text }]));
}

function rules(found: Explanation): RuleStep[] {
  return found.steps.filter((step) => step.kind === "rule");
}

/** "keyword: applied" of each rule, and what it changed. */
function short(found: Explanation): string[] {
  return rules(found).map(
    ({ text, applied, changes }) => `${text}: ${applied}${changes.length === 0 ? "" : ` ${changes.join(" ")}`}`,
  );
}

const ONE = "backend b\n server s1 127.0.0.1:1\n";

describe("rules", () => {
  test("conditions, samples and patterns of each ACL as far as they are looked at", async () => {
    const found = await run(
      `frontend f\n bind :80\n acl a path_beg /x /api\n acl a hdr(h) -m sub zz yy\n acl b src 10.0.0.0/8\n http-request set-header A 1 if a !b\n http-request set-header B 1 if b a\n http-request set-header C 1 unless a\n default_backend b\n${ONE}`,
      { words: ["http://host/no"], headers: ["H: 1, ayy"] },
    );
    expect(short(found)).toEqual([
      "http-request set-header A 1 if a !b: true + a: 1",
      "http-request set-header B 1 if b a: false",
      "http-request set-header C 1 unless a: false",
    ]);
    const seen = rules(found)[0]!.acls.map(({ name, negated, result, sample, pattern, line }) => [
      name,
      negated,
      result,
      sample,
      pattern,
      line,
    ]);
    expect(seen).toEqual([
      ["a", false, "false", '"/no"', null, 9],
      ["a", false, "true", '"ayy"', "yy", 10],
      ["b", true, "false", "192.0.2.1", null, 11],
    ]);
    expect(rules(found)[1]!.acls).toHaveLength(1);
  });

  test("what actions change: lines of heads, the target, variables", async () => {
    const found = await run(
      `frontend f\n bind :80\n http-request set-path /new\n http-request set-method PUT\n http-request del-header x-a\n http-request set-var(txn.v) int(7)\n http-request set-var(sess.s) str(q)\n http-request unset-var(txn.v)\n default_backend b\n${ONE}`,
      { words: ["/old?q=1"], headers: ["x-a: 1", "host: h"] },
    );
    expect(rules(found).map(({ changes }) => changes)).toEqual([
      ["- GET /old?q=1 HTTP/1.1", "+ GET /new?q=1 HTTP/1.1"],
      ["- GET /new?q=1 HTTP/1.1", "+ PUT /new?q=1 HTTP/1.1"],
      ["- x-a: 1"],
      ["txn.v = 7"],
      ['sess.s = "q"'],
      ["txn.v is unset"],
    ]);
    expect(found.forwarded).toBe("PUT /new?q=1 HTTP/1.1\r\nhost: h\r\n\r\n");
  });

  test("what actions change elsewhere: maps, the level of the log line", async () => {
    const found = await run(
      `frontend f\n bind :80\n http-request set-map(/m.map) %[src] 1 if { path,map(/m.map) -m found }\n http-request set-log-level silent\n default_backend b\n${ONE}`,
      { words: ["/a"] },
    );
    expect(rules(found).map(({ changes }) => changes)).toEqual([
      ['/m.map: set "192.0.2.1" = "1"'],
      ["log level = silent"],
    ]);
  });

  test("an answer ends it; what was not reached says so, in its place", async () => {
    const found = await run(
      `frontend f\n bind :80\n http-request deny deny_status 429\n http-request set-header A 1\n use_backend b\n${ONE}`,
      { headers: ["host: h"] },
    );
    expect(short(found)).toEqual([
      "http-request deny deny_status 429: true",
      "http-request set-header A 1: null",
      "use_backend b: null",
    ]);
    expect(rules(found)[0]!.verdict).toBe("answered");
    expect(found.answer).toStartWith("HTTP/1.1 429 Too Many Requests\r\n");
    expect([found.backend, found.choice, found.forwarded]).toEqual([null, null, null]);
  });

  test("a tarpit takes no time to explain", async () => {
    const began = Date.now();
    const found = await run(`frontend f\n bind :80\n http-request tarpit deny_status 429\n default_backend b\n${ONE}`);
    expect(found.steps.map((step) => (step.kind === "wait" ? Math.round(step.ms / 1000) : step.applied))).toEqual([
      true,
      2,
    ]);
    expect(found.answer).toStartWith("HTTP/1.1 429");
    expect(Date.now() - began).toBeLessThan(1500);
  });

  test("allow stops a ruleset", async () => {
    const found = await run(
      `frontend f\n bind :80\n http-request allow\n http-request deny\n default_backend b\n${ONE}`,
    );
    expect(short(found)).toEqual(["http-request allow: true", "http-request deny: null"]);
    expect(rules(found)[0]!.verdict).toBe("stop");
    expect(found.choice?.server).toBe("s1");
  });

  test("variables of the command line are there before the first rule", async () => {
    const found = await run(
      `frontend f\n bind :80\n http-request deny if { var(txn.a) -m str x } { var(sess.n) -m int gt 4 } { var(proc.p) -m found }\n default_backend b\n${ONE}`,
      { variables: ["txn.a=x", "sess.n=5", "proc.p=1"] },
    );
    expect(found.answer).toStartWith("HTTP/1.1 403");
    expect(run("frontend f\n bind :80\n http-request deny\n", { variables: ["bad=1"] })).rejects.toThrow(UsageError);
  });

  test("responses: rules of both sides, cookies, http-after-response", async () => {
    const lines = `frontend f\n bind :80\n http-response set-header F 1\n http-after-response set-header A 1\n default_backend b\nbackend b\n cookie C insert\n http-response del-header X if { status 201 }\n server s1 127.0.0.1:1 cookie k\n`;
    const found = await run(lines, { status: "201", responseHeaders: ["X: 1"] });
    expect(found.answer).toBe(
      "HTTP/1.1 201 Explained\r\ncontent-length: 0\r\nf: 1\r\nset-cookie: C=k; path=/\r\na: 1\r\n\r\n",
    );
    expect(short(found)).toEqual([
      "http-response del-header X if { status 201 }: true - x: 1",
      "http-response set-header F 1: true + f: 1",
      "http-after-response set-header A 1: true + a: 1",
    ]);
    expect(short(await run(lines))).toEqual([]);
  });
});

describe("backends and servers", () => {
  test("use_backend, names made at run time, default_backend, listen", async () => {
    const lines = `frontend f\n bind :80\n use_backend %[path,field(2,/)] if { path_beg /by/ }\n use_backend %[req.hdr(x)] if { req.hdr(x) -m found }\n default_backend b\nlisten l\n bind :81\n server s9 127.0.0.1:1\n${ONE}`;
    const by = async (given: Partial<InputOptions>): Promise<unknown> => {
      const { backend, choice } = await run(lines, given);
      return [backend?.name, backend?.by, backend?.rule?.line ?? null, choice?.server];
    };
    expect(await by({ headers: ["x: b"] })).toEqual(["b", "use_backend", 10, "s1"]);
    expect(await by({ headers: ["x: nowhere"] })).toEqual(["b", "use_backend", 10, "s1"]);
    expect(await by({})).toEqual(["b", "default_backend", null, "s1"]);
    expect(await by({ words: ["http://h:81/"] })).toEqual(["l", "listen", null, "s9"]);
  });

  test("keys, weights, states, and whether the choice is fixed", async () => {
    const servers =
      " server s1 127.0.0.1:1 weight 3\n server s2 127.0.0.1:2\n server s3 127.0.0.1:3 disabled\n server s4 127.0.0.1:4 backup\n";
    const with_ = async (balance: string, given: Partial<InputOptions> = {}) =>
      (await run(`frontend f\n bind :80\n default_backend b\nbackend b\n balance ${balance}\n${servers}`, given))
        .choice!;
    const turn = await with_("roundrobin");
    expect([turn.keys, turn.fixed, turn.server]).toEqual([[], false, "s1"]);
    expect(turn.candidates.map(({ usable, backup, weight, note }) => [usable, backup, weight, note])).toEqual([
      [true, false, 3, ""],
      [true, false, 1, ""],
      [false, false, 1, "disabled"],
      [true, true, 1, ""],
    ]);
    expect(await with_("source", { source: "10.1.2.3" })).toMatchObject({ keys: ["source 10.1.2.3"], fixed: true });
    expect(await with_("uri", { words: ["/abc"] })).toMatchObject({ keys: ['uri "/abc"'], fixed: true });
    expect(await with_("hdr(x)", { headers: ["x: 1"] })).toMatchObject({ keys: ['header x "1"'], fixed: true });
    expect(await with_("hdr(x)")).toMatchObject({ keys: ["header x is absent"], fixed: false });
  });

  test("cookies", async () => {
    const lines =
      "frontend f\n bind :80\n default_backend b\nbackend b\n cookie C insert\n server s1 127.0.0.1:1 cookie k1\n server s2 127.0.0.1:2 cookie k2\n";
    const stuck = await run(lines, { headers: ["cookie: C=k2"] });
    expect(stuck.choice).toMatchObject({ server: "s2", fixed: true, persistence: "cookie C: it names a server" });
    expect((await run(lines)).choice).toMatchObject({
      server: "s1",
      fixed: false,
      persistence: "cookie C: the request has none",
    });
  });

  test("TLS to the server, and the name it is given", async () => {
    const lines =
      "frontend f\n bind :80\n use_backend c if { path /c }\n default_backend b\nbackend b\n server s1 127.0.0.1:1 ssl verify none sni req.hdr(host)\nbackend c\n server s2 127.0.0.1:2 ssl verify none\n";
    expect(await run(lines, { words: ["http://h/"] })).toMatchObject({
      serverTls: { name: "h" },
      forwarded: "GET / HTTP/1.1\r\nhost: h\r\n\r\n",
    });
    expect((await run(lines, { words: ["http://h/c"] })).serverTls).toEqual({ name: null });
    expect((await run(`frontend f\n bind :80\n default_backend b\n${ONE}`)).serverTls).toBeNull();
  });

  test("nobody can serve it", async () => {
    const found = await run("frontend f\n bind :80\n default_backend b\nbackend b\n server s1 127.0.0.1:1 disabled\n");
    expect(found.choice).toMatchObject({ server: null });
    expect(found.answer).toStartWith("HTTP/1.1 503");
    expect((await run("frontend f\n bind :80\n")).answer).toStartWith("HTTP/1.1 503");
  });

  test("rules about connections, sessions and contents", async () => {
    const lines = `frontend f\n mode tcp\n bind :25\n tcp-request connection reject if { src 192.0.2.66 }\n tcp-request session reject if { src 192.0.2.67 }\n tcp-request inspect-delay 2s\n tcp-request content accept if { req.len ge 3 }\n tcp-request content reject\n use_backend b if { req.payload(0,4) -m str EHLO }\nbackend b\n mode tcp\n server s1 127.0.0.1:1\n`;
    const words = ["tcp://h:25"];
    const found = await run(lines, { words, data: "EHLO x" });
    expect([found.choice?.server, found.forwarded, found.closed]).toEqual(["s1", "EHLO x", false]);
    expect(rules(found).map(({ ruleset, applied }) => `${ruleset} ${applied}`)).toEqual([
      "tcp-request connection false",
      "tcp-request session false",
      "tcp-request content true",
      "tcp-request content null",
      "use_backend true",
    ]);
    for (const [source, ruleset] of [
      ["192.0.2.66", "tcp-request connection"],
      ["192.0.2.67", "tcp-request session"],
    ] as const) {
      const refused = await run(lines, { words, data: "EHLO x", source });
      expect([refused.forwarded, refused.answer, refused.closed]).toEqual([null, null, true]);
      expect(rules(refused).find(({ applied }) => applied)).toMatchObject({ ruleset, verdict: "answered" });
    }
    const late = await run(lines, { words });
    expect(late.steps.map((step) => (step.kind === "wait" ? "wait" : `${step.ruleset} ${step.applied}`))).toEqual([
      "tcp-request connection false",
      "tcp-request session false",
      "tcp-request content false",
      "wait",
      "tcp-request content true",
      "use_backend null",
    ]);
    expect(late.closed).toBe(true);
  });

  test("a listener that waits for a PROXY header gets one", async () => {
    for (const lines of [" bind :80 accept-proxy\n", " bind :80\n tcp-request connection expect-proxy layer4\n"]) {
      const found = await run(
        `frontend f\n${lines} http-request set-header X-From %[src] if { fc_rcvd_proxy }\n default_backend b\n${ONE}`,
        { source: "10.9.8.7:6" },
      );
      expect(found.forwarded).toContain("x-from: 10.9.8.7\r\n");
    }
  });

  test("mode tcp", async () => {
    const lines =
      "frontend f\n mode tcp\n bind :25\n default_backend b\nbackend b\n mode tcp\n server s1 127.0.0.1:1\n";
    const found = await run(lines, { words: ["tcp://h:25"], data: "EHLO x" });
    expect([found.frontend.mode, found.choice?.server, found.forwarded]).toEqual(["tcp", "s1", "EHLO x"]);
  });
});

describe("requests", () => {
  const text = (given: Partial<InputOptions>): string => readInput(options(given)).bytes;
  test("from words to bytes", () => {
    expect(text({ words: ["http://h:81/a?b#c"] })).toBe("GET /a?b HTTP/1.1\r\nHost: h:81\r\n\r\n");
    expect(text({ words: ["DELETE", "https://h"] })).toBe("DELETE / HTTP/1.1\r\nHost: h\r\n\r\n");
    expect(text({ words: ["http://h/"], headers: ["host:x", "A: b"] })).toBe(
      "GET / HTTP/1.1\r\nhost: x\r\nA: b\r\n\r\n",
    );
    expect(text({ words: ["/é"], data: "é" })).toBe("POST /\xc3\xa9 HTTP/1.1\r\nContent-Length: 2\r\n\r\n\xc3\xa9");
    expect(
      readInput(options({ words: ["https://h:8443/"], source: "[::1]:7", destination: "10.0.0.1" })),
    ).toMatchObject({
      port: 8443,
      sni: "h",
      source: { address: "::1", port: 7 },
      destination: { address: "10.0.0.1", port: 8443 },
    });
  });

  test("what is none", () => {
    const bad: Partial<InputOptions>[] = [
      { words: [] },
      { words: ["GET", "/", "x"] },
      { headers: ["novalue"] },
      { source: "nowhere" },
      { destination: "1.2.3.4.5" },
      { method: "G T" },
      { variables: ["x"] },
      { status: "99" },
    ];
    for (const given of bad) expect(() => readInput(options(given))).toThrow(UsageError);
  });

  test("a malformed one says why", async () => {
    const found = await run(`frontend f\n bind :80\n default_backend b\n${ONE}`, {
      headers: ["Upgrade: websocket", "Connection: upgrade"],
    });
    expect(found.malformed).toBe("h1-websocket-key");
    expect(found.answer).toStartWith("HTTP/1.1 400");
  });

  test("which frontend", async () => {
    const lines = `frontend a\n bind 127.0.0.1:80\n default_backend b\nfrontend b2\n bind 127.0.0.2:80\n bind :81\n default_backend b\n${ONE}`;
    const name = async (given: Partial<InputOptions>, frontend?: string): Promise<string> =>
      (await run(lines, given, frontend ?? null)).frontend.name;
    expect(await name({ words: ["http://h/"], destination: "127.0.0.2" })).toBe("b2");
    expect(await name({ words: ["http://h:81/"] })).toBe("b2");
    expect(await name({ words: ["http://h:9/"] }, "a")).toBe("a");
    expect(name({ words: ["http://h:9/"] })).rejects.toThrow("no frontend listens on port 9");
    expect(name({}, "aa")).rejects.toThrow("no frontend 'aa'; did you mean 'a'?");
  });
});

test("as text it fits 80 columns", async () => {
  const found = await run(
    `frontend f\n bind :80\n acl is_api path_beg /api/ /v2/ /graphql /some/rather/long/prefix/of/a/path\n http-request set-header X-Long-Name a-rather-long-value-of-a-header if is_api { req.hdr(accept) -m sub json }\n http-request set-header x ${"y".repeat(200)}\n use_backend b if is_api\nbackend b\n balance uri\n server ${"s".repeat(70)} 127.0.0.1:1\n server s1 127.0.0.1:2\n`,
    { words: ["http://h/api/1"], headers: ["accept: text/html,application/json"] },
  );
  const text = render(found, createColors(false));
  // Words longer than a line stay whole where they may be copied.
  const wide = text.split("\n").filter((line) => line.length > 80);
  expect(wide.filter((line) => !/\S{60}/.test(line))).toEqual([]);
  expect(text.split("\n").find((line) => line.startsWith("      + x: "))).toHaveLength(80);
  expect(text).toContain("yes t.cfg:10  http-request set-header X-Long-Name");
  expect(text).toContain('is_api (line 9, path_beg): true, "/api/1" matches "/api/"');
  expect(text).toMatch(/^ -> s/m);
});

test("a host may stand without http://, what is no URL is refused", () => {
  const sent = (word: string): string => readInput(options({ words: [word] })).bytes.split("\r\n\r\n")[0]!;
  expect(sent("h:8080/p")).toBe("GET /p HTTP/1.1\r\nHost: h:8080");
  expect(sent("www.example.com")).toBe("GET / HTTP/1.1\r\nHost: www.example.com");
  expect(sent("example.com/a.b?c")).toBe("GET /a.b?c HTTP/1.1\r\nHost: example.com");
  expect(sent("[::1]:8080/x")).toBe("GET /x HTTP/1.1\r\nHost: [::1]:8080");
  expect(sent("v2/list")).toBe("GET /v2/list HTTP/1.1");
  expect(sent("/a.b/http://x")).toBe("GET /a.b/http://x HTTP/1.1");
  for (const url of ["ht!tp://x", "ftp://x/", "http://h:99999/", "h:99999/"]) {
    expect(() => sent(url)).toThrow(`'${url}'`);
  }
});
