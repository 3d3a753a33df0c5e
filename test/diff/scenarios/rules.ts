/** ACLs, use_backend and the http-request, http-response and http-after-response rules. */
import { echo, get, http, HTTP_DEFAULTS, plays, playsAndCloses, post, request, sends } from "../build.ts";
import { ok, respond } from "../../harness/server.ts";
import type { Scenario } from "../scenario.ts";

/** One frontend, backends `be` and `other`, each with a server of its own. */
function routed(frontend: string): string {
  return `${http({ frontend })}
backend other
    
    server s2 127.0.0.1:{s2}
`;
}

/** A server that answers with its name, target and the fields it got. */
function named(name: string) {
  return respond((text) => ok(`${name}\n${text.slice(0, text.indexOf("\r\n\r\n"))}`));
}

type Case = readonly [name: string, rules: string, ...requests: string[]];

/** Rules of the frontend that choose between `be` and `other`. */
const routes: readonly Case[] = [
  ["path", "use_backend other if { path /o }", get("/o"), get("/o?x=1"), get("/p"), get("/O")],
  ["path_beg", "use_backend other if { path_beg /api /v2 }", get("/api/x"), get("/v2"), get("/ap"), get("/x/api")],
  ["path_end", "use_backend other if { path_end .png .jpg }", get("/a.png"), get("/a.jpg?x"), get("/a.gif")],
  ["path -i", "use_backend other if { path -i /UPPER }", get("/upper"), get("/UPPER"), get("/uppe")],
  ["path_reg", "use_backend other if { path_reg ^/[0-9]+$ }", get("/123"), get("/12a")],
  ["path_sub", "use_backend other if { path_sub ad }", get("/load"), get("/l")],
  ["host", "use_backend other if { hdr(host) -i Example.TEST }", get("/")],
  ["host of another name", "use_backend other if { hdr(host) nope.test }", get("/")],
  ["hdr_beg", "use_backend other if { hdr_beg(x-a) abc }", get("/", "X-A: abcdef"), get("/", "X-A: xabc"), get("/")],
  ["found", "use_backend other if { req.hdr(x-a) -m found }", get("/", "X-A: "), get("/", "X-A: 1"), get("/")],
  ["method", "use_backend other if { method POST }", post("/", "abc"), get("/")],
  ["predefined METH_POST", "use_backend other if METH_POST", post("/", "abc"), get("/")],
  ["predefined TRUE", "use_backend other if TRUE", get("/")],
  ["predefined FALSE", "use_backend other if FALSE", get("/")],
  ["src", "use_backend other if { src 127.0.0.0/8 }", get("/")],
  ["src elsewhere", "use_backend other if { src 10.0.0.0/8 192.168.0.1 }", get("/")],
  ["LOCALHOST", "use_backend other if LOCALHOST", get("/")],
  ["unless", "use_backend other unless { path /o }", get("/o"), get("/p")],
  ["negation", "use_backend other if !{ path /o }", get("/o"), get("/p")],
  ["and", "use_backend other if { path /o } { method GET }", get("/o"), request("HEAD", "/o"), post("/o", "x")],
  ["or", "use_backend other if { path /a } or { path /b } { hdr(x-a) 1 }", get("/a"), get("/b"), get("/b", "X-A: 1")],
  ["||", "use_backend other if { path /a } || { path /b }", get("/a"), get("/b"), get("/c")],
  ["named ACL", "acl is_o path /o\nuse_backend other if is_o", get("/o"), get("/p")],
  [
    "several lines of one name",
    "acl o path /a\nacl o path /b\nuse_backend other if o",
    get("/a"),
    get("/b"),
    get("/c"),
  ],
  [
    "negated name of several lines",
    "acl o path /a\nacl o path /b\nuse_backend other if !o",
    get("/a"),
    get("/b"),
    get("/c"),
  ],
  ["first match counts", "use_backend be if { path_beg /o }\nuse_backend other if { path /o }", get("/o")],
  ["without condition", "use_backend other", get("/")],
  ["name by log format", "use_backend %[req.hdr(x-to)]", get("/", "X-To: nowhere"), get("/")],
  ["url_param", "use_backend other if { url_param(k) v }", get("/?k=v"), get("/?a=1&k=v"), get("/?k=w")],
  ["cookie", "use_backend other if { cook(a) 1 }", get("/", "Cookie: b=2; a=1"), get("/", "Cookie: a=2")],
  ["hdr_cnt", "use_backend other if { req.hdr_cnt(x-a) gt 1 }", get("/", "X-A: 1,2"), get("/", "X-A: 1")],
  [
    "any of several values",
    "use_backend other if { hdr(x-a) 2 }",
    get("/", "X-A: 1,2,3"),
    get("/", "X-A: 1", "X-A: 2"),
    get("/", "X-A: 12"),
  ],
];

