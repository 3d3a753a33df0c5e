/** Subjects of HAProxy's own regression suite that no other file here holds, as scenarios of our own. */
import { ok, respond } from "../../harness/server.ts";
import { chunked, echo, get, http, plays, post, request, sends, silence } from "../build.ts";
import type { Scenario } from "../scenario.ts";

/** Says which server it is and what it was asked. */
const tells = (name: string) => respond((text) => ok(`${name}: ${text.slice(0, text.indexOf("\r\n\r\n"))}`));

/** Each expression in a header of the answer. */
function shows(list: readonly string[]): string {
  return list.map((text, i) => `http-response set-header x-${i} "[%[${text}]]"`).join("\n");
}

/** What a backend, its servers and the connections can be asked. */
const states: Scenario = {
  name: "suite: samples of proxies and servers",
  config: `${http({
    frontend: `bind 127.0.0.1:{two} name second id 77\nacl up nbsrv({@many}) ge 2\nacl one srv_is_up({@many}/a)\nacl none nbsrv({@empty}) 0\nhttp-request set-var(txn.acl) str(up) if up one none\n${shows(
      [
        "var(txn.acl)",
        "nbsrv({@many})",
        "nbsrv({@empty})",
        "nbsrv({@be})",
        "connslots({@many})",
        "be_conn_free({@many})",
        "avg_queue({@many})",
        "queue({@many})",
        "srv_is_up({@many}/a)",
        "srv_is_up({@many}/b)",
        "srv_is_up({@many}/c)",
        "srv_conn({@many}/a)",
        "srv_conn_free({@many}/a)",
        "srv_conn_free({@many}/b)",
        "srv_weight({@many}/a)",
        "srv_iweight({@many}/a)",
        "srv_uweight({@many}/a)",
        "srv_queue({@many}/a)",
        "srv_name",
        "srv_id",
        "be_name",
        "be_id,bool",
        "fe_name",
        "fe_defbe",
        "fe_id,bool",
        "so_name",
        "so_id",
        "fc_http_major",
        "bc_http_major",
        "be_server_timeout",
        "be_tunnel_timeout",
        "cur_server_timeout",
        "cur_tunnel_timeout",
        "hostname,length,bool",
        "nbproc",
        "proc",
        "thread",
        "fe_conn({@fe})",
        "be_conn({@many})",
        "be_sess_rate({@many})",
        "fc_err",
        "fc_err_str",
        "bc_err",
        "stopping",
        "prio_class",
        "prio_offset",
        "uuid,length",
        "uuid(4),regsub([0-9a-f],x,g)",
        "rand(1)",
        "date,bool",
        "int(5),add(3)",
        "ipv4(10.0.0.1),ipmask(8)",
        "ipv6(::1)",
        "meth(GET)",
        "bool(true)",
        "bin(414243)",
        "always_true",
        "env(NO_SUCH_NAME)",
      ],
    )}`,
    backend: "timeout tunnel 9s\ntimeout server 4s",
  })}
userlist users
    user u insecure-password p
backend many
    server a 127.0.0.1:{a} weight 20 maxconn 5
    server b 127.0.0.1:{a} weight 30
    server c 127.0.0.1:{a} weight 30 disabled
backend empty
`,
  servers: { s1: tells("s1") },
  async client(talk) {
    await talk.once(get("/"));
    await talk.once(get("/"), "two");
  },
};

/** Names of listeners, and connections that come by a unix socket. */
const listeners: readonly Scenario[] = ["", "option socket-stats"].map((option) => ({
  name: `suite: listeners ${option || "without a name"}`,
  config: `${http({
    frontend: `${option}\nbind 127.0.0.1:{two} name second\nbind 127.0.0.1:{three} id 99 accept-proxy\nbind abns@{file:none}\n${shows(
      ["so_name", "so_id", "src_is_local", "dst_is_local", "fc_src_is_local", "src", "dst_port"],
    )}\nlog-format "%ci %fi %fp %ft %b %s %[so_name]"`,
  })}
backend unix
    server u abns@{file:none}
frontend other
    bind 127.0.0.1:{other}
    default_backend unix
`,
  files: { none: "" },
  servers: { s1: tells("s1") },
  async client(talk) {
    await talk.once(get("/"));
    await talk.once(get("/"), "two");
    await talk.once(`PROXY TCP4 10.1.2.3 10.4.5.6 1234 80\r\n${get("/")}`, "three");
    await talk.once(get("/"), "other");
  },
  compare: { logOrder: "any" },
}));

