/** One expression in rules of every place: what it finds there, and what it does not find any more or not yet. */
import { get, http, post, silence, tcp } from "../build.ts";
import { ok, respond } from "../../harness/server.ts";
import type { Scenario } from "../scenario.ts";

const CONNECTION = "tcp-request connection";
const SESSION = "tcp-request session";
const CONTENT = "tcp-request content";
const REQUEST = "http-request";
const RESPONSE = "http-response";
const AFTER = "http-after-response";
/** Rules of the backend. */
const BACK = ["tcp-request content", "http-request", "tcp-response content", "http-response"].map(
  (rule) => `be ${rule}`,
);
const ANSWERS = [...BACK.slice(2), RESPONSE, AFTER];
const EVERYWHERE = [CONTENT, REQUEST, ...BACK, RESPONSE, AFTER];

const answer = respond(
  ok("ok", "X-R: one, two", "X-A: three", "Set-Cookie: a=9; Path=/", "Cookie: a=no", "Server: zz", "X-R: 4"),
);
const ASKED = ["X-A: one,two", "Cookie: a=req", "X-L: 7,8,10.0.0.1"];
const REQUESTS = [get("/p?x=1", ...ASKED), get("/deny?x=1", ...ASKED), post("/again?x=1", "k=v", ...ASKED)];

interface Frame {
  readonly frontend?: string;
  readonly backend?: string;
  readonly global?: string;
  readonly requests?: readonly string[];
  readonly server?: Scenario["servers"];
}

/** What each expression yields at each place comes back in a header, in hexadecimal digits; 2D means that there is no sample. */
function found(name: string, places: readonly string[], expressions: readonly string[], frame: Frame = {}): Scenario {
  const front = ["http-request deny if { path /deny }", frame.frontend ?? ""];
  const back = [frame.backend ?? ""];
  const shown: string[] = [];
  let number = 0;
  for (const place of places) {
    for (const expression of expressions) {
      const variable = `${/connection|session/.test(place) ? "sess" : "txn"}.v${number}`;
      const rule = `${place.replace("be ", "")} set-var(${variable}) '${expression.replaceAll("'", "'\\''")}'`;
      (place.startsWith("be ") ? back : front).push(rule);
      shown.push(`http-after-response set-header x-${number} %[var(${variable},-),hex]`);
      number++;
    }
  }
  const { requests = REQUESTS, global, server = { s1: answer } } = frame;
  return {
    name: `places: ${name}`,
    config: http({
      // The first connection is to be there still when the last has been looked at.
      defaults: "timeout client 20s\noption http-buffer-request",
      frontend: ["declare capture request len 20", "declare capture response len 20", ...front, ...shown].join("\n"),
      backend: back.join("\n"),
    }),
    servers: server,
    ...(global === undefined ? {} : { global }),
    async client(talk) {
      for (const request of requests) {
        const client = await talk.connect();
        client.send(request);
        await silence(client);
      }
    },
  };
}

const values = (list: string, converter: string): string[] => list.split(" ").map((value) => `${value},${converter}`);

