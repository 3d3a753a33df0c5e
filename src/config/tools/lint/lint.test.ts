/** Beside the examples of the rows (see ../codes/codes.test.ts): what must and what must not be reported. */
import { describe, expect, test } from "bun:test";
import { Diagnostics } from "../../../lang/diagnostic.ts";
import { readText } from "../../../lang/reader.ts";
import { parseConfig } from "../../parse.ts";
import { testEnv } from "../../testing.helper.ts";
import { codes } from "../codes/index.ts";
import { applyIgnores } from "./ignore.ts";
import { lintRules } from "./index.ts";
import { namePattern } from "./rules/unreachable-backend.ts";
import { keywordOf } from "./terms.ts";

const HEAD = "defaults\n mode http\n timeout connect 5s\n timeout client 30s\n timeout server 30s\n";
const APP = "backend app\n server s1 192.0.2.1:80\n";

/** `line code` of every finding; lines count from the first one behind the defaults. */
function lint(text: string): string[] {
  const diagnostics = new Diagnostics();
  const reader = readText(HEAD + text, "t.cfg", { env: {} }, diagnostics);
  parseConfig(reader, testEnv({ "/words": "a\n", "/regexes": "# comment\n^/a\n(a+)+b\n" }), diagnostics, {
    lint: true,
  });
  const left = applyIgnores(reader.sources, diagnostics.list, { codes: new Set(codes.keys()), judge: true });
  return left.map(({ code, at }) => `${at.line - 5} ${code.replace("lint/", "")}`);
}

/** The findings of an http frontend with these lines; line 1 is the first of them. */
function front(...lines: string[]): string[] {
  const text = `frontend web\n bind 127.0.0.1:80\n ${lines.join("\n ")}\n default_backend app\n${APP}`;
  return lint(text).map((finding) => finding.replace(/^\d+/, (line) => String(Number(line) - 2)));
}

test("codes of rules are unique", () => {
  expect(new Set(lintRules.map(({ code }) => code)).size).toBe(lintRules.length);
});

test("a configuration with errors is not linted", () => {
  expect(lint(`frontend web\n bind :80\n acl a src 10.0.0.1\n default_backend nope\n`)).toEqual([
    "4 config/unknown-backend",
  ]);
});

describe("never-matches", () => {
  test("behind a rule without condition: told once", () => {
    expect(front("http-request deny", "http-request set-header x 1", "http-request return status 200")).toEqual([
      "2 never-matches",
    ]);
    expect(front("http-request deny if TRUE", "http-request set-header x 1")).toEqual(["2 never-matches"]);
    expect(front("http-request deny if { always_true }", "http-request set-header x 1")).toEqual(["2 never-matches"]);
  });

  test("behind the same or a wider condition", () => {
    expect(front("http-request deny if { path /a }", "http-request return status 200 if { path /a }")).toEqual([
      "2 never-matches",
    ]);
    expect(front("acl a path /a", "http-request deny if a", "http-request deny if a { src 10.0.0.1 }")).toEqual([
      "3 never-matches",
    ]);
    expect(front("acl a path /a", "http-request deny unless a", "http-request deny if !a METH_GET")).toEqual([
      "3 never-matches",
    ]);
    // Each of two alternatives is taken by another rule above.
    expect(
      front(
        "http-request deny if { path /a }",
        "http-request deny if { path /b }",
        "http-request return status 200 if { path /a } or { path /b }",
      ),
    ).toEqual(["3 never-matches"]);
  });

  test("a condition that contradicts itself", () => {
    expect(front("acl a path /a", "http-request deny if a !a")).toEqual(["2 never-matches"]);
    expect(front("acl a path /a", "http-request deny if a !a or { path /b }")).toEqual([]);
  });

  test("not behind narrower conditions, other tests, or what changes the request", () => {
    expect(front("acl a path /a", "http-request deny if a { src 10.0.0.1 }", "http-request deny if a")).toEqual([]);
    expect(front("http-request deny if { path /a }", "http-request deny if { path /b }")).toEqual([]);
    expect(front("http-request set-header x 1 if { path /a }", "http-request deny if { path /a }")).toEqual([]);
    expect(
      front("http-request deny if { path /a }", "http-request set-path /a", "http-request deny if { path /a }"),
    ).toEqual([]);
    expect(front("http-request deny if { rand(100) lt 5 }", "http-request deny if { rand(100) lt 5 }")).toEqual([]);
  });

  test("not for what is switched off on purpose, nor in another ruleset", () => {
    expect(front("http-request deny if FALSE", "http-request set-header x 1 if FALSE")).toEqual([]);
    expect(front("http-request allow", "http-response set-header x 1")).toEqual([]);
  });

  test("use_backend with the condition of an earlier one", () => {
    const rules = " use_backend app if { path /a }\n use_backend b if { path /a }\n default_backend app\n";
    expect(lint(`frontend web\n bind 127.0.0.1:80\n${rules}${APP}backend b\n server s 192.0.2.2:80\n`)).toEqual([
      "4 never-matches",
    ]);
  });
});

