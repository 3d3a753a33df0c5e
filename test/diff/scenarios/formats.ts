/** Custom formats, captures, unique ids: what is kept of a stream and how the log line shows it. */
import { ok, respond } from "../../harness/server.ts";
import type { ServerScript } from "../../harness/server.ts";
import { echo, get, http, request, silence, tcp } from "../build.ts";
import type { Scenario } from "../scenario.ts";

const ABSOLUTE =
  "GET http://example.test/p/a?q=1 HTTP/1.1\r\nHost: example.test\r\nX-A: 1, 2\r\n" +
  'X-A: three|{"\\]\r\nCookie: a=b; sid="q;1"; sidx=2\r\nUser-Agent: ua/1.0 (x; y)\r\n\r\n';

const answers: ServerScript = respond((text) => {
  const body = text.startsWith("HEAD") ? "" : "fine";
  return `HTTP/1.1 203 Sure\r\nContent-Length: ${body.length}\r\nX-Res: a, b\r\nX-Res: last\r\nServer: srv\r\nSet-Cookie: first=1; path=/\r\nSet-Cookie: sid=xyz; sid=no\r\n\r\n${body}`;
});

/** Requests 20 ms apart on one connection, until each has its line. */
function sendsLogged(...requests: string[]): Scenario["client"] {
  return async (talk) => {
    const client = await talk.connect();
    await client.drip(requests, 20);
    await talk.logged(requests.length);
    await silence(client);
  };
}

/** One line with this format for each request. */
function logged(
  name: string,
  lines: string,
  requests: readonly string[] = [ABSOLUTE],
  more: Partial<Scenario> = {},
): Scenario {
  return {
    name: `format ${name}`,
    config: http({ frontend: lines }),
    servers: { s1: answers },
    client: sendsLogged(...requests),
    ...more,
  };
}

const format = (text: string): string => `log-format "${text}"`;

/** Tags whose value is the same in both programs. */
const steady = "ci f ft b s ST B U CC CS hr hs hrl hsl r HM HU HP HPO HQ HV ts tsc rc sq bq fi si sslc sslv ID H".split(
  " ",
);
const flags = [
  "",
  "{+Q}",
  "{+X}",
  "{+E}",
  "{+Q,+E}",
  "{-M}",
  "{+Q,-Q}",
  "{-Q}",
  "{+M}",
  "{ +Q }",
  "{+Q+X}",
  "{Q}",
  "{}",
];
const CAPTURES = [
  "capture request header X-A len 50",
  "capture request header nope len 5",
  "capture request header host len 4",
  "capture response header X-Res len 50",
  "capture response header None len 3",
  "capture cookie sid len 20",
].join("\n");

const tags: Scenario[] = flags.map((flag) =>
  logged(
    `tags with %${flag || " no flags"}`,
    `${CAPTURES}\n${format(steady.map((tag) => `${tag}=%${flag}${tag}`).join(" | "))}`,
  ),
);

/** Expressions whose samples are there at the end of a stream. */
const kept = [
  "src",
  "dst",
  "fc_src",
  "fc_dst",
  "fc_http_major",
  "bc_http_major",
  "bc_src",
  "bc_dst",
  "fe_name",
  "fe_defbe",
  "be_name",
  "srv_name",
  "srv_id",
  "be_id",
  "so_id",
  "so_name",
  "method",
  "status",
  "capture.req.method",
  "capture.req.uri",
  "capture.req.ver",
  "capture.res.ver",
  "capture.req.hdr(0)",
  "capture.req.hdr(1)",
  "capture.req.hdr(2)",
  "capture.req.hdr(9)",
  "capture.res.hdr(0)",
  "capture.res.hdr(1)",
  "http_first_req",
  "unique-id",
  "var(txn.a)",
  "var(req.a)",
  "var(res.a)",
  "var(txn.none)",
  "fe_client_timeout",
  "be_server_timeout",
  "cur_server_timeout",
  "be_tunnel_timeout",
  "fc_rcvd_proxy",
  "fc_pp_authority",
  "fc_err",
  "fc_err_str",
  "bc_err",
  "bc_err_str",
  "last_rule_line",
  "prio_class",
  "prio_offset",
  "stopping",
  "always_true",
  "nbproc",
  "lat_ns_tot",
  "lat_ns_avg",
  "cpu_ns_tot",
  "cpu_ns_avg",
  "str(x)",
  "int(-3)",
  "bool(false)",
  "bin(6162)",
  "ipv4(1.2.3.4)",
  "ipv6(::1)",
  "meth(GET)",
  "res.comp",
  "res.comp_algo",
  "src,ipmask(8)",
  "str(a),concat(b),upper",
  "var(txn.a),length",
  "internal.strm.is_htx",
  "fe_req_rate",
  "fc_fackets",
  "fc_sacked",
  "fc_lost",
  "fc_retrans",
  "fc_unacked",
];