/** Maps and ACL files of every match method, in the order of the manual's precedence. */
const files = {
  "str.map": "# comment\n\nfoo  first\nFOO second words here\n  lead 3\nfoo third\n",
  "beg.map": "/a short\n/ab long\n/abc longer\n",
  "sub.map": "lo low\nhello greeting\n",
  "dir.map": "img pictures\nimg/big large\n",
  "dom.map": "test tld\nexample.test site\n",
  "end.map": ".gz packed\n.tar.gz both\n",
  "reg.map": "^/([a-z]+)/([0-9]+)$ \\2-\\1\n^/x.* any\n",
  "ip.map": "127.0.0.0/8 loop\n127.0.0.1 self\n10.0.0.0/8 ten\n10.1.0.0/16 ten-one\n::1 six\n",
  "int.map": "1:10 low\n11:20 mid\n5 five\n",
  "num.map": "foo 12\n/ab 13\n",
  "addr.map": "foo 10.9.8.7\nFOO ::2\n",
  "words.acl": "alpha\nBeta\n# gamma\n\n  delta  \n",
  "reg.acl": "^/secret\n\\.bak$\n",
  "ip.acl": "10.0.0.0/8\n192.168.1.1\n2001:db8::/32\n",
};

const maps: Scenario = {
  name: "suite: maps and pattern files of every method",
  files,
  config: http({
    frontend: `
      http-request set-var(txn.k) req.hdr(x-k)
      acl words req.hdr(x-k) -f {file:words.acl}
      acl wordsi req.hdr(x-k) -i -f {file:words.acl}
      acl regs path -m reg -f {file:reg.acl}
      acl ips req.hdr_ip(x-ip) -f {file:ip.acl} 172.16.0.0/12
      acl both req.hdr(x-k) -i -m beg -f {file:words.acl} -- -f
      acl mapped req.hdr(x-k) -M -f {file:str.map}
      acl two req.hdr(x-k) -m str -f {file:words.acl} -f {file:ip.acl}
      ${["words", "wordsi", "regs", "ips", "both", "mapped", "two"].map((name) => `http-request set-header x-acl-${name} yes if ${name}`).join("\n")}
      ${[
        "var(txn.k),map({file:str.map})",
        "var(txn.k),map({file:str.map},none)",
        "var(txn.k),map_str({file:str.map},none)",
        "path,map_beg({file:beg.map},none)",
        "var(txn.k),map_sub({file:sub.map},none)",
        "path,map_dir({file:dir.map},none)",
        "req.hdr(host),map_dom({file:dom.map},none)",
        "path,map_end({file:end.map},none)",
        "path,map_reg({file:reg.map},none)",
        "path,map_regm({file:reg.map},none)",
        "req.hdr_ip(x-ip),map_ip({file:ip.map},none)",
        "src,map_ip({file:ip.map},none)",
        "path,length,map_int({file:int.map},none)",
        "req.hdr(x-k),map_str_int({file:num.map},7)",
        "path,map_beg_int({file:num.map})",
        "req.hdr(x-k),map_str_ip({file:addr.map})",
      ]
        .map((text, i) => `http-request set-header x-map-${i} "[%[${text}]]"`)
        .join("\n")}`,
  }),
  servers: { s1: tells("s1") },
  async client(talk) {
    const asked = [
      get("/", "X-K: foo"),
      get("/abcd", "X-K: FOO", "X-Ip: 10.1.2.3"),
      get("/ab", "X-K: say hello", "X-Ip: 10.2.2.3"),
      get("/x/img/big/1", "X-K: beta", "X-Ip: 2001:db8::5"),
      get("/img", "X-K: lead", "X-Ip: ::1"),
      get("/f.tar.gz", "X-K: -f", "X-Ip: 172.31.0.1"),
      get("/user/42", "X-K: delta", "X-Ip: nonsense"),
      get("/xyz.bak", "X-K: alphabet"),
      get("/secret/12345678"),
      get("/12345678901234", "X-K: gamma"),
    ];
    for (const text of asked) await talk.once(text);
  },
};

