/** The HTTP cache: what is stored, what is served from it, and how that looks in answers, logs and to the servers. */
import { respond } from "../../harness/server.ts";
import { get, http, type Lines, post, request, silence } from "../build.ts";
import type { Scenario } from "../scenario.ts";

interface Case {
  readonly name: string;
  /** Lines of the cache section beside its size. */
  readonly cache?: string;
  readonly lines?: Lines;
  /** The answer of the server, or what makes it. */
  readonly answer: string | ((request: string) => string);
  /** Each on a connection of its own. */
  readonly requests: readonly string[];
  /** All on one connection. */
  readonly kept?: true;
  readonly compare?: Scenario["compare"];
}

let count = 0;

function scenario({ name, cache = "", lines = {}, answer, requests, kept, compare }: Case): Scenario {
  const id = `c${++count}`;
  const store: Lines = {
    ...lines,
    backend: lines.backend ?? `http-request cache-use ${id}\nhttp-response cache-store ${id}`,
  };
  const section = `cache ${id}\n    total-max-size 4\n    max-age 30\n${cache}\n`;
  return {
    name: `cache: ${name}`,
    config: section + http(store).replaceAll("{cache}", id),
    servers: { s1: respond(answer) },
    ...(compare === undefined ? {} : { compare }),
    async client(talk) {
      if (kept === true) {
        const client = await talk.connect();
        for (const text of requests) {
          client.send(text);
          await client.response();
        }
        await silence(client, 40);
        return;
      }
      for (const [index, text] of requests.entries()) {
        const client = await talk.connect();
        client.send(text);
        await talk.logged(index + 1).catch(() => {});
        await silence(client, 20);
        client.close();
      }
    },
  };
}

const BODY = "hello";

function answer(...fields: string[]): string {
  return ["HTTP/1.1 200 OK", ...fields, `Content-Length: ${BODY.length}`, "", BODY].join("\r\n");
}

const MAX_AGE = "Cache-Control: max-age=20";
const twice = [get("/x"), get("/x")];

const date = (offset: number): string => new Date(Date.now() + offset * 1000).toUTCString();