/** Rules of the frontend about requests that answer or change them; the server echoes what it got. */
const requests: readonly Case[] = [
  ["deny", "http-request deny if { path /d }", get("/d"), get("/e")],
  ["deny without condition", "http-request deny", get("/")],
  ["deny a HEAD", "http-request deny", request("HEAD", "/")],
  ["deny a POST", "http-request deny", post("/", "abc")],
  ["deny, version 1.0", "http-request deny", "GET / HTTP/1.0\r\n\r\n"],
  ["deny, closing", "http-request deny", get("/", "Connection: close")],
  ["deny_status", "http-request deny deny_status 429", get("/")],
  ["deny status 404", "http-request deny status 404", get("/")],
  ["deny status 418", "http-request deny status 418", get("/")],
  ["deny with a string", 'http-request deny status 400 content-type text/plain string "no way"', get("/")],
  ["deny with hdr", "http-request deny status 403 hdr X-Why because hdr X-Path %[path]", get("/q")],
  ["allow before deny", "http-request allow if { path /ok }\nhttp-request deny", get("/ok"), get("/no")],
  ["redirect location", "http-request redirect location http://x.test/y", get("/")],
  ["redirect location with a format", "http-request redirect location http://x.test%[path]?from=%[src]", get("/a?b")],
  ["the keyword redirect knows no formats", "redirect location /a%[path]b%20c%%", get("/q")],
  ["the keyword redirect and what is no format", "redirect prefix /a%[zork", get("/q")],
  ["redirect prefix", "http-request redirect prefix http://x.test/p", get("/a?b=1"), get("/")],
  ["redirect prefix /", "http-request redirect prefix /", get("/a?b=1")],
  ["redirect prefix drop-query", "http-request redirect prefix http://x.test drop-query", get("/a?b=1")],
  [
    "redirect prefix drop-query append-slash",
    "http-request redirect prefix http://x.test drop-query append-slash",
    get("/a?b=1"),
    get("/a/?b"),
  ],
  ["redirect append-slash alone", "http-request redirect prefix http://x.test append-slash", get("/a"), get("/a?b")],
  ["redirect scheme", "http-request redirect scheme https", get("/a?b"), get("/")],
  ["redirect scheme without host", "http-request redirect scheme https", "GET /a HTTP/1.0\r\n\r\n"],
  ["redirect code 301", "http-request redirect location /x code 301", get("/")],
  ["redirect code 303", "http-request redirect location /x code 303", get("/")],
  ["redirect code 307", "http-request redirect location /x code 307", get("/")],
  ["redirect code 308", "http-request redirect scheme https code 308", get("/z")],
  ["redirect set-cookie", "http-request redirect location /x set-cookie A=1", get("/")],
  ["redirect clear-cookie", "http-request redirect location /x clear-cookie A", get("/")],
  ["redirect clear-cookie=", "http-request redirect location /x clear-cookie A=", get("/")],
  [
    "redirect ignore-empty",
    "http-request redirect location %[req.hdr(x-to)] ignore-empty",
    get("/"),
    get("/", "X-To: /t"),
  ],
  ["redirect a POST", "http-request redirect location /x", post("/", "abc")],
  ["redirect keyword", "redirect prefix http://x.test if { path_beg /r }", get("/r/1?a"), get("/s")],
  [
    "redirect keyword after http-request",
    "redirect location /late\nhttp-request deny if { path /d }",
    get("/d"),
    get("/e"),
  ],
  ["return status", "http-request return status 204", get("/")],
  ["return nothing", "http-request return", get("/")],
  ["return a string", 'http-request return status 200 content-type text/plain string "hello you"', get("/")],
  ["return lf-string", 'http-request return content-type text/plain lf-string "m=%[method] p=%[path]"', get("/x?y")],
  ["return hdr", "http-request return status 503 hdr Retry-After 5 hdr X-A b", get("/")],
  ["return a file", "http-request return content-type text/html file {file:page}", get("/")],
  ["return to HEAD", "http-request return content-type text/plain string hello", request("HEAD", "/")],
  ["set-header new", "http-request set-header X-New yes", get("/", "A: 1")],
  ["set-header replaces all", "http-request set-header X-A new", get("/", "X-A: 1", "B: 2", "X-a: 3")],
  ["set-header with a format", "http-request set-header X-Src %[src]:%[path]", get("/p")],
  ["set-header with tags", "http-request set-header X-F %f", get("/p")],
  ["set-header empty", "http-request set-header X-E %[req.hdr(none)]", get("/")],
  ["set-header host", "http-request set-header Host other.test", get("/")],
  ["set-header twice", "http-request set-header X-A 1\nhttp-request set-header X-A 2", get("/")],
  ["add-header", "http-request add-header X-A 2", get("/", "X-A: 1")],
  ["add-header twice", "http-request add-header X-A 2\nhttp-request add-header X-A 3", get("/", "X-A: 1")],
  ["del-header", "http-request del-header X-A", get("/", "X-A: 1", "B: 2", "x-a: 3")],
  ["del-header of an added one", "http-request add-header X-A 2\nhttp-request del-header x-a", get("/", "X-A: 1")],
  ["del-header -m beg", "http-request del-header x- -m beg", get("/", "X-A: 1", "XB: 2", "x-c: 3")],
  ["del-header -m reg", "http-request del-header ^x-[ab]$ -m reg", get("/", "X-A: 1", "X-C: 2", "x-b: 3")],
  ["replace-header", "http-request replace-header X-A (.*)b(.*) \\2-\\1", get("/", "X-A: 1b2", "X-A: none")],
  ["replace-value", "http-request replace-value X-A a(.) z\\1", get("/", "X-A: a1, b2,a3")],
  ["set-path", "http-request set-path /new", get("/old?q=1"), get("/")],
  ["set-path with the old one", "http-request set-path /pre%[path]", get("/old?q=1")],
  ["set-pathq", "http-request set-pathq /n?z=9", get("/old?q=1")],
  ["set-query", "http-request set-query a=%[path]", get("/old?q=1"), get("/x")],
  ["set-uri", "http-request set-uri /u?v=w", get("/old?q=1")],
  ["replace-path", "http-request replace-path /a/(.*) /b/\\1", get("/a/x?q=1"), get("/c")],
  ["replace-pathq", "http-request replace-pathq /a/(.*) /b/\\1&z", get("/a/x?q=1")],
  ["replace-uri", "http-request replace-uri ^/a(.*) /z\\1", get("/a/x?q=1")],
  ["set-method", "http-request set-method PUT", get("/")],
  ["set-path seen by later rules", "http-request set-path /d\nhttp-request deny if { path /d }", get("/x")],
  ["set-header seen by later rules", "http-request set-header X-A 1\nhttp-request deny if { hdr(x-a) 1 }", get("/x")],
  [
    "set-var and var",
    "http-request set-var(txn.p) path\nhttp-request set-header X-P %[var(txn.p)]\nhttp-request deny if { var(txn.p) -m str /d }",
    get("/a"),
    get("/d"),
  ],
  [
    "set-var-fmt",
    "http-request set-var-fmt(req.v) %[method]-%[path]\nhttp-request set-header X-V %[var(req.v)]",
    get("/a"),
  ],
  [
    "unset-var",
    "http-request set-var(txn.p) path\nhttp-request unset-var(txn.p)\nhttp-request set-header X-P '[%[var(txn.p)]]'",
    get("/a"),
  ],
  [
    "set-var with conditions",
    "http-request set-var(txn.a) path\nhttp-request set-var(txn.a,ifnotexists) str(no)\n" +
      "http-request set-var(txn.b,ifexists) str(no)\nhttp-request set-var(txn.a,ifexists) path,upper\n" +
      "http-request set-header X-A %[var(txn.a)]\nhttp-request set-header X-B <%[var(txn.b)]>",
    get("/a"),
  ],
  [
    "a variable as integer",
    "http-request set-var(txn.n) int(5)\nhttp-request deny if { var(txn.n),add(1) -m int 6 }",
    get("/a"),
  ],
  [
    "converters in a condition",
    "http-request deny if { path,lower,field(2,/) -m str admin }",
    get("/ADMIN/x"),
    get("/x"),
  ],
  ["set-log-level silent", "http-request set-log-level silent if { path /s }", get("/s"), get("/t")],
];