/** Text patterns through the runtime socket are of another file; here the order in which lines of one name are judged. */
const ordering: Scenario = {
  name: "suite: order of map lines and of routes",
  files: { "routes.map": "/ root\n/api api\n/api/v2 apitwo\n", "hosts.map": "^a\\. ahost\n^ab?\\. abhost\n.* rest\n" },
  config: `${http({
    frontend:
      "use_backend %[path,map_beg({file:routes.map},be)]-x if { path_beg /miss }\nuse_backend %[req.hdr(host),map_reg({file:hosts.map})] if { path_beg /h }\nuse_backend api if { path_beg /api }\nhttp-response set-header x-be %b",
  })}
backend api
    server s2 127.0.0.1:{s2}
`,
  servers: { s1: tells("s1"), s2: tells("s2") },
  async client(talk) {
    for (const path of ["/", "/api", "/api/v2/x", "/miss", "/h"]) await talk.once(get(path));
  },
};

/** Conditions on what a variable holds, and the scopes that outlive a request. */
const variables: Scenario = {
  name: "suite: set-var with conditions",
  global: '    set-var proc.greeting str(hello)\n    set-var-fmt proc.both "%[var(proc.greeting)] you"',
  config: http({
    frontend: `
      tcp-request connection set-var(sess.port) int(0)
      tcp-request session set-var(sess.ip) src
      tcp-request content set-var(sess.seen) int(1)
      http-request set-var(txn.first,ifnotexists) str(one)
      http-request set-var(txn.first,ifnotexists) str(two)
      http-request set-var(txn.none,ifexists) str(never)
      http-request set-var(txn.e,ifempty) str(filled)
      http-request set-var(txn.e,ifempty) str(again)
      http-request set-var(txn.gt) int(5)
      http-request set-var(txn.gt,ifgt) int(4)
      http-request set-var(txn.lt) int(5)
      http-request set-var(txn.lt,iflt) int(9)
      http-request set-var(txn.ne,ifnotempty) str(x)
      http-request set-var(txn.set,ifset) req.hdr(x-none)
      http-request set-var(sess.count) var(sess.count),add(1)
      http-request set-var-fmt(txn.fmt) "%[src]:%[var(sess.count)]"
      http-request unset-var(txn.gone)
      http-request set-var(req.r) str(req)
      http-request set-var(proc.last) path
      ${shows([
        "var(sess.ip)",
        "var(sess.seen)",
        "var(sess.port)",
        "var(txn.first)",
        "var(txn.none)",
        "var(txn.none,dflt)",
        "var(txn.e)",
        "var(txn.gt)",
        "var(txn.lt)",
        "var(txn.ne)",
        "var(txn.set)",
        "var(sess.count)",
        "var(txn.fmt)",
        "var(req.r)",
        "var(res.r)",
        "var(proc.greeting)",
        "var(proc.both)",
        "var(proc.last)",
        "var(txn.first),strcmp(txn.e)",
        "str(one),strcmp(txn.first)",
        "str(zz),strcmp(txn.first)",
        "var(txn.gt),add(txn.lt),mul(txn.lt)",
        "str(a),concat(-,txn.first,-b)",
        "str(one),secure_memcmp(txn.first)",
        "str(two),secure_memcmp(txn.first)",
        "bool(true),iif(yes,no)",
        "int(0),iif(yes,no)",
        "str(x-y;z),field(2,;)",
        'str(a),add_item(\\",\\",txn.first)',
        'str(),add_item(\\",\\",txn.first,-end)',
        "str(a),add_item(;,,txt)",
      ])}`,
  }),
  servers: { s1: tells("s1") },
  client: sends(get("/a"), get("/b")),
};

