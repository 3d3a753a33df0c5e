/** Rules at the edges: hints with conditions, empty and odd elements of fields, names by expression, bodies in chunks, our own answers. */
import { chunked, get, http, post, request, silence } from "../build.ts";
import { respond } from "../../harness/server.ts";
import type { Scenario } from "../scenario.ts";
import { mirror } from "../build.ts";

function scenario(name: string, frontend: string, requests: readonly string[], backend = ""): Scenario {
  return {
    name: `edges: ${name}`,
    // The first connection is to be there still when the last has been looked at.
    config: http({ frontend, backend, defaults: 'timeout client 20s\nlog-format "%r %ST %B %U %ts"' }),
    servers: { s1: mirror },
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

/** Quoting, matching methods on every kind of sample, casts, and formats in odd places. */
const forms: readonly (readonly [name: string, rules: string, ...requests: string[]])[] = [
  ["double quotes", 'http-request set-header a "x \'y\' \\"z\\" %[str(\\"a,b\\")] $x"', get("/")],
  ["escapes outside of quotes", 'http-request set-header a x\\ y\\#z\\"', get("/")],
  ["an escaped blank in an argument", "http-request set-header a %[str(a\\ b)]", get("/")],
  [
    "quotes in arguments",
    "http-request set-header a \"%[req.hdr(x),regsub('(a)(b)','\\2\\1',g)]\"\nhttp-request set-header b '%[req.hdr(x),regsub(\"a\",\"b,c\",g)]'",
    get("/", "x: abab"),
  ],
  [
    "-i in its places",
    "http-request set-header a yes if { path -i -m beg /AB } { path -m end -i Z } { hdr(host) -m dom -i EXAMPLE }\nhttp-request set-header b yes if { path -m sub -i -- -x }",
    get("/abz"),
    get("/ABZ"),
    get("/a-X"),
  ],
  [
    "methods",
    "http-request set-header a %[method],%[method,length],%[method,lower]\nhttp-request set-header b y if { method get }\nhttp-request set-header c y if { method -i get }\nhttp-request set-header d y if { method -m beg G }\nhttp-request set-method POST\nhttp-request set-header e %[method] if METH_GET",
    get("/"),
    "get / HTTP/1.1\r\nhost: a\r\n\r\n",
    "G3T / HTTP/1.1\r\nhost: a\r\n\r\n",
  ],
  [
    "addresses by each method",
    "http-request set-header a yes if { src 127.0.0.0/8 } !{ src ::/0 } { src -m str 127.0.0.1 } { src -m beg 127 } { src -m found } { src -m len 9 }",
    get("/"),
  ],
  [
    "a text by each method",
    "http-request set-header a yes if { req.hdr(x) -m bool }\nhttp-request set-header b yes if { req.hdr(x) -m int ge 5 }\nhttp-request set-header c yes if { req.hdr(x) -m ip 10.0.0.0/8 }\nhttp-request set-header d yes if { req.hdr(x) -m bin 3132 }",
    ...["1", "12", "10.1.1.1", "true", "-5", "", "0x10", "5a"].map((value) => get("/", `x: ${value}`)),
  ],
  [
    "a truth by each method",
    "http-request set-var(txn.a) bool(1)\nhttp-request set-header a yes if { var(txn.a) -m bool }\nhttp-request set-header b yes if { var(txn.a) -m int 1 }\nhttp-request set-header c yes if { var(txn.a) -m str 1 }\nhttp-request set-header d yes if { var(txn.a) -m str true }\nhttp-request set-header e %[var(txn.a)]",
    get("/"),
  ],
  [
    "converters in words of their own",
    "http-request set-var(txn.a) path lower regsub(b,xyz) if TRUE\nhttp-request set-var(txn.b) src,ipmask(16) ipmask(8)\nhttp-request set-header a %[var(txn.a)]:%[var(txn.b)]",
    get("/ABc"),
  ],
  [
    "casts of addresses",
    "http-request set-var(txn.a) src\nhttp-request set-header a %[var(txn.a),add(1)]:%[var(txn.a),hex]:%[var(txn.a),ipmask(8)]:%[src,add(0)]:%[int(5),ipmask(8)]:%[str(10.2.3.4),ipmask(8)]:%[ipv6(::1),ipmask(24)]:%[ipv6(2001:db8:1::1),ipmask(24,32)]",
    get("/"),
  ],
  [
    "numbers at their ends",
    "http-request set-header a %[int(-1),add(1)]:%[int(9223372036854775807),add(1)]:%[int(-9223372036854775808),neg]:%[int(5),div(-2)]:%[int(-5),mod(3)]:%[int(5),div(0)]:%[int(5),mod(0)]",
    get("/"),
  ],
  [
    "line ends in a location",
    'http-request redirect location "/a%[path,url_dec]"',
    get("/%0d%0aX:y"),
    get("/%00%20%c3%a9"),
  ],
  [
    "line ends in fields",
    "http-request set-header a %[path,url_dec]\nhttp-request set-header b %[urlp(q),url_dec]",
    get("/%0d%0aX:y?q=%0aZ%00"),
    get("/%00%20%c3%a9"),
  ],
  ["use_backend by names that do not exist", "use_backend nope-%[path] if TRUE", get("/x"), get("/")],
  ["redirect with a cookie", "http-request redirect location /x code 301 set-cookie 'A=b; Secure'", get("/")],
  ["redirect to nothing", "http-request redirect location %[req.hdr(l)] ignore-empty", get("/", "l: /a"), get("/")],
  [
    "converters of formats on what is none",
    "http-request set-header a '%[req.hdr(x),mqtt_is_valid]:%[req.hdr(x),fix_is_valid]:%[req.hdr(x),protobuf(1)]:%[req.hdr(x),ungrpc(1)]:%[req.hdr(x),b64dec,hex]:%[req.hdr(x),jwt_header_query($.alg)]:%[req.hdr(x),jwt_payload_query($.a)]:%[req.hdr(x),json_query($.a)]'",
    get("/", "x: eyJhbGciOiJIUzI1NiJ9.eyJhIjoxfQ.c2ln"),
    get("/", "x: "),
    get("/", 'x: {"a":5}'),
    get("/"),
  ],
];

/** Whether a client that leaves ends its tarpit: `option abortonclose` of the defaults counts for a frontend too. */
const leavers = ["option abortonclose", "no option abortonclose", ""].flatMap((option) =>
  (["shutdown", "close"] as const).map((how): Scenario => ({
    name: `edges: ${how} in the tarpit, ${option || "by default"}`,
    config: http({ defaults: `${option}\ntimeout tarpit 1s`, frontend: "http-request tarpit" }),
    servers: { s1: mirror },
    async client(talk) {
      const client = await talk.connect();
      client.send(get("/"));
      await talk.sleep(150);
      client[how]();
      await talk.logged(1, 3000);
    },
  })),
);

export const edges: readonly Scenario[] = [
  ...hints,
  ...values,
  ...names,
  ...bodies,
  wholeResponse,
  ...answers,
  ...large,
  ...leavers,
  ...forms.map(([name, rules, ...requests]) => scenario(name, rules, requests)),
];
