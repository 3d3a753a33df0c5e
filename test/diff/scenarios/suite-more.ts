/** More subjects of HAProxy's own regression suite: persistence against dead servers, identifiers, every kind of match, errors of sections. */
import { ok, respond } from "../../harness/server.ts";
import { echo, get, http, post, request, sends, silence, tcp } from "../build.ts";
import type { Scenario } from "../scenario.ts";

const tells = (name: string) => respond((text) => ok(`${name}: ${text.slice(0, text.indexOf("\r\n\r\n"))}`));

async function each(talk: Parameters<Scenario["client"]>[0], ...texts: string[]): Promise<void> {
  for (const text of texts) {
    const client = await talk.connect();
    client.send(text);
    await silence(client);
    client.close();
  }
}

/** Cookies that lead to servers which are not there to serve. */
const persistence: readonly Scenario[] = (
  [
    ["of a disabled server", "", "disabled"],
    ["of a disabled server, option persist", "option persist", "disabled"],
    ["of a disabled server, force-persist", "force-persist if { req.hdr(x-force) 1 }", "disabled"],
    ["of a server, ignore-persist", "ignore-persist if { req.hdr(x-ignore) 1 }", ""],
    ["of a backup", "", "backup"],
    ["of a server of weight 0", "", "weight 0"],
    ["of a server of weight 0, force-persist", "force-persist if { req.hdr(x-force) 1 }", "weight 0"],
  ] as const
).flatMap(([name, rule, word]) =>
  ["insert indirect nocache", "prefix", "rewrite"].map((mode) => ({
    name: `suite: cookie ${mode} ${name}`,
    config: http({
      backend: `balance roundrobin\ncookie SRV ${mode}\n${rule}`,
      servers: { s1: "cookie one", s2: `cookie two ${word}` },
    }),
    servers: {
      s1: respond((text) => ok(`1 ${/cookie: [^\r]*/i.exec(text)?.[0] ?? "-"}`, "Set-Cookie: SRV=app; path=/")),
      s2: respond((text) => ok(`2 ${/cookie: [^\r]*/i.exec(text)?.[0] ?? "-"}`, "Set-Cookie: SRV=app; path=/")),
    },
    client: (talk: Parameters<Scenario["client"]>[0]) =>
      each(
        talk,
        get("/", "Cookie: SRV=two"),
        get("/", "Cookie: SRV=two~x", "X-Force: 1"),
        get("/", "Cookie: SRV=two", "X-Force: 1"),
        get("/", "Cookie: SRV=one"),
        get("/", "Cookie: SRV=one", "X-Ignore: 1"),
        get("/", "Cookie: SRV=two", "X-Ignore: 1"),
      ),
  })),
);

/** Every match method against text, addresses, numbers and bytes. */
const TESTS = [
  "req.hdr(x-k) -m str abc ABC",
  "req.hdr(x-k) -i -m str abc",
  "req.hdr(x-k) -m beg ab",
  "req.hdr(x-k) -m end bc",
  "req.hdr(x-k) -m sub b",
  "req.hdr(x-k) -m dir b",
  "req.hdr(x-k) -m dom b",
  "req.hdr(x-k) -m reg ^a.c$",
  "req.hdr(x-k) -m len 3 5:7",
  "req.hdr(x-k) -m int 10 20:30",
  "req.hdr(x-k) -m ip 10.0.0.0/8 ::1",
  "req.hdr(x-k) -m bin 616263",
  "req.hdr(x-k) -m found",
  "req.hdr(x-k) -m bool",
  "hdr(x-k) abc",
  "hdr_beg(x-k) -i AB",
  "hdr_end(x-k) c",
  "hdr_sub(x-k) bc",
  "hdr_dir(x-k) b",
  "hdr_dom(x-k) b.c",
  "hdr_len(x-k) 3",
  "hdr_reg(x-k) -i ^A",
  "hdr_cnt(x-k) 2",
  "hdr_val(x-k) gt 5",
  "hdr_val(x-k) le 20",
  "hdr_val(x-k) eq 20",
  "hdr_ip(x-k) 10.0.0.0/255.0.0.0",
  "req.hdr(x-k),lower -m str abc",
  "req.hdr(x-k),length 3",
  "req.hdr(x-k),length ge 4",
  "req.hdr(x-k,1) abc",
  "req.hdr(x-k,-1) abc",
  "req.fhdr(x-k) -m sub ,",
  "path_len 5",
  "path_dir b",
  "path_dom b",
  "url_len 5:9",
  "url_beg /a",
  "url_end .b",
  "url_reg b$",
  "url_param(k) abc",
  "url_param(k,?) abc",
  "urlp(k) -m found",
  "urlp_val(k) 7",
  "query -m sub k=",
  "method GET POST",
  "method -i get",
  "req.ver 1.1",
  "src 127.0.0.0/8",
  "src -n 127.0.0.1",
  "dst_port 1:65535",
  "cook(c) abc",
  "cook_beg(c) ab",
  "cook_cnt(c) 1",
  "req.cook(c) -m len 3",
  "base_sub example.test/a",
  "always_false",
  "int(5) 5",
  "int(-5) lt 0",
  "str(a) -- a",
  'str("a b") "a b"',
  "bool(1)",
  "ipv4(10.1.2.3) 10.1.0.0/16",
  "ipv6(2001:db8::1) 2001:db8::/32",
  "req.hdr(x-k),map_none(1)",
].filter((text) => !text.includes("map_none"));