/** What a response must have to be stored. */
const responses: readonly (readonly [string, string])[] = [
  ["max-age", answer(MAX_AGE)],
  ["s-maxage", answer("Cache-Control: s-maxage=20")],
  ["nothing about freshness", answer()],
  ["an etag alone", answer('ETag: "a"')],
  ["last-modified alone", answer("Last-Modified: Tue, 15 Nov 1994 12:45:26 GMT")],
  ["expires in the future", answer(`Expires: ${date(3600)}`)],
  ["expires in the past", answer("Expires: Tue, 15 Nov 1994 12:45:26 GMT")],
  ["expires in the past and an etag", answer("Expires: Tue, 15 Nov 1994 12:45:26 GMT", 'ETag: "a"')],
  ["expires that is no date", answer("Expires: 0")],
  ["public alone", answer("Cache-Control: public")],
  ["private", answer("Cache-Control: private, max-age=20")],
  ["no-store", answer("Cache-Control: no-store", 'ETag: "a"')],
  ["no-cache", answer("Cache-Control: no-cache", 'ETag: "a"')],
  ["max-age=0", answer("Cache-Control: max-age=0", 'ETag: "a"')],
  ["s-maxage=0", answer("Cache-Control: s-maxage=0, max-age=10")],
  ["must-revalidate", answer("Cache-Control: max-age=20, must-revalidate")],
  ["proxy-revalidate", answer("Cache-Control: max-age=20, proxy-revalidate")],
  ["upper case", answer("CACHE-CONTROL: MAX-AGE=20")],
  ["two lines", answer("Cache-Control: public", "Cache-Control: max-age=20")],
  ["private behind max-age in another line", answer("Cache-Control: max-age=20", "Cache-Control: private")],
  ["max-age in quotes", answer('Cache-Control: max-age="20"')],
  ["max-age that is no number", answer("Cache-Control: max-age=x")],
  ['no-cache="set-cookie"', answer('Cache-Control: no-cache="set-cookie", max-age=20')],
  ["set-cookie", answer(MAX_AGE, "Set-Cookie: a=b")],
  ["pragma no-cache", answer("Pragma: no-cache", 'ETag: "a"')],
  ["pragma and cache-control", answer("Pragma: no-cache", MAX_AGE)],
  ["pragma behind cache-control", answer(MAX_AGE, "Pragma: no-cache", 'ETag: "a"')],
  ["pragma in a list", answer(MAX_AGE, "Pragma: a, no-cache")],
  ["max-age without a number", answer("Cache-Control: max-age")],
  ["max-age with something behind", answer("Cache-Control: max-age=10x")],
  ["max-age below 0", answer("Cache-Control: max-age=-5", 'ETag: "a"')],
  ["s-maxage that is no number", answer("Cache-Control: s-maxage=x, max-age=10")],
  ["age", answer(MAX_AGE, "Age: 5")],
  ["age above max-age", answer(MAX_AGE, "Age: 50")],
  ["age 0", answer(MAX_AGE, "Age: 0")],
  ["age that is no number", answer(MAX_AGE, "Age: x")],
  ["vary without process-vary", answer(MAX_AGE, "Vary: Accept-Encoding")],
  ["content-encoding", answer(MAX_AGE, "Content-Encoding: gzip")],
  ["connection: close", answer(MAX_AGE, "Connection: close")],
  ["other headers", answer(MAX_AGE, "X-A: 1", "x-a: 2", "Server: s", "Date: Tue, 15 Nov 1994 12:45:26 GMT")],
  ["status 203", answer(MAX_AGE).replace("200 OK", "203 Hm")],
  ["status 301", answer(MAX_AGE, "Location: /y").replace("200 OK", "301 Moved")],
  ["status 404", answer(MAX_AGE).replace("200 OK", "404 Not Found")],
  ["status 500", answer(MAX_AGE).replace("200 OK", "500 Oops")],
  ["reason", answer(MAX_AGE).replace("200 OK", "200 Very Fine")],
  ["version 1.0", answer(MAX_AGE).replace("HTTP/1.1", "HTTP/1.0")],
  [
    "trailers",
    "HTTP/1.1 200 OK\r\nCache-Control: max-age=20\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n",
  ],
  ["no body", "HTTP/1.1 200 OK\r\nCache-Control: max-age=20\r\nContent-Length: 0\r\n\r\n"],
  [
    "chunks",
    "HTTP/1.1 200 OK\r\nCache-Control: max-age=20\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n3\r\nyou\r\n0\r\n\r\n",
  ],
  [
    "chunks without payload",
    "HTTP/1.1 200 OK\r\nCache-Control: max-age=20\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  ],
];

/** What a request may ask for when there is an object. */
const requests: readonly (readonly [string, string])[] = [
  ["HEAD", request("HEAD", "/x")],
  ["POST", post("/x", "abc")],
  ["OPTIONS", request("OPTIONS", "/x")],
  ["cache-control no-cache", get("/x", "Cache-Control: no-cache")],
  ["cache-control no-store", get("/x", "Cache-Control: no-store")],
  ["cache-control max-age=0", get("/x", "Cache-Control: max-age=0")],
  ["cache-control max-age=5", get("/x", "Cache-Control: max-age=5")],
  ["cache-control only-if-cached", get("/x", "Cache-Control: only-if-cached")],
  ["cache-control in a list", get("/x", "Cache-Control: a, No-Cache")],
  ["pragma no-cache", get("/x", "Pragma: no-cache")],
  ["pragma other", get("/x", "Pragma: foo")],
  ["pragma beside cache-control", get("/x", "Pragma: no-cache", "Cache-Control: max-age=5")],
  ["cache-control max-stale", get("/x", "Cache-Control: max-stale")],
  ["cache-control no-cachefoo", get("/x", "Cache-Control: no-cachefoo")],
  ["pragma in a list", get("/x", "Pragma: a, no-cache")],
  ["pragma beside another cache-control", get("/x", "Pragma: no-cache", "Cache-Control: a")],
  ["authorization", get("/x", "Authorization: Basic YTpi")],
  ["cookie", get("/x", "Cookie: a=b")],
  ["range", get("/x", "Range: bytes=0-1")],
  ["another host", "GET /x HTTP/1.1\r\nHost: other.test\r\n\r\n"],
  ["the host in upper case", "GET /x HTTP/1.1\r\nHost: EXAMPLE.test\r\n\r\n"],
  ["absolute uri", "GET http://example.test/x HTTP/1.1\r\nHost: example.test\r\n\r\n"],
  ["absolute https uri", "GET https://example.test/x HTTP/1.1\r\nHost: example.test\r\n\r\n"],
  ["a query", get("/x?a")],
  ["version 1.0", "GET /x HTTP/1.0\r\nHost: example.test\r\n\r\n"],
  ["connection: close", get("/x", "Connection: close")],
  ["a body", request("GET", "/x", ["Content-Length: 3"], "abc")],
  ["if-none-match that matches", get("/x", 'If-None-Match: "a"')],
  ["if-none-match that does not", get("/x", 'If-None-Match: "b"')],
  ["if-none-match *", get("/x", "If-None-Match: *")],
  ["if-none-match weak", get("/x", 'If-None-Match: W/"a"')],
  ["if-none-match list", get("/x", 'If-None-Match: "b", "a"')],
  ["if-none-match in two lines", get("/x", 'If-None-Match: "b"', 'If-None-Match: "a"')],
  ["if-none-match without quotes", get("/x", "If-None-Match: a")],
  ["if-none-match empty", get("/x", "If-None-Match: ")],
  ["HEAD if-none-match", request("HEAD", "/x", ['If-None-Match: "a"'])],
  ["if-modified-since the same", get("/x", "If-Modified-Since: Tue, 15 Nov 1994 12:45:26 GMT")],
  ["if-modified-since later", get("/x", "If-Modified-Since: Wed, 16 Nov 1994 12:45:26 GMT")],
  ["if-modified-since earlier", get("/x", "If-Modified-Since: Mon, 14 Nov 1994 12:45:26 GMT")],
  ["if-modified-since of RFC 850", get("/x", "If-Modified-Since: Tuesday, 15-Nov-94 12:45:26 GMT")],
  ["if-modified-since of asctime", get("/x", "If-Modified-Since: Tue Nov 15 12:45:26 1994")],
  ["if-modified-since that is no date", get("/x", "If-Modified-Since: yesterday")],
  ["both, the tag does not match", get("/x", 'If-None-Match: "b"', "If-Modified-Since: Wed, 16 Nov 1994 12:45:26 GMT")],
  ["if-match", get("/x", 'If-Match: "b"')],
  ["if-unmodified-since", get("/x", "If-Unmodified-Since: Mon, 14 Nov 1994 12:45:26 GMT")],
];

const OBJECT = answer(MAX_AGE, 'ETag: "a"', "Last-Modified: Tue, 15 Nov 1994 12:45:26 GMT");

const methods = ["POST", "PUT", "DELETE", "PATCH", "BREW", "OPTIONS", "TRACE", "HEAD"] as const;
const changes: readonly Scenario[] = methods.flatMap((method) =>
  ["200 OK", "302 Found", "404 Not Found"].map((status) =>
    scenario({
      name: `${method} answered by ${status} to what is stored`,
      answer: (text) =>
        text.startsWith("GET")
          ? OBJECT
          : `HTTP/1.1 ${status}\r\nContent-Length: ${text.startsWith("HEAD") ? "5" : "0"}\r\n\r\n`,
      requests: [
        get("/x"),
        request(method, "/x", method === "TRACE" || method === "HEAD" ? [] : ["Content-Length: 0"]),
        get("/x"),
      ],
    }),
  ),
);

const VARY = "    process-vary on";
const encoded = (text: string): string => {
  const wanted = /x-answer: ([^\r]*)/i.exec(text)?.[1] ?? "";
  return answer(MAX_AGE, "Vary: Accept-Encoding", ...(wanted === "" ? [] : [`Content-Encoding: ${wanted}`]));
};
const asks = (accept: string | null, content = ""): string =>
  get(
    "/x",
    ...(accept === null ? [] : [`Accept-Encoding: ${accept}`]),
    ...(content === "" ? [] : [`X-Answer: ${content}`]),
  );

const vary: readonly Scenario[] = (
  [
    ["none, none", [asks(null), asks(null)]],
    ["gzip, gzip", [asks("gzip", "gzip"), asks("gzip", "gzip")]],
    ["gzip, none", [asks("gzip", "gzip"), asks(null)]],
    ["gzip but plain, none", [asks("gzip"), asks(null)]],
    ["none, gzip", [asks(null), asks("gzip", "gzip")]],
    ["gzip, gzip and br", [asks("gzip", "gzip"), asks("br, gzip", "br")]],
    ["gzip, br", [asks("gzip", "gzip"), asks("br", "br"), asks("gzip", "gzip"), asks("br", "br")]],
    ["gzip, empty", [asks("gzip", "gzip"), asks("")]],
    ["many encodings", [asks("gzip", "gzip"), asks("gzip,a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q", "gzip")]],
    [
      "no-cache first",
      [asks("gzip", "gzip").replace("X-Answer", "Cache-Control: no-cache\r\nX-Answer"), asks("gzip", "gzip")],
    ],
    ["gzip, gzip;q=0", [asks("gzip", "gzip"), asks("gzip;q=0")]],
    ["gzip, GZIP;q=0.5", [asks("gzip", "gzip"), asks("GZIP ; q=0.5", "gzip")]],
    ["gzip, *", [asks("gzip", "gzip"), asks("*", "gzip")]],
    ["gzip, *;q=0", [asks("gzip", "gzip"), asks("*;q=0")]],
    ["plain, identity;q=0", [asks(null), asks("gzip, identity;q=0", "gzip")]],
    ["plain, *;q=0", [asks(null), asks("gzip, *;q=0", "gzip")]],
    ["gzip, x-gzip", [asks("gzip", "gzip"), asks("x-gzip", "gzip")]],
    ["unknown encoding asked for", [asks("zork"), asks("zork"), asks(null)]],
    ["unknown encoding answered", [asks("zork", "zork"), asks("zork", "zork")]],
    ["gzip, gzip and unknown", [asks("gzip", "gzip"), asks("gzip, zork", "gzip")]],
    ["two encodings", [asks("gzip, br", "gzip, br"), asks("gzip", "gzip"), asks("br, gzip", "gzip, br")]],
  ] as const
).map(([name, list]) => scenario({ name: `vary: ${name}`, cache: VARY, answer: encoded, requests: list }));

const varies = (...lines: string[]): string => answer(MAX_AGE, ...lines.map((line) => `Vary: ${line}`));

const more: readonly Scenario[] = [
  ...vary,
  scenario({
    name: "vary: referer",
    cache: VARY,
    answer: varies("Referer"),
    requests: [get("/x", "Referer: a"), get("/x", "Referer: b"), get("/x", "Referer: a"), get("/x"), get("/x")],
  }),
  scenario({
    name: "vary: both, one behind the other",
    cache: VARY,
    answer: varies("Referer", "accept-encoding"),
    requests: [get("/x", "Referer: a"), get("/x", "Referer: a"), get("/x", "Accept-Encoding: gzip"), get("/x")],
  }),
  ...["origin", "*", "user-agent", "accept-encoding, cookie", ""].map((name) =>
    scenario({ name: `vary: '${name}'`, cache: VARY, answer: varies(name), requests: twice }),
  ),
  scenario({
    name: "vary: more than max-secondary-entries",
    cache: `${VARY}\n    max-secondary-entries 2`,
    answer: varies("Referer", "Accept-Encoding"),
    requests: ["a", "b", "c", "c", "a", "b"].map((one) => get("/x", `Referer: ${one}`)),
  }),
  scenario({
    name: "vary: POST to one of several",
    cache: VARY,
    answer: varies("Referer", "Accept-Encoding"),
    requests: [
      get("/x", "Referer: a"),
      get("/x", "Referer: b"),
      post("/x", "b", "Referer: b"),
      get("/x", "Referer: a"),
      get("/x", "Referer: b"),
    ],
  }),
  scenario({
    name: "vary: from one to none",
    cache: VARY,
    answer: (text) => (text.includes("referer") ? varies("Referer, accept-encoding") : answer(MAX_AGE)),
    requests: [get("/x", "Referer: a"), get("/x"), get("/x"), get("/x", "Referer: a")],
  }),

  scenario({
    name: "in the frontend",
    lines: {
      frontend: "http-request cache-use {cache}\nhttp-response cache-store {cache}",
      backend: "http-response set-header x-back 1",
    },
    answer: OBJECT,
    requests: twice,
  }),
  scenario({
    name: "used in the frontend, stored in the backend",
    lines: { frontend: "http-request cache-use {cache}", backend: "http-response cache-store {cache}" },
    answer: OBJECT,
    requests: twice,
  }),
  scenario({
    name: "used in the backend, stored in the frontend",
    lines: { frontend: "http-response cache-store {cache}", backend: "http-request cache-use {cache}" },
    answer: OBJECT,
    requests: twice,
  }),
  scenario({
    name: "stored without being used",
    lines: { backend: "http-response cache-store {cache}" },
    answer: OBJECT,
    requests: twice,
  }),
  scenario({
    name: "rules of requests behind cache-use",
    lines: {
      backend: `http-request cache-use {cache}
        http-request set-var(txn.a) str(yes)
        http-response cache-store {cache}
        http-response set-header x-var %[var(txn.a)]`,
    },
    answer: OBJECT,
    requests: twice,
  }),
  scenario({
    name: "deny behind cache-use",
    lines: {
      backend: `http-request cache-use {cache}
        http-request deny if { hdr(x-deny) 1 }
        http-response cache-store {cache}`,
    },
    answer: OBJECT,
    requests: [...twice, get("/x", "X-Deny: 1"), get("/x")],
  }),
  scenario({
    name: "a redirect behind cache-use",
    lines: {
      backend: `http-request cache-use {cache}
        http-response cache-store {cache}
        redirect location /y if { hdr(x-away) 1 }`,
    },
    answer: OBJECT,
    requests: [...twice, get("/x", "X-Away: 1"), get("/x")],
  }),
  scenario({
    name: "rules of responses before and behind cache-store",
    lines: {
      backend: `http-request cache-use {cache}
        http-response set-header x-before 1
        http-response del-header etag
        http-response cache-store {cache}
        http-response set-header x-behind %[res.cache_hit]/%[res.cache_name]
        http-response add-header x-seen %[res.hdr(age)]`,
      frontend: `http-response set-header x-front %[status]
        http-after-response set-header x-after %[res.cache_hit]`,
    },
    answer: OBJECT,
    requests: [...twice, get("/x", 'If-None-Match: "a"')],
  }),
  scenario({
    name: "a response that is refused after it was stored",
    lines: {
      backend: `http-request cache-use {cache}
        http-response cache-store {cache}
        http-response deny if { res.hdr(x-bad) 1 }`,
    },
    answer: answer(MAX_AGE, "X-Bad: 1"),
    requests: twice,
  }),
  scenario({
    name: "conditions",
    lines: {
      backend: `http-request cache-use {cache} if { path_beg /a }
        http-response cache-store {cache} unless { res.hdr(x-no) 1 }`,
    },
    answer: (text) => answer(MAX_AGE, ...(text.includes("/a/no") ? ["X-No: 1"] : [])),
    requests: [get("/a"), get("/a"), get("/b"), get("/b"), get("/a/no"), get("/a/no")],
  }),
  scenario({
    name: "the path is rewritten before",
    lines: {
      backend: "http-request set-path /same\nhttp-request cache-use {cache}\nhttp-response cache-store {cache}",
    },
    answer: OBJECT,
    requests: [get("/x"), get("/y")],
  }),
  scenario({
    name: "the host is rewritten before",
    lines: {
      backend: "http-request set-header host z\nhttp-request cache-use {cache}\nhttp-response cache-store {cache}",
    },
    answer: OBJECT,
    requests: [get("/x"), "GET /x HTTP/1.1\r\nHost: other.test\r\n\r\n"],
  }),
  scenario({
    name: "the status is rewritten before cache-store",
    lines: {
      backend: "http-request cache-use {cache}\nhttp-response set-status 200\nhttp-response cache-store {cache}",
    },
    answer: OBJECT.replace("200 OK", "404 Not Found"),
    requests: twice,
  }),
  ...(
    ["Content-Length: 5\r\n\r\nhello", "Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"] as const
  ).map((end) =>
    scenario({
      name: `rules wait for the body, ${end.slice(0, 7)}`,
      lines: {
        backend: `http-request cache-use {cache}
          http-response wait-for-body time 1s
          http-response cache-store {cache}
          http-response set-header x-length %[res.body_len]`,
      },
      answer: `HTTP/1.1 200 OK\r\n${MAX_AGE}\r\n${end}`,
      requests: twice,
    }),
  ),
  scenario({
    name: "compressed on its way",
    lines: {
      backend: `compression algo gzip
        http-request cache-use {cache}
        http-response cache-store {cache}`,
    },
    answer: answer(MAX_AGE, "Content-Type: text/plain"),
    requests: [get("/x", "Accept-Encoding: gzip"), get("/x", "Accept-Encoding: gzip"), get("/x")],
    compare: { logBytes: false },
  }),
  scenario({
    name: "return and redirect rules before cache-use",
    lines: {
      backend: `http-request return status 200 if { path /r }
        http-request redirect location /y if { path /l }
        http-request cache-use {cache}
        http-response cache-store {cache}`,
    },
    answer: OBJECT,
    requests: [get("/r"), get("/l"), ...twice],
  }),
  scenario({
    name: "used twice",
    lines: {
      frontend: "http-request cache-use {cache}",
      backend: "http-request cache-use {cache}\nhttp-response cache-store {cache}",
    },
    answer: OBJECT,
    requests: twice,
  }),
  scenario({
    name: "a backend without servers that serve",
    lines: {
      backend: "http-request cache-use {cache}\nhttp-response cache-store {cache}",
      servers: { s1: "maxconn 1" },
    },
    answer: OBJECT,
    requests: [...twice, get("/y"), get("/y")],
  }),
  scenario({
    name: "several on one connection",
    answer: OBJECT,
    requests: [get("/x"), get("/x"), get("/y"), get("/x", 'If-None-Match: "b"'), get("/y")],
    kept: true,
  }),
  scenario({
    name: "the first request is a HEAD",
    answer: (text) => (text.startsWith("HEAD") ? OBJECT.slice(0, -BODY.length) : OBJECT),
    requests: [request("HEAD", "/x"), request("HEAD", "/x"), get("/x"), request("HEAD", "/x")],
  }),
  scenario({
    name: "max-age of the section",
    cache: "    max-age 1",
    answer: answer("Cache-Control: max-age=100"),
    requests: twice,
  }),
  scenario({
    name: "an object of 15000 bytes",
    answer: `HTTP/1.1 200 OK\r\n${MAX_AGE}\r\nContent-Length: 15000\r\n\r\n${"0123456789".repeat(1500)}`,
    requests: twice,
  }),
  scenario({
    name: "an object larger than the largest",
    answer: `HTTP/1.1 200 OK\r\n${MAX_AGE}\r\nContent-Length: 17000\r\n\r\n${"0123456789".repeat(1700)}`,
    requests: twice,
  }),
  scenario({
    name: "chunks larger than the largest",
    answer: `HTTP/1.1 200 OK\r\n${MAX_AGE}\r\nTransfer-Encoding: chunked\r\n\r\n4268\r\n${"0123456789".repeat(1700)}\r\n0\r\n\r\n`,
    requests: twice,
  }),
  scenario({
    name: "an object of 600000 bytes",
    cache: "    max-object-size 1000000",
    answer: `HTTP/1.1 200 OK\r\n${MAX_AGE}\r\nContent-Length: 600000\r\n\r\n${"0123456789".repeat(60000)}`,
    requests: [...twice, request("HEAD", "/x")],
  }),
  scenario({
    name: "600000 bytes and trailers",
    cache: "    max-object-size 1000000",
    answer: `HTTP/1.1 200 OK\r\n${MAX_AGE}\r\nTransfer-Encoding: chunked\r\n\r\n927c0\r\n${"0123456789".repeat(60000)}\r\n0\r\nX-A: 1\r\nX-B: 2\r\n\r\n`,
    requests: twice,
  }),
  scenario({
    name: "600000 bytes in one chunk",
    cache: "    max-object-size 1000000",
    answer: `HTTP/1.1 200 OK\r\n${MAX_AGE}\r\nTransfer-Encoding: chunked\r\n\r\n927c0\r\n${"0123456789".repeat(60000)}\r\n0\r\n\r\n`,
    requests: twice,
  }),
  scenario({
    name: "captures and the log of a hit",
    lines: {
      frontend: `capture request header host len 20
        capture response header etag len 10
        log-format "%b %s %ST %B %tsc %hr %hs %{+Q}r %[res.cache_hit]"`,
    },
    answer: OBJECT,
    requests: twice,
  }),
  scenario({
    name: "option httpclose",
    lines: { defaults: "option httpclose" },
    answer: OBJECT,
    requests: twice,
  }),
  scenario({
    name: "forwardfor and cookies of the backend",
    lines: {
      backend: `option forwardfor
      cookie SRV insert indirect
      http-request cache-use {cache}
      http-response cache-store {cache}`,
      servers: { s1: "cookie one" },
    },
    answer: OBJECT,
    requests: twice,
  }),
];

/** What stands in `show cache` about one cache: without addresses, and with time left in tens of seconds. */
function shown(text: string, id: string): string[] {
  const lines = text.split("\n");
  const from = lines.findIndex((line) => line.includes(`: ${id} (`));
  const to = lines.findIndex((line, i) => i > from && line.includes("(shctx:"));
  return lines
    .slice(from, to < 0 ? lines.length : to)
    .filter((line) => line !== "")
    .map((line) => line.replaceAll(/0x[0-9a-f]+(?=[: ,)])/g, (word) => (word.length === 18 ? word : "0xADDRESS")))
    .map((line) => line.replace(/(?<=vary:0x[0-9a-f]{8})[0-9a-f]{8}/, "HASH"))
    .map((line) => line.replace(/expire:(-?\d+)/, (_, left: string) => `expire:${Math.ceil(Number(left) / 10)}0`));
}

