/** `req.len` and `res.len` of HTTP messages: how much HAProxy's representation of them takes. */
import { H2Peer, request as fields } from "../../harness/h2.ts";
import { ok, respond } from "../../harness/server.ts";
import { chunked, get, http, post, request, sends } from "../build.ts";
import type { Scenario } from "../scenario.ts";

const SHOW = 'http-request return status 200 content-type text/plain lf-string "%[req.len] %[req_len]"';

/** The length of each request, after these rules. */
function asks(name: string, requests: readonly string[], rules = ""): Scenario {
  return {
    name: `length of a request: ${name}`,
    config: http({ frontend: `${rules}\n${SHOW}` }),
    client: async (talk) => {
      for (const text of requests) talk.note(text, await talk.once(text));
    },
  };
}

/** The length of a response, in a header of it, after these rules. */
function answers(name: string, response: string, rules = ""): Scenario {
  return {
    name: `length of a response: ${name}`,
    config: http({ backend: `${rules}\nhttp-response set-header X-Len %[res.len]` }),
    servers: { s1: respond(() => response) },
    client: sends(get("/")),
  };
}

function h2(name: string, head: ReturnType<typeof fields>, body?: string): Scenario {
  return {
    name: `length of a request: h2, ${name}`,
    config: http({ frontend: `http-request wait-for-body time 1s if { method POST }\n${SHOW}` }),
    compare: { received: false, clientClose: "closed" },
    async client(talk) {
      const peer = new H2Peer(await talk.connect(), "client");
      talk.note("response", await peer.response(peer.request(head, body)));
    },
  };
}

const MESSAGE = "data free free_data has_eom nbblks size used".split(" ").map((name) => `%[internal.htx.${name}]`);
const BLOCK = "size type data hdrname hdrval start_line".split(" ");
const PLACES = ["head", "first", "tail", "1", "2", "3", "4", "5", "6", "99"];
const PARTS = PLACES.map((at) => BLOCK.map((name) => `[%[internal.htx_blk.${name}(${at})]]`).join(""));
const SHOW_BLOCKS = `http-request return status 200 content-type text/plain lf-string "${[...MESSAGE, ...PARTS].join(" ")}"`;

/** The blocks of requests, after these rules. */
function blocks(name: string, requests: readonly string[], rules = ""): Scenario {
  return {
    name: `blocks of a message: ${name}`,
    config: http({ frontend: `${rules}\n${SHOW_BLOCKS}` }),
    client: async (talk) => {
      for (const text of requests) talk.note(text, await talk.once(text));
    },
  };
}

export const lengths: readonly Scenario[] = [
  asks("heads", [
    get("/"),
    get("/path?query"),
    get("http://example.test/x"),
    get("/", "X-A:    blanks   ", "X-B:", "Cookie: a=b"),
    request("OPTIONS", "*"),
    request("ODD", "/"),
    "GET / HTTP/1.0\r\n\r\n",
  ]),
  asks("bodies", [
    post("/", "hello"),
    request("POST", "/", ["Content-Length: 50"], "hello"),
    request("POST", "/", ["Transfer-Encoding: chunked"], chunked(["hello", "abc"])),
    request("POST", "/", ["Transfer-Encoding: chunked"], chunked(["hello"], ["X-T: one", "X-U: two"])),
    request("POST", "/", ["Transfer-Encoding: chunked"], "5\r\nhello\r\n8\r\nabc"),
    request("POST", "/", ["Transfer-Encoding: chunked"], "0\r\n\r\n"),
  ]),
  asks(
    "edited headers",
    [get("/", "X-A: long value", "X-B: b")],
    "http-request set-header X-A s\nhttp-request del-header X-B\nhttp-request add-header X-C cc",
  ),
  asks("an edited start line", [get("/a?b")], "http-request set-path /longer\nhttp-request set-query q=1"),
  asks("another method", [get("/a?b")], "http-request set-method DELETE"),
  asks("another URI", [get("/a?b")], "http-request set-uri http://x.test/"),
  {
    name: "length of a request: in ACLs",
    config: http({
      frontend:
        "http-request deny deny_status 410 if { req.len gt 60 }\nhttp-request deny deny_status 404 if { req.len 48 }\nhttp-request deny deny_status 405 if { req.len 49 }",
    }),
    client: sends(get("/"), get("/a"), get("/aaaaaaaaaaaaaaaaaaaaaaaaaaa")),
  },
  {
    name: "length of a request: in tcp-request content",
    config: http({
      frontend: `tcp-request inspect-delay 1s\ntcp-request content set-var(txn.l) req.len\nhttp-request return status 200 content-type text/plain lf-string "%[var(txn.l)]"`,
    }),
    client: sends(get("/abc"), post("/", "hello")),
  },
  {
    name: "length of a request: gone with it",
    config: http({ backend: "http-request set-var(txn.l) req.len\nhttp-response set-header X-Was %[var(txn.l)]" }),
    servers: { s1: respond(ok("x")) },
    client: sends(get("/abc")),
  },
  h2("GET", fields("GET", "/abc")),
  h2("POST", [...fields("POST", "/abc"), ["content-length", "5"]], "hello"),
  h2("POST without a length", fields("POST", "/abc"), "hello"),
  answers("with a length", ok("hello", "X-A: b")),
  answers("without a body", "HTTP/1.1 204 No Content\r\nX-A: b\r\n\r\n"),
  answers("a reason of its own", "HTTP/1.1 200 Fine by me\r\nContent-Length: 0\r\n\r\n"),
  answers("chunked", `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunked(["hello", "abc"])}`),
  answers(
    "chunked, trailers",
    `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunked(["hello"], ["X-T: one"])}`,
  ),
  answers(
    "edited",
    ok("hello", "X-A: b", "X-B: c"),
    "http-response del-header X-A\nhttp-response set-header X-B longer\nhttp-response set-status 299 reason Hm",
  ),
  answers(
    "chunks in another form",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0005;x=y\r\nhello\r\n0\r\n\r\n",
  ),
  answers(
    "and the body of trailers",
    `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunked(["hello"], ["X-T: one"])}`,
    "http-response set-header X-Body %[res.body]",
  ),
  blocks("heads", [get("/a?b", "X-A: y z"), get("/", "X-B:"), request("OPTIONS", "*"), "GET / HTTP/1.0\r\n\r\n"]),
  blocks("bodies", [
    post("/", "hello"),
    request("POST", "/", ["Content-Length: 50"], "hello"),
    request("POST", "/", ["Transfer-Encoding: chunked"], chunked(["hello", "abc"], ["X-T: one"])),
    request("POST", "/", ["Transfer-Encoding: chunked"], chunked([])),
    request("POST", "/", ["Transfer-Encoding: chunked"], "5\r\nhello\r\n8\r\nabc"),
  ]),
  blocks("a header that was removed", [get("/a?b", "X-A: y z", "X-B: c")], "http-request del-header x-a"),
  blocks("a header that was added", [get("/a?b", "X-A: y z")], "http-request add-header X-N v"),
  blocks("another path", [get("/a?b", "X-A: y z")], "http-request set-path /longer"),
  {
    name: "blocks of a message: a response",
    config: http({
      backend: `http-response set-header X-M "${MESSAGE.join(" ")}"\nhttp-response set-header X-B "${PARTS.slice(0, 6).join(" ")}"`,
    }),
    servers: { s1: respond(() => ok("hello", "X-A: b")) },
    client: sends(get("/")),
  },
];