test("after-catch-all: default_backend too, but not behind names made at run time", () => {
  expect(front("use_backend app")).toEqual(["2 after-catch-all"]);
  expect(front("use_backend %[req.hdr(host),lower]")).toEqual([]);
  expect(front("use_backend app if { path /a }")).toEqual([]);
});

test("unused-acl: once for several lines, used in any rule, negated or not", () => {
  expect(front("acl a path /a", "acl a path /b")).toEqual(["1 unused-acl"]);
  expect(front("acl a path /a", "http-request set-header x 1 unless !a METH_GET")).toEqual([]);
  // A word between braces is no name.
  expect(front("acl a path /a", "http-request deny if { path a }")).toContain("1 unused-acl");
});

describe("unreachable-backend", () => {
  const other = "backend other\n server s 192.0.2.2:80\n";
  test("reached by a constant or a made name, or mentioned", () => {
    expect(front("use_backend other if { path /a }") /* unknown here */).toContain("1 config/unknown-backend");
    const web = (line: string): string[] =>
      lint(`frontend web\n bind 127.0.0.1:80\n ${line}\n default_backend app\n${APP}${other}`);
    expect(web("option httplog")).toContain("7 unreachable-backend");
    expect(web("use_backend %[path]")).toEqual([]);
    expect(web("use_backend oth%[path]")).toEqual([]);
    expect(web("use_backend be_%[path]")).toEqual(["7 unreachable-backend"]);
    expect(web("http-request deny if { nbsrv(other) lt 1 }")).toEqual([]);
  });

  test("not in a file of backends alone", () => {
    expect(lint(`${APP}${other}`)).toEqual(["-4 config/no-listener"]);
  });

  test("patterns of names", () => {
    expect(namePattern("be_%[req.hdr(host),lower]_x").test("be_a.b_x")).toBe(true);
    expect(namePattern("be_%[path]").test("other")).toBe(false);
    expect(namePattern("%HM.be").test("GET.be")).toBe(true);
  });
});

test("server-without-check: only where another server could serve", () => {
  const two = (...rest: string[]): string[] =>
    lint(`listen l\n bind 127.0.0.1:80\n server a 192.0.2.1:80${rest[0]}\n server b 192.0.2.2:80${rest[1]}\n`);
  expect(two("", "")).toEqual(["3 server-without-check"]);
  expect(two(" check", "")).toEqual(["4 server-without-check"]);
  expect(two(" check", " check")).toEqual([]);
  expect(two(" check", " track l/a")).toEqual([]);
  expect(two(" check", " disabled")).toEqual([]);
});

test("no-default-backend: not when the rest is answered", () => {
  const web = (...lines: string[]): string[] =>
    lint(`frontend web\n bind 127.0.0.1:80\n acl a path /a\n ${lines.join("\n ")}\n${APP}`);
  expect(web("use_backend app if a")).toEqual(["1 no-default-backend"]);
  expect(web("http-request deny unless a", "use_backend app if a")).toEqual([]);
  expect(web("use_backend app if a", "use_backend app unless a")).toEqual([]);
  expect(web("use_backend app if a", "use_backend app")).toEqual([]);
});

test("http-in-tcp and wrong-phase", () => {
  expect(lint("listen l\n mode tcp\n bind :80\n acl a hdr(host) b\n server s 192.0.2.1:80\n")).toEqual([
    "4 unused-acl",
    "4 http-in-tcp",
  ]);
  expect(front("http-request deny if { status 200 }")).toEqual(["1 wrong-phase"]);
  expect(front("acl a status 200", "http-request deny if a")).toEqual(["2 wrong-phase"]);
  expect(front("http-response deny if { status 500 } { var(txn.a) -m found } { src 10.0.0.1 }")).toEqual([]);
});