export const places: readonly Scenario[] = [
  found("hdr and cookie", [CONTENT, REQUEST, ...ANSWERS], ["hdr(x-a)", "hdr(x-r,1)", "hdr(x-r),upper", "cookie(a)"]),
  found("hdr and cookie of an ACL", [], [], {
    frontend: `acl named cookie(a) 9
http-response set-header x-named yes if named
http-response set-header x-hdr yes if { hdr(x-r) 4 }
http-response set-header x-cookie yes if { cookie(a) -m found }
http-request set-header x-cookie yes if { cookie(a) req } !named`,
  }),
  found("req.proto_http", EVERYWHERE, ["req.proto_http", "req_proto_http"]),
  found("methods", EVERYWHERE, ["method,lower", "capture.req.method"], {
    frontend:
      "http-request set-method %[req.hdr(x-method)] if { req.hdr(x-method) -m found }\nhttp-request set-header x-m %[method]",
    requests: ["GET", "PATCH", "BREW", "TRACE"].flatMap((method) => [
      `${method} /a HTTP/1.1\r\nHost: a\r\n\r\n`,
      `${method} /a HTTP/1.1\r\nHost: a\r\nX-Method: PUT\r\n\r\n`,
      `${method} /a HTTP/1.1\r\nHost: a\r\nX-Method: PATCH\r\n\r\n`,
    ]),
  }),
  found("addresses in the target", [REQUEST], ["url_ip", "url_port"], {
    requests: ["1.2.3.4", "1.2.3.4:8080", "[::1]:99", "[2001:db8::1]", "[::ffff:1.2.3.4]:80", "1.2.3", "1.2.3.4x"].map(
      (host) => `GET http://${host}/p HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
    ),
  }),
  found(
    "what fix_is_valid takes for a beginning",
    [REQUEST],
    [
      "str(8=FIX.4.4),fix_is_valid",
      ...["01", "3d", "3d01", "013d", "013d01", "383d01", "783d01", "01783d0101"].map(
        (hex) => `bin(61626364656667686970616263646566676869706162636465666768${hex}),fix_is_valid`,
      ),
      ...["01", "3d", "3d01", "013d", "013d01", "383d01", "783d01"].map(
        (hex) => `bin(${hex}61626364656667686970616263646566676869706162636465666768),fix_is_valid`,
      ),
    ],
    { requests: [get("/p")] },
  ),
  found("captures of the request", EVERYWHERE, [
    "capture.req.method",
    "capture.req.uri",
    "capture.req.ver",
    "capture.res.ver",
    "capture.req.hdr(0)",
  ]),
  found("nothing is left of the response before", [CONTENT, REQUEST, ...BACK], ["capture.res.ver"], {
    requests: Array.from({ length: 4 }, () => get("/p")),
  }),
  found(
    "samples of the response before there is one",
    ["be tcp-response content"],
    ["res.ver", "res.hdr_cnt(x-r)", "res.body_size", "res.cook_cnt", "res.len", "status"],
  ),
  found("capture-req", EVERYWHERE, ["str(x),capture-req(0)"], { frontend: "log-format %hr|%hs" }),
  found("capture-res in the request", [CONTENT, REQUEST, "be http-request"], ["str(early),capture-res(0)"], {
    frontend: "capture response header x-none len 9\nlog-format %hr|%hs",
  }),
  found(
    "converters set-var and unset-var",
    [CONNECTION, SESSION, ...EVERYWHERE],
    [
      ...["txn", "req", "res", "sess", "proc"].map((scope) => `str(a),set-var(${scope}.made)`),
      ...["txn", "req", "res", "sess", "proc"].map((scope) => `str(a),unset-var(${scope}.made)`),
    ],
  ),
  found(
    "the default of var where nothing could have set it",
    [CONNECTION, SESSION, ...EVERYWHERE],
    ["txn", "req", "res", "sess", "proc"].map((scope) => `var(${scope}.unset,dflt)`),
  ),
  found("timeouts of the server", BACK, ["cur_server_timeout", "cur_tunnel_timeout", "be_server_timeout"], {
    backend: "timeout tunnel 9s",
  }),
  found("timeouts of the server set by rules", BACK, ["cur_server_timeout", "cur_tunnel_timeout"], {
    backend: "http-request set-timeout server 5s\nhttp-request set-timeout tunnel 6s",
  }),
  found(
    "what the configuration did to the environment",
    [CONNECTION, REQUEST],
    ["env(TLB_SET)", "env(TLB_GONE)", "env(TLB_PRE)"],
    {
      global:
        "    setenv TLB_SET caf\xe9\n    setenv TLB_GONE x\n    unsetenv TLB_GONE\n    presetenv TLB_PRE y\n    presetenv TLB_PRE z",
    },
  ),
  found(
    "headers of an empty name",
    [REQUEST],
    [
      ...["hdr", "fhdr", "hdr_val", "hdr_ip"].flatMap((name) =>
        ["", "()", "(,)", "(,1)", "(,2)", "(,-1)", "(,-2)", "(,-7)"].map((args) => `req.${name}${args}`),
      ),
      ...["hdr_cnt", "hdr_cnt()", "fhdr_cnt", "fhdr_cnt()", "hdr_names", "hdr_names()"].map((name) => `req.${name}`),
    ],
  ),
  found(
    "headers of an empty name in responses",
    [RESPONSE],
    [
      ...["hdr", "fhdr"].flatMap((name) => ["", "()", "(,)", "(,1)", "(,-2)"].map((args) => `res.${name}${args}`)),
      "res.hdr_cnt()",
      "res.hdr_names()",
    ],
  ),
  found(
    "arguments that are empty",
    [REQUEST],
    [
      ...values(
        "bytes(3,) field(2,/,) word(2,/,) be2hex(x,2,) ipmask(8,) concat(a,) regsub(o,x,) crc32() sha2(),hex",
        "length",
      ).map((text) => `path,${text}`),
      "str(one/two/three),bytes(3,)",
      "str(one/two/three),field(2,/,)",
      "str(one/two/three),word(2,/,)",
      "urlp(x,)",
      "urlp_val(x,)",
      "urlp(,)",
      "urlp()",
    ],
  ),
  found(
    "a cookie of RDP that is none",
    [REQUEST],
    ["req.rdp_cookie_cnt(msts)", "req.rdp_cookie_cnt", "req.rdp_cookie"],
  ),
  found("size of a body that does not come", [RESPONSE, AFTER], ["res.body_size", "res.body_len"], {
    requests: ["HEAD /p HTTP/1.1\r\nHost: a\r\n\r\n"],
    server: { s1: respond("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n") },
  }),
  found("size of the body of a 304", [RESPONSE, AFTER], ["res.body_size", "res.body_len"], {
    requests: [get("/p")],
    server: { s1: respond("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n") },
  }),
  found("brackets and parentheses in formats", [], [], {
    frontend: ["str(()", "str(a]b)", 'str("a]\\")b")', "str('a\\'),lower", "str((),upper", "str(a\\]b)"]
      .map((text, i) => `http-request set-header x-f${i} '<%[${text.replaceAll("'", "'\\''")}]>'`)
      .join("\n"),
    server: { s1: respond((text) => ok(text)) },
  }),
  found(
    "mqtt_is_valid by type and flags",
    [REQUEST],
    Array.from({ length: 16 }, (_, type) => type.toString(16)).flatMap((type) => [
      `bin(${type}04f),mqtt_is_valid`,
      `bin(${type}24f),mqtt_is_valid`,
      `bin(${type}000),mqtt_is_valid`,
    ]),
    { requests: [get("/p")] },
  ),
  found(
    "converters of what set-var passes on",
    [REQUEST],
    [
      "src,set-var(txn.one),lower",
      "path,set-var(txn.one),length",
      "int(3),set-var(txn.one),ipmask(8)",
      "int(3),unset-var(txn.one),ipmask(8),add(1)",
      "bin(00ff),set-var(txn.one),hex",
      "str(x),set-var(txn.one),add(2)",
    ],
  ),
  found("values with blanks around them", [], [], {
    frontend: [
      "http-request set-header x '  a b '\nhttp-request add-header y ' c , d '\nhttp-request set-header z ' 5 '",
      ...["hdr(x)", "fhdr(x)", "fhdr(y,1)", "hdr_val(z)", "hdrs,hex", "hdrs_bin,hex", "len"].map(
        (name, i) => `http-request set-header r-${i} <%[req.${name}]>`,
      ),
      "http-request add-header v '  a b '\nhttp-request add-header v '\xa0c , d\xa0'\nhttp-request replace-header v (.*) <\\1>",
      "http-request add-header w ' a,\xa0b, c '\nhttp-request replace-value w (.*) <\\1>",
      'http-request set-header u "%{+Q}U|%U|%B"',
    ].join("\n"),
    requests: [get("/p", "V: \xa0q\xa0"), post("/p", "abc")],
  }),
  found("long unique ids", [REQUEST], ["unique-id,length"], {
    frontend: "unique-id-format %[path]-%[rand(1)]\nunique-id-header X-U\nlog-format %ID",
    requests: [10, 124, 125, 126, 127, 128, 300].map((length) => get(`/${"x".repeat(length)}`)),
  }),
  inTcp(
    "bodies of requests",
    ["req.body,length", "req.body_len", "req.body_size", "req.body_param(k)", "method", "path"].map(
      (expression, i) => `tcp-request content set-var(sess.v${i}) ${expression}`,
    ),
    [],
    post("/p?k=v", "k=w"),
  ),
  inTcp(
    "requests in rules about the response",
    ["tcp-request content set-var(sess.x) path", "tcp-request content set-var(sess.v0) method"],
    ["method", "req_proto_http", "cookie(a)", "hdr(x-a)", "http_first_req"].map(
      (expression, i) => `tcp-response content set-var(sess.v${i + 1}) int(1) if { ${expression} -m found }`,
    ),
    get("/p", ...ASKED),
    "a",
    "hello world",
  ),
];

/** Samples of HTTP in mode tcp, shown by the log; the server answers with bytes that are no HTTP. */
function inTcp(name: string, front: readonly string[], back: readonly string[], ...requests: string[]): Scenario {
  return {
    name: `places: ${name}, in mode tcp`,
    config: tcp({
      frontend: [
        "tcp-request inspect-delay 200ms",
        "tcp-request content set-var(sess.w) int(1) if { req.len gt 0 }",
        ...front,
        'log-format "%[var(sess.v0,-)] %[var(sess.v1,-)] %[var(sess.v2,-)] %[var(sess.v3,-)] %[var(sess.v4,-)] %[var(sess.v5,-)]"',
      ].join("\n"),
      backend: [
        "tcp-response inspect-delay 5s",
        "tcp-response content set-var(sess.w) int(1) if { res.len gt 0 }",
        ...back,
      ].join("\n"),
    }),
    servers: {
      s1: async (peer) => {
        await peer.bytes(1);
        peer.send("\x00\x03abc");
      },
    },
    compare: { logOrder: "any" },
    async client(talk) {
      for (const request of requests) {
        const client = await talk.connect();
        client.send(request);
        await client.bytes(5).catch(() => "");
        client.close();
        await silence(client);
      }
    },
  };
}