const SETS = [
  "http-request set-var(txn.a) str(hello)",
  "http-request set-var(req.a) str(req)",
  "http-response set-var(res.a) str(res)",
].join("\n");

const samples: Scenario[] = [
  logged(
    "kept samples",
    `${CAPTURES}\n${SETS}\n${format(kept.map((one) => `${one}=%[${one}]`).join(" "))}`,
    [ABSOLUTE],
    {
      config: http({
        frontend: `${CAPTURES}\n${SETS}\n${format(kept.map((one) => `${one}=%[${one}]`).join(" "))}`,
      }).replace("{log} local0", "{log} len 8192 local0"),
    },
  ),
  ...["{+Q}", "{+Q,+E}", "{+E}", "{+X}", "{-M}"].map((flag) =>
    logged(
      `samples with %${flag}`,
      `${CAPTURES}\nhttp-request set-var(txn.q) req.fhdr(x-a)\n${format(`%${flag}[var(txn.q)] %${flag}[var(txn.none)] %${flag}[src] %${flag}[int(17)] %${flag}[capture.req.hdr(0)]|%${flag}[str()]|`)}`,
    ),
  ),
  logged("sample flags by %o", format("%{+Q}o %[src] %[status] %{-Q}[src] %{-Q}o %[src]x%[src] %[str(a)]%[str(b)]")),
  logged("samples and spaces", format("  a   %[var(txn.none)]  %{-M}[var(txn.none)]   b %hr  c%% %[str(x)] ")),
  logged("brackets and quotes in samples", format("%[str(a]b)] %[str('c)d')] %[str(g),concat(h,,i)]")),
  logged("a sample with a byte of zero", format("a%[bin(410042)]b%[bin(0041)]c %[bin(41ff7f)]")),
  logged(
    "samples of what is no request",
    `${CAPTURES}\nunique-id-format %{+X}Ts\n${SETS}\n${format("%ST %r %hr|%hs|%hrl|%CC| %rc %[src] %[method] %[status] %[capture.req.method] %[http_first_req] %[be_name] %[be_id] %[cur_server_timeout] %[prio_class] %[internal.strm.is_htx] %[cpu_calls] %[srv_name] %[fe_name] %[unique-id] %ID %[var(txn.a)] %[last_rule_line] %[res.comp] %[str(x)] %[so_id] %[bc_src] %b %s %tsc %B")}`,
    ["BAD\r\n\r\n"],
  ),
  logged(
    "samples of a denied request",
    `${CAPTURES}\n${SETS}\nhttp-request deny deny_status 429\n${format("%ST %r %hr|%hs|%hrl|%hsl|%CC|%CS| %[method] %[status] %[be_name] %[srv_name] %[srv_id] %[var(txn.a)] %[var(req.a)] %[capture.res.hdr(0)] %[capture.res.ver] %[bc_src] %[bc_http_major] %[be_server_timeout] %tsc %B")}`,
  ),
  logged(
    "samples of a denied response",
    `${CAPTURES}\n${SETS}\nhttp-response deny deny_status 503\n${format("%ST %hr|%hs|%CC|%CS| %[method] %[status] %[be_name] %[srv_name] %[var(res.a)] %[capture.res.hdr(0)] %[capture.res.ver] %tsc %B")}`,
  ),
  logged(
    "samples of a redirection",
    `${CAPTURES}\nredirect location /x\n${format("%ST %hr|%hs|%CC|%CS| %[status] %[be_name] %b %s %[capture.req.uri] %tsc %B")}`,
  ),
  logged(
    "samples after set-method and set-uri",
    `http-request set-method PUT\nhttp-request set-path /new\n${format("%r %HM %HU %[method] %[capture.req.method] %[capture.req.uri]")}`,
  ),
  logged("an unknown method", format("%r|%HM|%[method]|%[capture.req.method]|%[capture.req.uri]"), [
    request("FOO", "/x?y=z"),
  ]),
  logged("of HTTP/1.0", format("%HV %[capture.req.ver] %[capture.res.ver] %[http_first_req]"), [
    "GET /x HTTP/1.0\r\n\r\n",
  ]),
  logged("of a second request", format("%[http_first_req] %lc %[capture.req.uri] %HQ|%HP|%HPO"), [
    get("/1"),
    get("/2?a=b"),
    get("/3?"),
  ]),
  {
    name: "format without a server",
    config: http({
      frontend: `${CAPTURES}\n${format("%ST %b %s %si %sp %bi %bp %hr %hs %[srv_name] %[be_name] %[status] %[bc_dst] %[capture.req.hdr(0)] %CC %tsc")}`,
    }).replace(/ +server s1.*\n/, ""),
    client: sendsLogged(ABSOLUTE),
  },
  {
    name: "format without a backend",
    config: http({
      frontend: `${CAPTURES}\n${format("%ST %b %s %hr %hs %[srv_name] %[be_name] %[status] %CC %tsc")}`,
    }).replace(/ +default_backend.*\n/, ""),
    servers: { s1: answers },
    client: sendsLogged(ABSOLUTE),
  },
  {
    name: "format in a listen with rules",
    config: `
defaults
    mode http
    log 127.0.0.1:{log} local0
    timeout connect 2s
    timeout client 3s
    timeout server 3s
listen fe
    bind 127.0.0.1:{fe}
    http-request capture req.hdr(host) len 5
    http-response set-var(txn.s) res.hdr(server)
    log-format "%hr %[var(txn.s)] %[be_name] %[fe_name] %[srv_name] %[be_conn] %[cpu_calls,bool]"
    server s1 127.0.0.1:{s1}
`,
    servers: { s1: answers },
    client: sendsLogged(ABSOLUTE),
  },
];