test("untracked-counter: by name, by number, in ACLs and formats, in the order in which rules run", () => {
  const table = "stick-table type ip size 1k store http_req_rate(10s),gpc0";
  const track = "http-request track-sc1 src";
  const deny = "http-request deny if { sc1_http_req_rate gt 5 }";
  expect(front(table, deny)).toEqual(["2 untracked-counter"]);
  expect(front(table, deny, track)).toEqual(["2 untracked-counter"]);
  expect(front(table, track, deny)).toEqual([]);
  expect(front(table, "tcp-request connection track-sc1 src", deny)).toEqual([]);
  expect(front(table, "http-request deny if !{ sc1_tracked }", track)).toEqual([]);
  expect(front(table, "http-request set-header rate %[sc_http_req_rate(1)]", track)).toEqual(["2 untracked-counter"]);
  expect(front(table, "http-request set-header rate %[sc_http_req_rate(0)]", track)).toEqual(["2 untracked-counter"]);
  const named = ["acl fast sc_http_req_rate(1) gt 5", "http-request deny if fast"];
  expect(front(table, ...named, track)).toEqual(["3 untracked-counter"]);
  expect(front(table, track, ...named)).toEqual([]);
  // A response rule runs after all of them.
  expect(front(table, "http-response set-header rate %[sc1_http_req_rate]", track)).toEqual([]);
});

test("path-without-slash: patterns that may be right are left alone", () => {
  expect(front("http-request deny if { path -i -m beg admin }")).toEqual(["1 path-without-slash"]);
  expect(front("http-request deny if { path a /b c }")).toEqual(["1 path-without-slash", "1 path-without-slash"]);
  for (const test of [
    "path_sub a",
    "path_end .php",
    "path_reg ^a",
    "path,lower a",
    "path -f /words",
    "path * /",
    "path_dir a",
  ]) {
    expect({ test, found: front(`http-request deny if { ${test} }`) }).toEqual({ test, found: [] });
  }
});

test("retries-without-redispatch: only where retries are asked for and there is a choice", () => {
  const two = (line: string, second = "server b 192.0.2.2:80 check"): string[] =>
    lint(`listen l\n bind 127.0.0.1:80\n ${line}\n server a 192.0.2.1:80 check\n ${second}\n`);
  expect(two("retries 2")).toEqual(["3 retries-without-redispatch"]);
  expect(two("retry-on 503")).toEqual(["1 retries-without-redispatch"]);
  expect(two("retries 0")).toEqual([]);
  expect(two("option httplog")).not.toContain("1 retries-without-redispatch");
  expect(two("retries 2\n no option redispatch")).toEqual([]);
  expect(two("retries 2", "")).toEqual([]);
});

test("forwarded-for: not inside, not where it is cleaned", () => {
  const web = (bind: string, line = "maxconn 10", option = "option forwardfor"): string[] =>
    lint(`frontend web\n bind ${bind}\n ${option}\n ${line}\n default_backend app\n${APP}`);
  expect(web(":80")).toEqual(["3 forwarded-for"]);
  expect(web("203.0.113.1:80")).toEqual(["3 forwarded-for"]);
  const added = "http-request add-header X-Forwarded-For %[src]";
  expect(web(":80", added, "maxconn 9")).toEqual(["4 forwarded-for"]);
  expect(web(":80", `http-request del-header x-forwarded-for\n ${added}`, "maxconn 9")).toEqual([]);
  expect(web("10.0.0.1:80")).toEqual([]);
  expect(web("127.0.0.1:80")).toEqual([]);
  expect(web(":80", "http-request del-header X-Forwarded-For unless { src 10.0.0.0/8 }")).toEqual([]);
  expect(web(":80", "http-request set-header x-forwarded-for %[src]")).toEqual([]);
});

test("open-runtime-socket: loopback and UNIX sockets are fine", () => {
  const at = (address: string): string[] =>
    lint(`global\n stats socket ${address} level admin\nlisten l\n bind :80\n server s 192.0.2.1:80\n`);
  expect(at("203.0.113.1:9999")).toEqual(["2 open-runtime-socket"]);
  expect(at("127.0.0.1:9999")).toEqual([]);
  expect(at("/run/x.sock")).toEqual([]);
});

test("extreme-timeout: both ends, once for a defaults section", () => {
  const set = (line: string): string[] =>
    lint(
      `defaults x from\nlisten l\n bind :80\n server s 192.0.2.1:80\n`.replace(
        "defaults x from",
        `defaults x\n mode http\n timeout connect 5s\n timeout client 30s\n timeout server 30s\n ${line}`,
      ) + "listen m\n bind :81\n server s 192.0.2.1:80\n",
    );
  expect(set("timeout client 30")).toEqual(["6 extreme-timeout"]);
  expect(set("timeout connect 10m")).toEqual(["6 extreme-timeout"]);
  expect(set("timeout tunnel 7d")).toEqual([]);
  expect(set("timeout client 1h")).toEqual([]);
});