/** Pages, fields and bodies that come without a server. */
const returned: readonly (readonly [name: string, rules: string, ...requests: string[]])[] = [
  [
    "return with every kind of payload",
    `http-request return status 200 content-type text/plain string "str" if { path /string }
     http-request return status 201 content-type "text/x; a=b" lf-string "%[path] %H" if { path /lf }
     http-request return status 202 content-type text/plain file {file:body} hdr x-a "%[src]" hdr x-b b if { path /file }
     http-request return status 203 content-type text/plain lf-file {file:lf} if { path /lffile }
     http-request return status 204 if { path /empty }
     http-request return status 503 default-errorfiles if { path /default }
     http-request return status 403 errorfile {file:403} if { path /errorfile }
     http-request return status 400 errorfiles pages if { path /pages }
     http-request return if { path /plain }
     http-request return status 599 content-type text/plain string "odd" if { path /odd }`,
    get("/string"),
    get("/lf"),
    get("/file"),
    get("/lffile"),
    get("/empty"),
    get("/default"),
    get("/errorfile"),
    get("/pages"),
    get("/plain"),
    get("/odd"),
    request("HEAD", "/string"),
    request("HEAD", "/file"),
    post("/string", "body"),
  ],
  [
    "after-response rules see what is made here",
    `http-request return status 200 content-type text/plain string "x" hdr x-mine 1 if { path /r }
     http-request redirect location /there if { path /go }
     http-request deny deny_status 403 hdr x-why no if { path /no }
     http-after-response set-header x-after "%[status]"
     http-after-response del-header x-mine
     http-after-response replace-header location /(.*) https://h/\\1
     http-after-response set-status 299 reason Odd if { status 200 }
     http-after-response set-var(txn.s) status
     http-after-response allow if { status 299 }
     http-after-response add-header x-last yes`,
    get("/r"),
    get("/go"),
    get("/no"),
    get("/server"),
  ],
  [
    "forwardfor ifnone and except, originalto",
    `option forwardfor if-none header x-client
     option originalto except 127.0.0.1 header x-orig
     http-request del-header x-client if { path /strip }`,
    get("/"),
    get("/", "X-Client: 9.9.9.9"),
    get("/strip", "X-Client: 9.9.9.9"),
  ],
  [
    "paths and their queries",
    `http-request set-path /new%[path] if { path /sp }
     http-request set-pathq "/npq%[pathq]" if { path /spq }
     http-request replace-path ^/rp/(.*) /rp2/\\1
     http-request replace-pathq ^/rq/(.*)\\?(.*)$ /rq2/\\2?\\1
     http-request replace-uri ^(.*)/ru/(.*)$ \\1/ru2/\\2
     http-request set-uri /su?%[query] if { path /u }
     http-request set-query "%[query,regsub(a,b,g)]" if { path /q }
     http-request set-method PATCH if { path /m }
     http-request set-header x-seen "%[url]|%[path]|%[pathq]|%[query]|%[base]|%[baseq]|%[capture.req.uri]"`,
    get("/sp?x=1"),
    get("/spq?x=1"),
    get("/rp/a/b?x"),
    get("/rq/a?b"),
    get("/ru/x?y"),
    get("http://h.test/ru/x?y"),
    get("/u?aa"),
    get("/q?abca"),
    get("/q"),
    get("/m"),
    get("http://h.test/sp?x=1"),
    request("OPTIONS", "*"),
  ],
  [
    "captures of several fields and cookies",
    `declare capture request len 8
     declare capture response len 5
     capture request header host len 20
     capture request header x-many len 4
     capture response header server len 10
     capture cookie SID= len 12
     http-request capture path len 6
     http-request capture req.hdr(x-many) id 0
     http-response capture status id 0
     http-response set-header x-caps "%[capture.req.hdr(0)]|%[capture.req.hdr(1)]|%[capture.req.hdr(2)]|%[capture.req.hdr(3)]|%[capture.res.hdr(0)]|%[capture.res.hdr(1)]|%[capture.req.method]|%[capture.req.uri]|%[capture.req.ver]|%[capture.res.ver]"`,
    get("/path/of/it", "X-Many: one", "X-Many: second", "Cookie: a=b; SID=abcdefghijklmnop"),
    get("/"),
  ],
];

const local: readonly Scenario[] = returned.map(([name, frontend, ...requests]) => ({
  name: `suite: ${name}`,
  files: {
    body: "from a file\n",
    lf: "path %[path]\nstatus %ST\n",
    "403": "HTTP/1.1 403 Own\r\nContent-Length: 3\r\nX-Own: 1\r\n\r\nown",
    "400": "HTTP/1.1 400 Page\r\nContent-Length: 4\r\n\r\npage",
  },
  config: `${http({ frontend })}
http-errors pages
    errorfile 400 {file:400}
`,
  servers: {
    s1: respond((text) => ok(text.slice(0, text.indexOf("\r\n\r\n")), "Server: its-long-name", "Set-Cookie: SID=1")),
  },
  async client(talk) {
    for (const text of requests) {
      const client = await talk.connect();
      client.send(text);
      await silence(client);
      client.close();
    }
  },
}));