const answer = "HTTP/1.1 200 OK\r\nX-A: 1\r\nX-B: 2\r\nX-a: 3\r\nContent-Length: 2\r\n\r\nok";

/** Rules about responses: name, lines of the frontend, lines of the backend. */
const responses: readonly (readonly [name: string, front: string, back: string])[] = [
  ["http-response set-header", "http-response set-header X-A new", ""],
  ["http-response add-header", "", "http-response add-header X-A 9"],
  ["http-response del-header", "http-response del-header X-A", ""],
  ["http-response replace-header", "http-response replace-header X-A (.) <\\1>", ""],
  ["http-response set-status", "http-response set-status 404", ""],
  ["http-response set-status with a reason", 'http-response set-status 299 reason "So so"', ""],
  ["http-response backend before frontend", "http-response add-header X-O front", "http-response add-header X-O back"],
  ["http-response deny", "", "http-response deny"],
  ["http-response deny of the frontend", "http-response deny deny_status 403", ""],
  ["http-response return", "", "http-response return status 200 content-type text/plain string swapped"],
  ["http-response redirect", "", "http-response redirect location /elsewhere"],
  ["http-response condition on the status", "http-response set-header X-S ok if { status 200 }", ""],
  ["http-response condition on a header", "http-response set-header X-S two if { res.hdr(x-b) 2 }", ""],
  ["http-response allow", "http-response add-header X-F 1", "http-response allow\nhttp-response add-header X-N 1"],
  ["http-response with a variable", "http-request set-var(txn.p) path\nhttp-response set-header X-P %[var(txn.p)]", ""],
  ["http-after-response", "http-after-response set-header X-After 1", ""],
  ["http-after-response of both", "http-after-response add-header X-O f", "http-after-response add-header X-O b"],
  ["http-after-response on a denied request", "http-request deny\nhttp-after-response set-header X-After 1", ""],
  [
    "http-after-response on a redirect",
    "http-request redirect location /x\nhttp-after-response del-header location",
    "",
  ],
  ["http-after-response set-status", "http-after-response set-status 201", ""],
  ["frontend's rules before the backend's", "http-request add-header X-O f", "http-request add-header X-O b"],
  ["deny in the backend", "", "http-request deny"],
  ["redirect in the backend", "", "http-request redirect location /b"],
  ["ACL in the backend", "", "acl d path /\nhttp-request deny if d"],
];