const captures: Scenario[] = [
  logged("httplog with captures", `option httplog\n${CAPTURES}`),
  logged("httplog clf with captures", `option httplog clf\n${CAPTURES}`),
  logged("httplog clf", "option httplog clf", [get("/1"), "BAD\r\n\r\n"]),
  logged("httpslog without TLS", "option httpslog", [get("/1"), "BAD\r\n\r\n"]),
  logged("httpslog with captures", `option httpslog\n${CAPTURES}`),
  logged(
    "captures cut",
    "capture request header X-A len 3\ncapture response header X-Res len 2\ncapture cookie sid len 5\noption httplog",
  ),
  logged(
    "captures of length 0",
    "capture request header X-A len 0\ncapture response header X-Res len 0\ncapture cookie sid len 0\noption httplog",
  ),
  logged(
    "captures of what rules change later",
    `${CAPTURES}\nhttp-request set-header X-A new\nhttp-response set-header X-Res new\nhttp-request set-header Cookie sid=changed\nhttp-response set-header Set-Cookie sid=changed\noption httplog`,
  ),
  logged("captures missing", `${CAPTURES}\noption httplog`, [get("/")]),
  logged("captures, several requests", `${CAPTURES}\noption httplog`, [
    get("/1", "X-A: one"),
    get("/2"),
    get("/3", "Cookie: sid=3"),
  ]),
  logged("captures of odd bytes", `${CAPTURES}\n${format("%hr %hrl %{+Q}hrl %{+E}hr %[capture.req.hdr(0)] %CC")}`, [
    get("/", 'X-A: a\t"b"|{c}\xe9\\]#', "Cookie: sid=\xe9#{"),
  ]),
  logged("only response captures", "capture response header Server len 9\noption httplog", [get("/"), "BAD\r\n\r\n"]),
  logged("only request captures", "capture request header Host len 9\noption httplog", [get("/"), "BAD\r\n\r\n"]),
  logged("a captured cookie by its start", "capture cookie si len 63\noption httplog"),
  logged("a captured cookie with its sign", "capture cookie sid= len 63\noption httplog"),
  logged("a captured cookie among many", "capture cookie sid= len 63\noption httplog", [
    get("/", "Cookie: x=1", 'Cookie: y="sid=2"; sid = 3 ; z =4'),
    get("/", "Cookie: ;;sid=5"),
    get("/", "Cookie: sid"),
    get("/", "Cookie: sid="),
  ]),
  ...["request", "response"].map((side) =>
    logged(
      `declared ${side} slots`,
      `declare capture ${side} len 4\ncapture ${side} header ${side === "request" ? "X-A" : "X-Res"} len 30\ndeclare capture ${side} len 9\nhttp-${side} capture str(abcdefgh) id 0\nhttp-${side} capture str(abcdefgh),length id 2\n${format("%hr|%hs|%hrl|%hsl|%[capture.req.hdr(0)]|%[capture.res.hdr(0)]|%[capture.req.hdr(2)]")}`,
    ),
  ),
  logged(
    "captures by rules",
    `http-request capture req.hdr(host) len 3\nhttp-request capture req.hdr(none) len 3\nhttp-request capture src len 20\nhttp-request capture path len 20 if { path_beg /p }\nhttp-request capture path len 20 if { path_beg /q }\nhttp-request capture req.fhdr(x-a) id 0 if FALSE\n${format("%hr %hrl %{+Q}hrl")}`,
  ),
  logged(
    "captures by converters",
    `declare capture request len 5\ndeclare capture response len 5\nhttp-request set-header x %[req.hdr(host),capture-req(0),upper]\nhttp-request set-header y %[str(y),capture-req(3)]\nhttp-response set-header z %[res.hdr(server),capture-res(0)]\n${format("%hr %hs")}`,
  ),
  logged(
    "captures used in rules",
    `${CAPTURES}\nhttp-response set-header x-one %[capture.req.hdr(0)]\nhttp-response set-header x-two %[capture.req.method]-%[capture.req.uri]-%[capture.req.ver]-%[capture.res.ver]-%[capture.res.hdr(0)]\nhttp-request set-header x-three %[capture.req.hdr(2)]\nhttp-request deny if { capture.req.hdr(1) -m found }\noption httplog`,
  ),
  {
    name: "format capture in a backend",
    config: http({
      frontend: `declare capture request len 9\ndeclare capture response len 9\n${format("%hr %hs")}`,
      backend:
        "http-request capture req.hdr(host) id 0\nhttp-request capture req.hdr(host) id 5\nhttp-response capture res.hdr(server) id 0\nhttp-after-response capture str(after) id 1",
    }),
    servers: { s1: answers },
    client: sendsLogged(ABSOLUTE),
  },
  logged("captures when the server fails", `${CAPTURES}\noption httplog`, [ABSOLUTE], {
    servers: {
      s1: async (peer) => {
        await peer.request();
        peer.close();
      },
    },
  }),
  logged("captures with persistence", `${CAPTURES}\noption httplog`, [get("/", "Cookie: SRV=s1; sid=mine")], {
    config: http({
      frontend: `${CAPTURES}\noption httplog`,
      backend: "cookie SRV insert indirect",
      servers: { s1: "cookie s1" },
    }),
  }),
];

