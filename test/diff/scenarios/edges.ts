/** Rules at the edges: hints with conditions, empty and odd elements of fields, names by expression, bodies in chunks, our own answers. */
import { chunked, get, http, post, request, silence } from "../build.ts";
import { ok, respond } from "../../harness/server.ts";
import type { Scenario } from "../scenario.ts";

const shows = respond((text) => ok(text.slice(0, text.indexOf("\r\n\r\n"))));

function scenario(name: string, frontend: string, requests: readonly string[], backend = ""): Scenario {
  return {
    name: `edges: ${name}`,
    config: http({ frontend, backend, defaults: 'log-format "%r %ST %B %U %ts"' }),
    servers: { s1: shows },
    async client(talk) {
      for (const text of requests) {
        const client = await talk.connect();
        client.send(text);
        await silence(client, 250);
      }
    },
  };
}

const CONDITIONS = ["", "if TRUE", "if FALSE"];

/** Which hints share a response 103. */
const hints = CONDITIONS.flatMap((a) =>
  CONDITIONS.flatMap((b) =>
    CONDITIONS.map((c) =>
      scenario(
        `early-hint ${[a, b, c].map((one) => one || "always").join(", ")}`,
        `http-request early-hint a 1 ${a}\nhttp-request early-hint b 2 ${b}\nhttp-request early-hint c 3 ${c}`,
        [get("/")],
      ),
    ),
  ),
);

const FIELDS = ["a, b ,c,,d", "", ",", "a,", " a  ,  b ", "b , a , b", '"a,a", a'].map((value) =>
  get("/", `x: ${value}`),
);

const values = [
  "replace-value x (.*) <\\1>",
  "replace-value x a z",
  "replace-value x ^$ z",
  "replace-header x (.*) <\\1>",
  "replace-header x ^$ z",
].map((rule) => scenario(rule, `http-request ${rule}`, FIELDS));

const names = ["^X -m reg", "^x -m reg", "^X-A$|^x-b -m reg", "X -m beg", "B -m end", "-A -m sub", "^$ -m reg"].map(
  (rule) => scenario(`del-header ${rule}`, `http-request del-header ${rule}`, [get("/", "X-A: 1", "x-b: 2")]),
);

const inChunks = (body: string): string => request("POST", "/", ["Transfer-Encoding: chunked"], body);
const BODY = "%[req.body]:%[req.body_len]:%[req.body_size]:%[req.body_param(k)]:%[req.body,hex]";
const BODIES = [
  inChunks(chunked(["k=1&", "a=b"])),
  inChunks("5;ext=1\r\nk=%41\r\n0\r\nTr: x\r\n\r\n"),
  inChunks(chunked([])),
  post("/", "k=5"),
  post("/", "k=5") + get("/n"),
];

const bodies = [
  scenario(
    "req.body, buffered",
    `option http-buffer-request\nhttp-request return content-type a/b lf-string '${BODY}'`,
    BODIES,
  ),
  scenario("req.body of what came with the head", `http-request return content-type a/b lf-string '${BODY}'`, [
    ...BODIES,
    inChunks("5\r\nk="),
  ]),
  scenario(
    "req.body of a chunk on its way",
    `http-request wait-for-body time 300ms at-least 3\nhttp-request return content-type a/b lf-string '${BODY}'`,
    [inChunks("5\r\nk=1"), inChunks(chunked(["k=1&", "a=b"]))],
  ),
  scenario(
    "req.body, then sent on",
    `http-request wait-for-body time 1s\nhttp-request set-header b ${BODY}`,
    BODIES.slice(0, 4),
  ),
  scenario(
    "req.body of the backend",
    "",
    BODIES.slice(0, 4),
    `http-request wait-for-body time 1s\nhttp-request set-header b ${BODY}`,
  ),
  scenario(
    "a body that is refused, in chunks or not",
    "option http-buffer-request\nhttp-request deny if { req.body -m sub attack }",
    [post("/", "an attack"), inChunks(chunked(["an at", "tack"])), inChunks(chunked(["peace"]))],
  ),
];

const response = respond(() => `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunked(["k=1&", "a=b"])}`);
const wholeResponse: Scenario = {
  ...scenario(
    "res.body of chunks",
    "",
    [get("/")],
    "http-response wait-for-body time 1s\nhttp-response set-header b '%[res.body]:%[res.body_len]'",
  ),
  servers: { s1: response },
};

/** The answers tlb makes itself, behind http-after-response rules: what they see, and what the log counts. */
const AFTER = "http-after-response set-header a %[status]:%ST";
const answers = [
  ["deny", "http-request deny"],
  ["deny 400", "http-request deny deny_status 400"],
  ["deny with a string", "http-request deny status 418 content-type x/y lf-string %ST hdr s %ST:%ts"],
  ["return", "http-request return status 201 hdr s %ST:%ts content-type x/y lf-string %ST"],
  ["return 204", "http-request return status 204"],
  ["redirect", "http-request redirect location /x"],
  ["auth", "http-request auth realm x"],
  ["tarpit", "timeout tarpit 50ms\nhttp-request tarpit deny_status 429"],
  ["monitor-uri", "monitor-uri /"],
  ["monitor fail", "monitor-uri /\nmonitor fail if TRUE"],
  ["408 of a body", "http-request wait-for-body time 100ms"],
].map(([name, rules]) =>
  scenario(`http-after-response on ${name}`, `${rules}\n${AFTER}`, [
    get("/"),
    post("/", "abc"),
    request("HEAD", "/"),
    request("POST", "/", ["Content-Length: 5"], "a"),
  ]),
);

/** What is large passes, or is refused, in the same way. */
const LARGE = "x".repeat(1_000_000);
const large: readonly Scenario[] = [
  {
    ...scenario("a field of 1 MB", "http-request set-header l %[req.hdr(x),length]:%[req.hdr(x),sha1,hex]", [
      get("/", `X: ${LARGE}`),
      get(`/?${LARGE}`),
    ]),
    global: "    tune.bufsize 2200000\n    tune.maxrewrite 4096",
    alone: true,
  },
  {
    ...scenario(
      "a query of 100,000 parameters",
      "http-request set-header l '%[query,length]:%[urlp(k99999)]:%[urlp(none)]:%[urlp(k5)]'\nhttp-request deny if { urlp(k77777) -m str 8 }\nhttp-request set-query %[urlp(k1)]",
      [get(`/?${Array.from({ length: 100_000 }, (_, i) => `k${i}=${i % 10}`).join("&")}`)],
    ),
    global: "    tune.bufsize 2200000\n    tune.maxrewrite 4096",
    alone: true,
  },
  scenario(
    "bytes that are no text",
    "http-request set-header l '%[path,hex]:%[query,hex]:%[req.hdr(x),hex]:%[path,url_dec,hex]:%[query,url_dec,hex]:%[req.hdr(x),json(utf8p),hex]'",
    [
      get("/%00%ff%zz%?%00=%&=%%41%", "X: \xff\xfe\xc3\x28\x80%00"),
      get("/\xe9\xff?\xc3\x28", "X: \x80\x81"),
      get("/%u0041?a=%C0%AF"),
    ],
  ),
];

export const edges: readonly Scenario[] = [
  ...hints,
  ...values,
  ...names,
  ...bodies,
  wholeResponse,
  ...answers,
  ...large,
];