/** Responses that have no body, whatever their fields say. */
const bodyless: readonly Scenario[] = (
  [
    ["HEAD with a length", request("HEAD", "/"), "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"],
    ["HEAD with chunks announced", request("HEAD", "/"), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"],
    ["HEAD without a length", request("HEAD", "/"), "HTTP/1.1 200 OK\r\n\r\n"],
    ["204 with a length", get("/"), "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"],
    ["204 with chunks announced", get("/"), "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n"],
    ["304 with a length", get("/"), "HTTP/1.1 304 Not Modified\r\nContent-Length: 100\r\nETag: x\r\n\r\n"],
    ["304 with chunks announced", get("/"), "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n"],
    [
      "103, then 200",
      get("/"),
      "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    ],
    ["100, then 204", get("/"), "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"],
    ["205 without a length", get("/"), "HTTP/1.1 205 Reset Content\r\n\r\n"],
  ] as const
).flatMap(([name, asked, answer]) =>
  ["", "option httpclose", "option http-server-close"].map((option) => ({
    name: `suite: bodyless ${name}, ${option || "keep-alive"}`,
    config: http({ defaults: option }),
    servers: { s1: plays(answer, "") },
    client: sends(asked),
  })),
);

/** Framing that two readers could take in two ways. */
const encodings: readonly Scenario[] = (
  [
    ["chunked twice", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"],
    ["gzip, chunked", "Transfer-Encoding: gzip, chunked"],
    ["gzip alone", "Transfer-Encoding: gzip"],
    ["chunked, gzip", "Transfer-Encoding: chunked, gzip"],
    ["identity", "Transfer-Encoding: identity"],
    ["with a length", "Transfer-Encoding: chunked\r\nContent-Length: 3"],
    ["upper case", "Transfer-Encoding: CHUNKED"],
    ["spaces", "Transfer-Encoding:   chunked  "],
    ["in the Connection header", "Connection: close, transfer-encoding\r\nTransfer-Encoding: chunked"],
    ["empty", "Transfer-Encoding:"],
    ["with TE", "TE: trailers, deflate\r\nTransfer-Encoding: chunked"],
  ] as const
).flatMap(([name, fields]) => [
  {
    name: `suite: request encoding ${name}`,
    config: http(),
    servers: { s1: echo },
    client: sends(`POST /e HTTP/1.1\r\nHost: h\r\n${fields}\r\n\r\n${chunked(["abc", "defg"], ["X-T: 1"])}`),
  },
  {
    name: `suite: request encoding ${name}, version 1.0`,
    config: http(),
    servers: { s1: echo },
    client: sends(`POST /e HTTP/1.0\r\nHost: h\r\n${fields}\r\n\r\n${chunked(["abc"])}`),
  },
  {
    name: `suite: response encoding ${name}`,
    // HAProxy counts fields that it does not send.
    ...(name === "with TE" ? { compare: { logBytes: false } as const } : {}),
    config: http(),
    servers: { s1: plays(`HTTP/1.1 200 OK\r\n${fields}\r\n\r\n`, chunked(["abc", "defg"], ["X-T: 1"])) },
    client: sends(get("/")),
  },
]);

/** How authorities and schemes of targets meet the Host. */
const hosts: readonly Scenario[] = (
  [
    ["http with its port", "GET http://h.test:80/p HTTP/1.1\r\nHost: h.test:80\r\n\r\n"],
    ["http with its port, Host without", "GET http://h.test:80/p HTTP/1.1\r\nHost: h.test\r\n\r\n"],
    ["http without, Host with its port", "GET http://h.test/p HTTP/1.1\r\nHost: h.test:80\r\n\r\n"],
    ["http with another port", "GET http://h.test:8080/p HTTP/1.1\r\nHost: h.test:8080\r\n\r\n"],
    ["https with its port", "GET https://h.test:443/p HTTP/1.1\r\nHost: h.test:443\r\n\r\n"],
    ["https with the port of http", "GET https://h.test:80/p HTTP/1.1\r\nHost: h.test:80\r\n\r\n"],
    ["empty port", "GET http://h.test:/p HTTP/1.1\r\nHost: h.test:\r\n\r\n"],
    ["another Host", "GET http://h.test/p HTTP/1.1\r\nHost: other.test\r\n\r\n"],
    ["two equal Hosts", "GET /p HTTP/1.1\r\nHost: h.test\r\nHost: h.test\r\n\r\n"],
    ["two Hosts", "GET /p HTTP/1.1\r\nHost: h.test\r\nHost: i.test\r\n\r\n"],
    ["no Host", "GET /p HTTP/1.1\r\n\r\n"],
    ["no Host with a target", "GET http://h.test/p HTTP/1.1\r\n\r\n"],
    ["empty Host", "GET /p HTTP/1.1\r\nHost:\r\n\r\n"],
    ["upper case", "GET HTTP://H.TEST/p HTTP/1.1\r\nHost: h.test\r\n\r\n"],
    ["no path", "GET http://h.test HTTP/1.1\r\nHost: h.test\r\n\r\n"],
    ["no path, a query", "GET http://h.test?x HTTP/1.1\r\nHost: h.test\r\n\r\n"],
    ["CONNECT, its port", "CONNECT h.test:443 HTTP/1.1\r\nHost: h.test:443\r\n\r\n"],
    ["CONNECT, Host without its port", "CONNECT h.test:443 HTTP/1.1\r\nHost: h.test\r\n\r\n"],
    ["CONNECT without a port", "CONNECT h.test HTTP/1.1\r\nHost: h.test\r\n\r\n"],
    ["user in the target", "GET http://u:p@h.test/p HTTP/1.1\r\nHost: h.test\r\n\r\n"],
    ["relative target", "GET p HTTP/1.1\r\nHost: h.test\r\n\r\n"],
    ["unknown scheme", "GET ftp://h.test/p HTTP/1.1\r\nHost: h.test\r\n\r\n"],
  ] as const
).map(([name, asked]) => ({
  name: `suite: host, ${name}`,
  config: http({
    frontend: 'http-request set-header x-seen "%[req.hdr(host)]|%[url]|%[path]|%[base]|%[req.hdr_cnt(host)]"',
  }),
  servers: { s1: tells("s1") },
  client: sends(asked),
}));

/** Cookies that keep a client at its server. */
const cookies: readonly Scenario[] = (
  [
    ["insert indirect nocache", "cookie SRV insert indirect nocache"],
    ["insert", "cookie SRV insert"],
    ["insert preserve", "cookie SRV insert preserve indirect"],
    ["insert postonly", "cookie SRV insert postonly"],
    [
      "insert with all attributes",
      "cookie SRV insert domain .x.test domain y.test httponly secure attr SameSite=Strict",
    ],
    ["insert with times", "cookie SRV insert indirect maxidle 30m maxlife 8h"],
    ["rewrite", "cookie SRV rewrite"],
    ["prefix", "cookie SRV prefix"],
    ["passive", "cookie SRV"],
  ] as const
).map(([name, backend]) => ({
  name: `suite: cookie ${name}`,
  config: http({ backend: `balance roundrobin\n${backend}`, servers: { s1: "cookie one", s2: "cookie two" } }),
  // The dates of the moment are in the values.
  ...(name.includes("times") ? { compare: { received: false, logBytes: false } as const } : {}),
  servers: {
    s1: respond((text) =>
      ok(
        `1 ${/cookie: [^\r]*/i.exec(text)?.[0] ?? "-"}`,
        ...(text.includes("/set") ? ["Set-Cookie: SRV=app; path=/"] : []),
      ),
    ),
    s2: respond((text) =>
      ok(
        `2 ${/cookie: [^\r]*/i.exec(text)?.[0] ?? "-"}`,
        ...(text.includes("/set") ? ["Set-Cookie: SRV=app; path=/"] : []),
      ),
    ),
  },
  async client(talk) {
    for (const text of [
      get("/"),
      get("/", "Cookie: SRV=two"),
      get("/", "Cookie: a=1; SRV=two; b=2"),
      get("/", "Cookie: SRV=none"),
      get("/set"),
      get("/set", "Cookie: SRV=one"),
      get("/", "Cookie: SRV=two~app"),
      post("/", "x"),
    ])
      await talk.once(text);
  },
}));

/** The phrases of all codes that mean something, and of some that do not. */
const CODES = [
  201, 203, 206, 208, 210, 226, 299, 302, 306, 309, 310, 405, 416, 418, 419, 422, 424, 449, 456, 499, 502, 506, 509,
  511, 520, 599,
];

const reasons: Scenario = {
  name: "suite: reason phrases",
  config: http({
    frontend: `http-request set-var(txn.p) path\nhttp-request redirect location /there if { path /found }\n${CODES.map((code) => `http-request return status ${code} if { path /return/${code} }\nhttp-after-response set-status ${code} if { var(txn.p) -m str /${code} }`).join("\n")}`,
  }),
  servers: { s1: echo },
  async client(talk) {
    for (const code of CODES) {
      await talk.once(get(`/return/${code}`));
      await talk.once(get(`/${code}`));
    }
    await talk.once(get("/found"));
  },
};

export const suite: readonly Scenario[] = [
  states,
  ...listeners,
  maps,
  ordering,
  variables,
  reasons,
  ...local,
  ...bodyless,
  ...encodings,
  ...hosts,
  ...cookies,
];