const identified: Scenario[] = [
  logged(
    "unique id",
    `unique-id-format "%ci-%[req.fhdr(x-a)]  %f %[method] %{+X}[src] %{+Q}[path] %[req.hdr(none)]|%HM|%B"\nunique-id-header X-Unique-ID\noption forwardfor\n${format("%ID|%{+Q}ID|%[unique-id]|%{+E}ID")}`,
  ),
  logged(
    "unique id with control characters",
    `http-request set-var(txn.c) str(a%0Ab%09c%7Fd%ffe),url_dec\nunique-id-format "%[var(txn.c)]"\nunique-id-header X-U\n${format("%ID")}`,
  ),
  logged(
    "unique id in rules",
    `unique-id-format "%[rand(1)]-%[path]"\nunique-id-header X-U\nhttp-request set-path /other\nhttp-request set-header X-Early %[unique-id]\nhttp-request set-path /later\nhttp-response set-header X-Late %[unique-id]\n${format("%ID")}`,
  ),
  logged("unique id without header", `unique-id-format "%[path]"\n${format("%ID %[unique-id]")}`, [
    get("/1"),
    get("/2"),
  ]),
  logged(
    "unique id of a denied request",
    `unique-id-format "%[path]"\nunique-id-header X-U\nhttp-request deny\n${format("%ID %[unique-id]")}`,
  ),
  logged("unique id of a bad request", `unique-id-format "%ci"\n${format("%ID %[unique-id]")}`, ["BAD\r\n\r\n"]),
  logged("no unique id", `unique-id-header X-U\n${format("%ID %{+Q}ID %{-M}ID %[unique-id]")}`),
  {
    name: "format unique id from defaults",
    config: http({ defaults: 'unique-id-format "%[path]-x"\nunique-id-header X-From-Defaults\nlog-format "%ID"' }),
    servers: { s1: answers },
    client: sendsLogged(get("/1")),
  },
  {
    name: "format counter of lines",
    config: http({ frontend: `${format("%lc %{+X}lc")}` }),
    servers: { s1: answers },
    client: sendsLogged(get("/1"), get("/2"), get("/3")),
    alone: true,
  },
];