const matches: Scenario = {
  name: "suite: every match method",
  config: http({
    defaults: "timeout client 20s",
    frontend: TESTS.map((text, i) => `http-request set-header x-${i} yes if { ${text} }`).join("\n"),
  }),
  servers: { s1: tells("s1") },
  client: (talk) =>
    each(
      talk,
      get("/", "X-K: abc"),
      get("/a/b", "X-K: ABC"),
      get("/a.b?k=abc", "X-K: a/b/c"),
      get("/a.b", "X-K: a.b.c"),
      get("/?x=1&k=7", "X-K: 20"),
      get("/a-b?k=abc", "X-K: 10.1.2.3", "Cookie: c=abc"),
      get("/abcd", "X-K: abc, def", "Cookie: c=abd; c=abc"),
      get("/", "X-K: def", "X-K: abc"),
      get("/", "X-K:"),
      get("/"),
      request("HEAD", "/x?k="),
      post("/a", "b", "X-K: ::1"),
    ),
};

/** Identifiers of a stream, made once, whoever asks first. */
const identifiers: readonly Scenario[] = (
  [
    ["in a header", "unique-id-format id-%[path]-%HM\nunique-id-header X-Id"],
    [
      "asked for by a rule",
      'unique-id-format %{+X}o%Ts-%[rand(1)]\nhttp-request set-header x-len "%[unique-id,length]"\nhttp-request set-header x-same "%[unique-id,strcmp(txn.none)]"',
    ],
    ["without a format", 'unique-id-header X-Id\nhttp-request set-header x-none "[%[unique-id]]"'],
    ["in the log", 'unique-id-format %[req.hdr(x-trace)]\nlog-format "%ID %[unique-id] %ST"'],
    [
      "made before the path changes",
      "unique-id-format %[path]\nhttp-request set-header x-a %[unique-id]\nhttp-request set-path /other\nhttp-request set-header x-b %[unique-id]\nunique-id-header X-Id",
    ],
  ] as const
).map(([name, frontend]) => ({
  name: `suite: unique-id ${name}`,
  config: http({ frontend }),
  servers: { s1: tells("s1") },
  client: (talk: Parameters<Scenario["client"]>[0]) => each(talk, get("/a", "X-Trace: t-1"), get("/b")),
  ...(name === "asked for by a rule" ? { compare: { servers: false, received: false, logBytes: false } as const } : {}),
}));

/** Users and groups, asked for in every way. */
const auth: Scenario = {
  name: "suite: users, groups and realms",
  config: `${http({
    frontend: `
      acl known http_auth(people)
      acl admins http_auth_group(people) admins
      http-request auth realm "Of\\ all" if { path_beg /all } !known
      http-request auth if { path_beg /plain } !known
      http-request deny if { path_beg /admin } !admins
      http-request set-header x-user "%[http_auth_user]|%[http_auth_pass,length]|%[http_auth_type]|%[http_auth_group(people)]|%[http_auth_bearer]"
      http-request del-header authorization if known`,
  })}
userlist people
    group admins users ann
    group staff
    user ann insecure-password one
    user bob insecure-password two groups staff,admins
    user eve password $5$abcdefgh$pTcrSKUKdSY0lGSsvzd.NvfBmV0gbO0chgYhvDvPm8D
`,
  servers: { s1: tells("s1") },
  client: (talk) =>
    each(
      talk,
      get("/all"),
      get("/plain"),
      ...["ann:one", "ann:two", "bob:two", "eve:x", ":", "none", "ann:one:more"].flatMap((text) => [
        get("/all", `Authorization: Basic ${btoa(text)}`),
        get("/admin", `Authorization: Basic ${btoa(text)}`),
      ]),
      get("/all", "Authorization: Bearer abc.def"),
      get("/all", "Authorization: basic YW5uOm9uZQ=="),
      get("/all", "Authorization: Basic"),
      get("/all", "Authorization: Basic !!!"),
      "GET http://h/all HTTP/1.1\r\nHost: h\r\nProxy-Authorization: Basic YW5uOm9uZQ==\r\n\r\n",
    ),
};