/** The runtime API after some requests. */
function observed(
  name: string,
  cache: string,
  answer: string | ((request: string) => string),
  requests: readonly string[],
): Scenario {
  const id = `c${++count}`;
  return {
    name: `cache: ${name}`,
    config: `cache ${id}\n    total-max-size 4\n    max-age 60\n${cache}\n${http({
      backend: `http-request cache-use ${id}\nhttp-response cache-store ${id}`,
    })}`,
    servers: { s1: respond(answer) },
    async client(talk) {
      for (const text of requests) await talk.once(text);
      await talk.logged(requests.length);
      talk.note("show cache", shown(await talk.command("show cache"), id));
    },
  };
}

const runtime: readonly Scenario[] = [
  observed("show cache: nothing stored", "", answer("Cache-Control: no-store"), twice),
  observed("show cache: one object", "", answer("Cache-Control: max-age=55"), twice),
  observed("show cache: with Age", "", answer("Cache-Control: max-age=55", "Age: 5"), twice),
  observed(
    "show cache: several",
    "",
    answer("Cache-Control: max-age=55"),
    ["/1", "/2", "/3", "/4"].map((path) => get(path)),
  ),
  observed(
    "show cache: chunks",
    "",
    "HTTP/1.1 200 OK\r\nCache-Control: max-age=55\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    twice,
  ),
  observed(
    "show cache: trailers",
    "",
    "HTTP/1.1 200 OK\r\nCache-Control: max-age=55\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-T: 1\r\nX-U: 22\r\n\r\n",
    twice,
  ),
  observed(
    "show cache: several blocks",
    "",
    `HTTP/1.1 200 OK\r\nCache-Control: max-age=55\r\nContent-Length: 5000\r\n\r\n${"x".repeat(5000)}`,
    twice,
  ),
  observed("show cache: deleted", "", (text) => (text.startsWith("GET") ? OBJECT : answer()), [
    get("/x"),
    post("/x", "a"),
  ]),
  observed("show cache: vary", VARY, encoded, [asks("gzip", "gzip"), asks("gzip")]),
  {
    name: "cache: counters in show stat",
    alone: true,
    config: `cache counted\n    total-max-size 4\n${http({
      frontend: "http-request cache-use counted if { path_beg /f }\nhttp-response cache-store counted",
      backend: "http-request cache-use counted if { path_beg /b }",
    })}`,
    servers: { s1: respond(OBJECT) },
    async client(talk) {
      const texts = [get("/f"), get("/f"), get("/f"), get("/b"), get("/b"), post("/b", "x"), get("/other")];
      for (const text of texts) await talk.once(text);
      await talk.logged(texts.length);
      const rows = (await talk.command("show stat")).split("\n").map((line) => line.split(","));
      const columns = [
        "cache_lookups",
        "cache_hits",
        "stot",
        "req_tot",
        "hrsp_2xx",
        "intercepted",
        "bin",
        "bout",
        "lbtot",
      ];
      for (const row of rows.slice(1).filter((one) => one.length > 1)) {
        const named = columns.map((column) => `${column}=${row[rows[0]!.indexOf(column)]}`);
        talk.note(`${row[0]!.replace(/-\d+$/, "")} ${row[1]}`, named.join(" "));
      }
    },
  },
];

export const cache: readonly Scenario[] = [
  ...responses.map(([name, text]) => scenario({ name: `response with ${name}`, answer: text, requests: twice })),
  ...requests.map(([name, text]) =>
    scenario({ name: `request with ${name}`, answer: OBJECT, requests: [get("/x"), text, get("/x")] }),
  ),
  ...["Cache-Control: no-store", "Cache-Control: no-cache", "Pragma: no-cache", "Authorization: Basic YTpi"].map(
    (line) =>
      scenario({
        name: `first request with ${line}`,
        answer: OBJECT,
        requests: [get("/x", line), get("/x"), get("/x")],
      }),
  ),
  ...changes,
  ...more,
  ...runtime,
];