/** Answers late, and its body later still. */
const slow: ServerScript = async (peer) => {
  for (;;) {
    await peer.request(600_000);
    await peer.sleep(80);
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc");
    await peer.sleep(80);
    peer.send("def");
  }
};

const named = (tags: string): string =>
  format(
    tags
      .split(" ")
      .map((tag) => `${tag}=%${tag}`)
      .join(" "),
  );

const TIMERS = "Ta Tc Td Th Ti Tq TR Tr Tt Tu Tw";
const NUMBERS = "cp fp bp sp pid rt ms Ts ac fc bc sc lc B U rc sq bq ST";
const DATES = "T Tl t tr trg trl";

const measured: Scenario[] = [
  logged("timers", named(TIMERS), [get("/1"), get("/2")], { servers: { s1: slow } }),
  logged("timers of a bad request", named(TIMERS), ["BAD\r\n\r\n"]),
  logged("timers of a denied request", `http-request deny\n${named(TIMERS)}`, [get("/1")]),
  logged("timers with logasap", `option logasap\n${named(TIMERS)}`, [get("/1")], { servers: { s1: slow } }),
  logged("bytes with logasap", `option logasap\n${format("B=%B U=%U ST=%ST")}`, [get("/1")], { servers: { s1: slow } }),
  logged("timers without a server", named(TIMERS), [get("/1")], { servers: {} }),
  logged("numbers", named(NUMBERS), [get("/1"), get("/2")]),
  logged("numbers of a bad request", named(NUMBERS), ["BAD\r\n\r\n"]),
  logged("numbers in hexadecimal", named("cp bp pid rt ms Ts").replaceAll("=%", "=%{+X}")),
  logged("numbers in quotes", format("%{+Q}o st=%ST b=%B %fc %sq %lc %rc %fp")),
  logged("dates", named(DATES), [get("/1"), get("/2")]),
  logged("dates of a bad request", named(DATES), ["BAD\r\n\r\n"]),
  logged("TLS tags without TLS", format("%sslc %sslv %{+Q}sslc %{-M}sslv|%ft|%{+Q}ft")),
];

/** Structured data goes out with format rfc5424 only. */
const structured: Scenario[] = [
  ...(["rfc5424", "rfc3164", "local", "raw"] as const).map((name): Scenario => ({
    name: `format log-format-sd with ${name}`,
    config: http({
      frontend: `capture request header X-A len 30\nlog-format-sd "%{+Q,+E}o [my@1 host=%[capture.req.hdr(0)] m=%[method] none=%[var(txn.none)] q=%{-Q}[str(a)]]"`,
    }).replace("{log} local0", `{log} format ${name} local0`),
    servers: { s1: answers },
    client: sendsLogged(ABSOLUTE),
  })),
  {
    name: "format log-format-sd empty",
    config: http({ frontend: 'log-format-sd "%{-M}[var(txn.none)]"' }).replace(
      "{log} local0",
      "{log} format rfc5424 local0",
    ),
    servers: { s1: answers },
    client: sendsLogged(get("/")),
  },
  {
    name: "format rfc5424 with log-tag and custom format",
    config: http({ frontend: 'log-tag mine\nlog-format "%[str(only)]"' }).replace(
      "{log} local0",
      "{log} format rfc5424 local0",
    ),
    servers: { s1: answers },
    client: sendsLogged(get("/")),
  },
  logged("error-log-format of a bad request", `error-log-format "ERR %ci %ST"\n${format("OK %ci %ST %r")}`, [
    "BAD\r\n\r\n",
  ]),
  logged(
    "error-log-format of an error",
    `error-log-format "ERR %ci %ST"\noption log-separate-errors\n${format("OK %ci %ST %r")}`,
    [get("/")],
    { servers: {} },
  ),
];