test("slow-regex: in ACLs, actions and converters", () => {
  expect(front("http-request deny if { path_reg (a+)+b }")).toEqual(["1 slow-regex"]);
  expect(front("http-request deny if { path -m reg (a|a)*b }")).toEqual(["1 slow-regex"]);
  expect(front("http-request replace-path (a+)+b /")).toEqual(["1 slow-regex"]);
  expect(front("http-request deny if { path_reg -f /regexes }")).toEqual(["1 slow-regex"]);
  expect(front(`http-request set-header x '%[path,regsub("(a+)+b",x)]'`)).toEqual(["1 slow-regex"]);
  expect(front("http-request replace-path ^/old/(.*) /new/\\1", "http-request deny if { path_reg ^/[0-9]+$ }")).toEqual(
    [],
  );
});

describe("routing-loop", () => {
  const app = (address: string): string => `backend app\n server s1 ${address}\n`;
  const loop = (bind: string, address: string): string[] =>
    lint(`frontend web\n bind ${bind}\n default_backend app\n${app(address)}`);

  test("directly", () => {
    expect(loop(":8080", "127.0.0.1:8080")).toEqual(["5 routing-loop"]);
    expect(loop("192.0.2.7:8080", "192.0.2.7:8080")).toEqual(["5 routing-loop"]);
    expect(loop("unix@/run/a", "unix@/run/a")).toEqual(["5 routing-loop"]);
    expect(lint("listen l\n bind :8080\n server s 127.0.0.1:8080\n")).toEqual(["3 routing-loop"]);
  });

  test("other addresses, and chains that end", () => {
    expect(loop(":8080", "127.0.0.1:8081")).toEqual([]);
    expect(loop("127.0.0.1:8080", "127.0.0.2:8080")).toEqual([]);
    expect(loop(":8080", "192.0.2.9:8080")).toEqual([]);
    const inner = "frontend inner\n bind 127.0.0.1:81\n default_backend end\nbackend end\n server e 192.0.2.1:80\n";
    expect(lint(`frontend web\n bind :80\n default_backend app\n${app("127.0.0.1:81")}${inner}`)).toEqual([]);
  });

  test("through another frontend", () => {
    const inner = "frontend inner\n bind 127.0.0.1:81\n default_backend back\nbackend back\n server e 127.0.0.1:80\n";
    expect(lint(`frontend web\n bind :80\n default_backend app\n${app("127.0.0.1:81")}${inner}`)).toEqual([
      "5 routing-loop",
      "10 routing-loop",
    ]);
  });
});

describe("comments that switch findings off", () => {
  test("at the end of the line, above it, several codes", () => {
    expect(front("acl a path /a # tlb: ignore lint/unused-acl")).toEqual([]);
    expect(front("# tlb: ignore lint/unused-acl", "acl a path /a")).toEqual([]);
    expect(front("# tlb: ignore lint/unused-acl", "", "# why: kept for tests", "acl a path /a")).toEqual([]);
    expect(front("acl a path a # tlb: ignore lint/unused-acl, lint/path-without-slash # as told")).toEqual([]);
    expect(front("acl a path a # tlb: ignore lint/unused-acl")).toEqual(["1 path-without-slash"]);
  });

  test("warnings of the parser too, errors never", () => {
    expect(front("option contstats")).toEqual(["1 config/no-effect"]);
    expect(front("option contstats # tlb: ignore config/no-effect")).toEqual([]);
    expect(front("nonsense # tlb: ignore config/unknown-keyword")).toEqual([
      "1 config/unknown-keyword",
      "1 unused-ignore",
    ]);
  });

  test("unknown and unused codes are told", () => {
    expect(front("acl a path /a # tlb: ignore lint/unused-alc")).toEqual(["1 unused-acl", "1 unknown-code"]);
    expect(front("# tlb: ignore lint/unused-acl", "option tcpka")).toEqual(["1 unused-ignore"]);
  });

  test("not in quotes", () => {
    expect(front('http-request set-header x "# tlb: ignore lint/unused-acl"')).toEqual([]);
    expect(front('acl a hdr(x) "# tlb: ignore lint/unused-acl"')).toEqual(["1 unused-acl"]);
  });
});

test("properties of the model to keywords", () => {
  const names = ["httpRequest", "httpAfterResponse", "tcpContent", "redirects"];
  expect(names.map(keywordOf)).toEqual(["http-request", "http-after-response", "tcp-request content", "redirect"]);
});