/** Pages of defaults, sections and proxies, each in the place of the one before. */
const errors: Scenario = {
  name: "suite: error pages by inheritance",
  files: {
    d: "HTTP/1.1 403 D\r\nContent-Length: 8\r\n\r\ndefaults",
    f: "HTTP/1.1 403 F\r\nContent-Length: 8\r\n\r\nfrontend",
    s: "HTTP/1.1 404 S\r\nContent-Length: 7\r\n\r\nsection",
    s2: "HTTP/1.1 403 S2\r\nContent-Length: 7\r\n\r\nsection",
  },
  config: `${http({
    defaults: "errorfile 403 {file:d}\nerrorfile 503 {file:d}\nerrorloc302 500 /defaults",
    frontend: `
      errorfiles pages 404
      errorloc303 400 http://h/bad
      http-error status 429 content-type text/plain lf-string "slow %[path]" hdr x-own %[src]
      http-error status 401 default-errorfiles
      http-request deny deny_status 403 if { path /403 }
      http-request deny deny_status 404 if { path /404 }
      http-request deny deny_status 400 if { path /400 }
      http-request deny deny_status 429 if { path /429 }
      http-request deny deny_status 500 if { path /500 }
      http-request deny deny_status 401 if { path /401 }
      http-request deny deny_status 410 if { path /410 }
      http-request deny deny_status 404 errorfiles pages2 if { path /other }
      http-request deny deny_status 403 errorfile {file:f} if { path /file }
      http-request deny deny_status 403 default-errorfiles if { path /own }
      http-request return status 403 default-errorfiles if { path /ret }
      use_backend none if { path_beg /none }`,
    backend:
      "errorfile 403 {file:f}\nhttp-request deny if { path /be }\nhttp-response deny if { res.hdr(x-deny) -m found }",
  })}
http-errors pages
    errorfile 403 {file:s2}
    errorfile 404 {file:s}
http-errors pages2
    errorfile 404 {file:s}
backend none
    errorfiles pages2
    errorloc 503 /sorry
`,
  servers: { s1: respond((text) => ok("x", ...(text.startsWith("GET /deny ") ? ["X-Deny: 1"] : []))) },
  client: (talk) =>
    each(
      talk,
      ...[
        "403",
        "404",
        "400",
        "429",
        "500",
        "401",
        "410",
        "other",
        "file",
        "own",
        "ret",
        "be",
        "deny",
        "none/x",
        "fine",
      ].map((path) => get(`/${path}`)),
      "BAD\r\n\r\n",
      request("HEAD", "/429"),
      "GET /429 HTTP/1.0\r\n\r\n",
    ),
};

/** Sessions of tcp that turn to HTTP, and what rules of both see. */
const switching: readonly Scenario[] = (
  [
    [
      "to http by a rule",
      "tcp-request inspect-delay 500ms\ntcp-request content switch-mode http if HTTP\nuse_backend web if HTTP",
      get("/x"),
    ],
    [
      "what is no HTTP stays",
      "tcp-request inspect-delay 500ms\ntcp-request content switch-mode http if HTTP\nuse_backend web if HTTP",
      "hello\r\n",
    ],
    [
      "a backend of HTTP",
      "use_backend web if HTTP\ntcp-request inspect-delay 500ms\ntcp-request content accept if HTTP",
      get("/y"),
    ],
    [
      "rules of the frontend, by a rule",
      "tcp-request inspect-delay 500ms\ntcp-request content switch-mode http if HTTP\nhttp-request set-header x-front %[path]\nhttp-request deny if { path /deny }\nhttp-request redirect location /there if { path /go }\nhttp-response set-header x-res 1\nhttp-after-response set-header x-after 1\nuse_backend web if HTTP",
      get("/front"),
      get("/deny"),
    ],
    [
      "rules of the frontend, for a backend of HTTP",
      "http-request set-header x-front %[path]\nhttp-request deny if { path /deny }\nhttp-response set-header x-res 1\nhttp-after-response set-header x-after 1\nuse_backend web",
      get("/front"),
      get("/deny"),
    ],
    [
      "a refused request, for a backend of HTTP",
      "http-request deny if { path /deny }\nhttp-after-response set-header x-after 1\nuse_backend web",
      get("/deny"),
    ],
    [
      "captures and variables",
      'tcp-request inspect-delay 500ms\ntcp-request content capture req.payload(0,3) len 10\ntcp-request content set-var(sess.first) req.payload(0,1)\ntcp-request content switch-mode http if HTTP\nuse_backend web if HTTP\nhttp-request set-header x-first "%[var(sess.first)]"',
      get("/z"),
    ],
  ] as const
).map(([name, frontend, ...texts]) => ({
  name: `suite: tcp, ${name}`,
  config: `${tcp({ frontend })}
backend web
    mode http
    http-request set-header x-web 1
    server s2 127.0.0.1:{s2}
`,
  servers: { s1: echo, s2: tells("s2") },
  client: sends(...texts),
}));

export const suiteMore: readonly Scenario[] = [...persistence, matches, ...identifiers, auth, errors, ...switching];