const inTcp: Scenario[] = [
  ...[
    [
      "samples",
      "%[src] %[fe_name] %[be_name] %[srv_name] %[method] %[status] %[var(txn.x)] %[capture.req.uri] %[internal.strm.is_htx] %[fc_http_major] %[srv_id] %[so_id]",
    ],
    ["tags", "%ci %f %b %s %ts %hr|%hs|%CC %rc %sq %bq %fi %si %ST"],
    ["flags", "%{+Q}o %ci %[src] %b %hr %{-Q}s"],
  ].map(([name, text]): Scenario => ({
    name: `format in mode tcp, ${name}`,
    config: tcp({ frontend: format(text!).replace("%CC ", "") }),
    servers: {
      s1: async (peer) => {
        await peer.request();
        peer.send(ok("x"));
        peer.close();
      },
    },
    async client(talk) {
      const client = await talk.connect();
      client.send(get("/"));
      await client.closed(1000);
      await talk.logged(1);
    },
  })),
  {
    name: "format captures in mode tcp",
    config: tcp({
      frontend: `tcp-request inspect-delay 300ms
declare capture request len 3
declare capture response len 3
tcp-request content capture req.payload(0,9) len 5 if { req.len gt 9 }
tcp-request content capture src len 20
tcp-request content capture req.ssl_sni len 20
${format("%hr|%hs|%hrl|%[capture.req.hdr(1)]|%[capture.req.hdr(0)]|%[capture.req.hdr(9)]|%B")}`,
    }),
    servers: {
      s1: async (peer) => {
        await peer.request();
        peer.send(ok("x"));
        peer.close();
      },
    },
    async client(talk) {
      const client = await talk.connect();
      client.send(get("/long/enough"));
      await client.closed(2000);
      await talk.logged(1);
    },
  },
  {
    name: "format unique id in mode tcp",
    config: tcp({ frontend: `unique-id-format "%ci-%[src]-%f"\n${format("%ID")}` }),
    servers: {
      s1: async (peer) => {
        await peer.request();
        peer.close();
      },
    },
    async client(talk) {
      const client = await talk.connect();
      client.send(get("/"));
      await client.closed(1000);
      await talk.logged(1);
    },
  },
];

/** Without a log, the request line is kept where a format of the frontend shows it. */
const LINE = '"%HM %HP %HQ %HU %HV %r"';
const unlogged: readonly Scenario[] = (
  [
    ["set-var-fmt", `http-request set-var-fmt(txn.a) ${LINE}\nhttp-response set-header X-A %[var(txn.a)]`, ""],
    ["set-header behind set-path", `http-request set-path /other\nhttp-response set-header X-A ${LINE}`, ""],
    ["return", `http-request return status 200 content-type text/plain lf-string ${LINE}`, ""],
    ["redirect", "http-request redirect location /x/%HM%HP", ""],
    ["unique-id", "unique-id-format %HM%HP\nhttp-response set-header X-A %[unique-id]-%HQ", ""],
    ["use_backend", "use_backend %HM if { path /none }\nuse_backend be-%HM", ""],
    ["a backend's rule alone", "", `http-response set-header X-A ${LINE}`],
    ["a backend's rule and the frontend's", "http-request set-header X-M %HM", `http-response set-header X-A ${LINE}`],
  ] as const
).map(([name, frontend, backend]) => ({
  name: `format of the request without a log, ${name}`,
  config: http({ defaults: "no log", frontend, backend }),
  servers: { s1: answers },
  async client(talk) {
    for (const target of ["/p/a?q=1", "http://example.test/p?q", "*"])
      talk.note(target, await talk.once(get(target, "Connection: close")));
  },
}));

export const formats: readonly Scenario[] = [
  ...unlogged,
  ...tags,
  ...samples,
  ...captures,
  ...identified,
  ...measured,
  ...structured,
  ...inTcp,
  {
    name: "format read only at the response",
    config: http({ frontend: format("%ci %ST %[status] %[var(txn.a)]") }),
    servers: { s1: echo },
    client: sendsLogged(get("/1"), get("/2")),
  },
];
