import { type Fields, H2Peer, request } from "../../../harness/h2.ts";
import { ok, respond } from "../../../harness/server.ts";
import { http } from "../../build.ts";
import type { Scenario } from "../../scenario.ts";
import { compare, get, without } from "./tools.ts";

/** A request over HTTP/2 to a frontend that finds the preface, and the response. */
function ask(
  name: string,
  fields: Fields,
  more: {
    readonly body?: string;
    readonly trailers?: Fields;
    readonly answer?: string | ((request: string) => string);
    readonly frontend?: string;
    readonly backend?: string;
    /** Nothing is logged. */
    readonly silent?: true;
  } = {},
): Scenario {
  return {
    name: `h2 to h1: ${name}`,
    config: http({ frontend: more.frontend ?? "", backend: more.backend ?? "" }),
    servers: { s1: respond(more.answer ?? ok("body", "X-Answer: yes")) },
    compare,
    async client(talk) {
      const h2 = new H2Peer(await talk.connect(), "client");
      const id = h2.request(fields, more.body, more.trailers !== undefined);
      if (more.trailers !== undefined) h2.head(id, more.trailers, true);
      talk.note("response", await h2.response(id));
      if (more.silent !== true) await talk.logged(1);
    },
  };
}

export const exchanges: readonly Scenario[] = [
  ask("GET", get),
  ask("HEAD", request("HEAD", "/x")),
  ask("POST with a length", request("POST", "/x", ["content-length", "5"]), { body: "hello" }),
  ask("POST without a length goes on in chunks", request("POST", "/x"), { body: "hello" }),
  ask("POST with an empty DATA frame", request("POST", "/x"), { body: "" }),
  ask("POST with trailers", request("POST", "/x"), { body: "hello", trailers: [["x-trailer", "1"]] }),
  ask("GET with query", request("GET", "/a/b?c=d&e")),
  ask("the authority takes precedence over Host", request("GET", "/", ["host", "other.test"])),
  ask("Host without an authority", [...without(":authority"), ["host", "other.test"]]),
  ask("neither authority nor Host", without(":authority")),
  ask("scheme https", [
    [":method", "GET"],
    [":scheme", "https"],
    [":authority", "example.test"],
    [":path", "/x"],
  ]),
  ask("another scheme", [
    [":method", "GET"],
    [":scheme", "ftp"],
    [":authority", "example.test"],
    [":path", "/x"],
  ]),
  ask("authority with a port", [
    [":method", "GET"],
    [":scheme", "http"],
    [":authority", "a.test:80"],
    [":path", "/x"],
  ]),
  ask("authority with another port", [
    [":method", "GET"],
    [":scheme", "http"],
    [":authority", "a.test:81"],
    [":path", "/x"],
  ]),
  ask("OPTIONS *", request("OPTIONS", "*")),
  ask("an unknown method", request("PURGE", "/x")),
  ask(
    "cookie crumbs",
    request("GET", "/", ["cookie", "a=1"], ["x-between", "1"], ["cookie", "b=2"], ["cookie", "c=3"]),
  ),
  ask("te: trailers", request("GET", "/", ["te", "trailers"])),
  ask("many headers of one name", request("GET", "/", ["x-a", "1"], ["x-a", "2"], ["x-b", ""], ["x-a", "3"])),
  ask("expect", request("POST", "/", ["expect", "100-continue"], ["content-length", "2"]), { body: "ab" }),
  ask("an answer in chunks", get, {
    answer: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n",
  }),
  ask("an answer in chunks with trailers", request("GET", "/", ["te", "trailers"]), {
    answer: "HTTP/1.1 200 OK\r\nTrailer: x-t\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-T: 1\r\n\r\n",
  }),
  ask("an answer without body", get, { answer: "HTTP/1.1 204 No Content\r\n\r\n" }),
  ask("304", get, { answer: 'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\nContent-Length: 12\r\n\r\n' }),
  ask("an answer with an empty body", get, { answer: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" }),
  ask("connection headers of the answer", get, {
    answer:
      "HTTP/1.1 200 OK\r\nConnection: keep-alive, x-hop\r\nKeep-Alive: timeout=5\r\nProxy-Connection: x\r\nX-Hop: 1\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\nok",
  }),
  ask("interim responses", get, {
    answer: "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
  }),
  ask("set-cookie stays apart", get, {
    answer: "HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 2\r\n\r\nok",
  }),
  ask("statuses without an index", get, { answer: "HTTP/1.1 418 I'm a teapot\r\nContent-Length: 0\r\n\r\n" }),
  ask("an answer that is none", get, { answer: "nonsense\r\n\r\n" }),
  ask("rules see the absolute target", request("GET", "/a/b?c"), {
    frontend: `http-request set-header x-url %[url]
      http-request set-header x-path %[path]
      http-request set-header x-pathq %[pathq]
      http-request set-header x-base %[base]
      http-request set-header x-version %[req.ver]
      http-request set-header x-major %[fc_http_major]
      http-request set-header x-host %[req.hdr(host)]`,
  }),
  ask("set-path", request("GET", "/a/b?c"), { frontend: "http-request set-path /new" }),
  ask("set-uri, relative", request("GET", "/a/b?c"), { frontend: "http-request set-uri /new?x" }),
  ask("set-uri, absolute", request("GET", "/a/b?c"), { frontend: "http-request set-uri http://other.test/new" }),
  ask("replace-path", request("GET", "/a/b?c"), { frontend: "http-request replace-path /a(.*) /z\\1" }),
  ask("set-header host", request("GET", "/"), { frontend: "http-request set-header host new.test" }),
  ask("set-method", request("GET", "/"), { frontend: "http-request set-method POST" }),
  ask("forwardfor and originalto", request("GET", "/"), { frontend: "option forwardfor\noption originalto" }),
  ask("deny", request("GET", "/"), { frontend: "http-request deny deny_status 403" }),
  ask("redirect", request("GET", "/a?b"), { frontend: "http-request redirect location /new" }),
  ask("redirect prefix", request("GET", "/a?b"), { frontend: "redirect prefix https://other.test" }),
  ask("redirect scheme", request("GET", "/a?b"), { frontend: "http-request redirect scheme https" }),
  ask("return", request("GET", "/"), {
    frontend: 'http-request return status 200 content-type text/plain string "hi"',
  }),
  ask("return to HEAD", request("HEAD", "/"), {
    frontend: 'http-request return status 200 content-type text/plain string "hi"',
  }),
  ask("response rules", get, {
    frontend: "http-response set-header x-new 1\nhttp-response del-header x-answer\nhttp-response set-status 201",
  }),
  ask("option httpclose", get, { frontend: "option httpclose" }),
  ask("option http-server-close", get, { backend: "option http-server-close" }),
  ask("early hints of rules", get, { frontend: 'http-request early-hint Link "</a>; rel=preload"' }),
  ask("monitor-uri", request("GET", "/up"), { frontend: "monitor-uri /up", silent: true }),

  ask("wait-for-body", request("POST", "/", ["content-length", "5"]), {
    body: "hello",
    frontend: "http-request wait-for-body time 1s\nhttp-request set-header x-body %[req.body]",
  }),
  ask("wait-for-body without a length", request("POST", "/"), {
    body: "hello",
    frontend: "http-request wait-for-body time 1s\nhttp-request set-header x-body %[req.body]",
  }),
  ask("option http-buffer-request", request("POST", "/", ["content-length", "5"]), {
    body: "hello",
    frontend: "option http-buffer-request",
  }),
  ask("wait-for-body of the response", get, { frontend: "http-response wait-for-body time 1s" }),
  ask("cookies for persistence", request("GET", "/", ["cookie", "SRV=s1"]), {
    backend: "cookie SRV insert indirect nocache",
  }),
  ask("use_backend by path and host", request("GET", "/"), {
    frontend: "acl h hdr(host) example.test\nacl u url_beg http://example.test/\nhttp-request deny unless h u",
  }),
  ask("captures and unique-id", request("GET", "/", ["user-agent", "probe"]), {
    frontend: "capture request header user-agent len 20\ncapture response header x-answer len 10",
  }),
  ask(
    "CONNECT",
    [
      [":method", "CONNECT"],
      [":authority", "example.test:443"],
    ],
    {
      answer: "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno",
    },
  ),
  ask("a field value with blanks around it", [...get, ["x-a", "  b  "]]),
  ask("a field value of bytes above 127", [...get, ["x-a", "\xe9\xff"]]),
  ask("an absolute path with two slashes", request("GET", "//a//b")),
  ask("a fragment in the path", request("GET", "/a#b"), { silent: true }),
  ask("an upper-case scheme", [
    [":method", "GET"],
    [":scheme", "HTTP"],
    [":authority", "example.test"],
    [":path", "/"],
  ]),
  ask(
    "an empty authority",
    [
      [":method", "GET"],
      [":scheme", "http"],
      [":authority", ""],
      [":path", "/"],
    ],
    { silent: true },
  ),
  ask(
    "user information in the authority",
    [
      [":method", "GET"],
      [":scheme", "http"],
      [":authority", "u@example.test"],
      [":path", "/"],
    ],
    { silent: true },
  ),
  ask("te twice", request("GET", "/", ["te", "trailers"], ["te", "trailers"])),
  ask("two content-lengths alike", request("POST", "/", ["content-length", "2"], ["content-length", "2"]), {
    body: "ab",
  }),
  ask("a length that is none", request("POST", "/", ["content-length", "x"]), { silent: true }),
  ask(
    "more headers than tune.http.maxhdr",
    [...get, ...Array.from({ length: 120 }, (_, i) => [`x-${i}`, "1"] as const)],
    { silent: true },
  ),
  ask("a method that is no token", [[":method", "GE T"], ...without(":method")], { silent: true }),
];