export const rules: readonly Scenario[] = [
  ...routes.map(([name, lines, ...texts]): Scenario => ({
    name: `rules: use_backend, ${name}`,
    config: routed(lines),
    servers: { s1: named("one"), s2: named("two") },
    client: sends(...texts),
  })),
  ...requests.map(([name, lines, ...texts]): Scenario => ({
    name: `rules: http-request, ${name}`,
    config: http({ frontend: lines }),
    files: { page: "<p>from a file</p>\n" },
    servers: { s1: echo },
    async client(talk) {
      for (const text of texts) await talk.once(text);
    },
  })),
  ...responses.map(([name, frontend, backend]): Scenario => ({
    name: `rules: ${name}`,
    config: http({ frontend, backend }),
    servers: { s1: plays(answer) },
    client: sends(get("/")),
  })),
  {
    name: "rules: a denied request keeps its connection",
    config: http({ frontend: "http-request deny if { path /d }" }),
    servers: { s1: echo },
    client: sends(get("/d"), get("/a"), get("/d")),
  },
  {
    name: "rules: requests behind a denied one in the same write",
    config: http({ frontend: "http-request deny if { path /d }" }),
    servers: { s1: echo },
    client: sends(get("/d") + get("/a") + get("/d") + get("/b")),
  },
  {
    name: "rules: a denied request whose body is on its way",
    config: http({ frontend: "http-request deny" }),
    servers: { s1: echo },
    client: sends(request("POST", "/d", ["Content-Length: 10"], "abc")),
    compare: { clientClose: "closed" },
  },
  {
    name: "rules: a redirected request whose body is on its way",
    config: http({ frontend: "http-request redirect location /x" }),
    servers: { s1: echo },
    client: sends(request("POST", "/d", ["Content-Length: 10"], "abc")),
    compare: { clientClose: "closed" },
  },
  {
    name: "rules: http-response deny of a response that goes on",
    config: http({ backend: "http-response deny" }),
    servers: { s1: plays("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc") },
    client: sends(get("/")),
  },
  {
    name: "rules: http-response rules on an answer to HEAD",
    config: http({ backend: "http-response set-header X-A b" }),
    servers: { s1: plays("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n") },
    client: sends(request("HEAD", "/")),
  },
  {
    name: "rules: http-response rules on chunks of version 1.1 for a client of 1.0",
    config: http({ backend: "http-response set-header X-A b" }),
    servers: { s1: plays("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n") },
    client: sends("GET / HTTP/1.0\r\n\r\n"),
  },
  {
    name: "rules: http-response rules on a response without an end",
    config: http({ backend: "http-response add-header X-A b\nhttp-response del-header server" }),
    servers: { s1: playsAndCloses("HTTP/1.0 200 OK\r\nServer: x\r\n\r\nabc") },
    client: sends(get("/")),
  },
  {
    name: "rules: http-after-response on an error page",
    config: http({ frontend: "http-after-response set-header X-After 1", servers: { none: "" } }),
    client: sends(get("/")),
  },
  {
    name: "rules: http-after-response on a bad gateway",
    config: http({ backend: "http-after-response set-header X-After 1" }),
    servers: { s1: playsAndCloses("junk\r\n\r\n") },
    client: sends(get("/")),
  },
  {
    name: "rules: frontend without a backend that answers by itself",
    config: `${HTTP_DEFAULTS}frontend fe
    bind 127.0.0.1:{fe}
    http-request return status 200 content-type text/plain string pong if { path /ping }
`,
    client: sends(get("/ping"), get("/ping"), get("/other")),
  },
  {
    name: "rules: forwardfor if-none after set-header",
    config: http({ frontend: "option forwardfor if-none\nhttp-request set-header X-Forwarded-For 9.9.9.9" }),
    servers: { s1: named("s1") },
    client: sends(get("/")),
  },
  {
    name: "rules: forwardfor after del-header",
    config: http({ frontend: "option forwardfor if-none\nhttp-request del-header X-Forwarded-For" }),
    servers: { s1: named("s1") },
    client: sends(get("/", "X-Forwarded-For: 1.2.3.4")),
  },
  {
    name: "rules: set-path of an absolute target",
    config: http({ frontend: "http-request set-path /n%[path]" }),
    servers: { s1: echo },
    client: sends("GET http://example.test/o?q HTTP/1.1\r\nHost: example.test\r\n\r\n"),
  },
  {
    name: "rules: balance uri sees the new path",
    config: http({ backend: "http-request set-path /same\nbalance uri", servers: { s1: "", s2: "" } }),
    servers: { s1: echo, s2: echo },
    client: sends(get("/a"), get("/b"), get("/c"), get("/d")),
  },
  {
    name: "rules: use_backend by a name that exists",
    config: routed("use_backend %[req.hdr(x-to)]"),
    servers: { s1: named("one"), s2: named("two") },
    client: sends(get("/", "X-To: other"), get("/", "X-To: be"), get("/", "X-To: fe")),
  },
  {
    name: "rules: variables of a session outlive its requests",
    config: http({
      frontend:
        "http-request set-header X-Last '<%[var(sess.last)]>'\nhttp-request set-header X-Txn '<%[var(txn.last)]>'\n" +
        "http-request set-var(sess.last) path\nhttp-request set-var(txn.last) path",
    }),
    servers: { s1: named("s1") },
    client: sends(get("/1"), get("/2"), get("/3")),
  },
  {
    name: "rules: errorfile of a denied request",
    config: http({ frontend: "errorfile 403 {file:denied}\nhttp-request deny" }),
    files: { denied: "HTTP/1.0 403 No\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nno" },
    servers: { s1: echo },
    client: sends(get("/")),
  },
  {
    name: "rules: rules and ACLs of a listen count once",
    config: `${HTTP_DEFAULTS}listen fe
    bind 127.0.0.1:{fe}
    acl d path /d
    http-request deny if d
    http-request add-header X-Once 1
    http-response add-header X-Once 1
    http-after-response add-header X-After 1
    server s1 127.0.0.1:{s1}
`,
    servers: { s1: echo },
    client: sends(get("/d"), get("/a")),
  },
];
