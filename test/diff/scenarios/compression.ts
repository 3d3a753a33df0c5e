/** Compression of responses: when HAProxy does it, and what becomes of the head. Bodies are compared decompressed (../mask.ts). */
import type { ServerScript } from "../../harness/server.ts";
import { respond } from "../../harness/server.ts";
import { chunked, get, http, request, silence } from "../build.ts";
import type { CompareOptions, Scenario } from "../scenario.ts";

const TEXT = JSON.stringify(Array.from({ length: 40 }, (_, i) => ({ id: i, name: `user ${i * 7919}` })));

/** A response with a length, status and version as given. */
function response(fields: readonly string[] = [], line = "HTTP/1.1 200 OK", body = TEXT): string {
  return [line, ...fields, `Content-Length: ${body.length}`, "", body].join("\r\n");
}

function inChunks(fields: readonly string[] = [], trailers: readonly string[] = []): string {
  const parts = [TEXT.slice(0, 10), TEXT.slice(10, 700), TEXT.slice(700)];
  return ["HTTP/1.1 200 OK", ...fields, "Transfer-Encoding: chunked", "", chunked(parts, trailers)].join("\r\n");
}

interface Case {
  readonly frontend?: string;
  readonly backend?: string;
  readonly defaults?: string;
  readonly requests?: readonly string[];
  readonly answer?: string;
  readonly server?: ServerScript;
}

/** Asks, one request at a time, and compares the counters of both proxies too. */
function scenario(
  name: string,
  { requests = [GZIP], answer, server, ...lines }: Case,
  compare?: CompareOptions,
): Scenario {
  return {
    name: `compression: ${name}`,
    config: http({ backend: "compression algo gzip", ...lines }),
    servers: { s1: server ?? respond(answer ?? response()) },
    async client(talk) {
      const client = await talk.connect();
      for (const [index, text] of requests.entries()) {
        client.send(text);
        await silence(client);
        if (client.closeKind !== "open") break;
        await talk.logged(index + 1);
      }
      // comp_out depends on the compressor.
      for (const proxy of ["fe", "be"]) {
        talk.note(`counters of ${proxy}`, await talk.stats(proxy, "comp_in", "comp_byp", "comp_rsp", "bout"));
      }
    },
    ...(compare === undefined ? {} : { compare }),
  };
}

/** HAProxy's compressor keeps the last bytes back, which are lost when the server fails. */
const HELD_BACK: CompareOptions = { received: false };

const accept = (value: string): string => get("/", `Accept-Encoding: ${value}`);
const GZIP = accept("gzip");

/** Accept-Encoding headers against "compression algo deflate gzip". */
const accepts = [
  "gzip, deflate",
  "deflate, gzip",
  "deflate;q=0.5, gzip;q=0.6",
  "gzip;q=0.6, deflate;q=0.5",
  "gzip;q=0",
  "gzip;q=0.000, deflate;q=0.001",
  "gzip;q=1.5",
  "gzip;q=x, deflate",
  "gzip ; q=0.2 , deflate ; q=0.3",
  "gzip;foo=bar;q=0.2, deflate;q=0.3",
  "gzip;q=0.2;q=0.9, deflate;q=0.3",
  "GZIP",
  "x-gzip",
  "*",
  "*;q=0",
  "*;q=0.1, gzip;q=0.2",
  "br, zstd",
  "br, gzip;q=0.1",
  "identity",
  "identity;q=1, gzip;q=0.5",
  "gzipp, defl",
  "",
  ",,gzip",
  "gzip;Q=0",
  "gzip;q=0.1234, deflate;q=0.123",
];

const agents = [
  "Mozilla/4.0",
  "Mozilla/4.0 (compatible; MSIE 5.5; Windows NT 5.0)",
  "Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1)",
  "Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1; SV1)",
  "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 5.1)",
  "Mozilla/4.0 (compatible; MSIE 10.0; Windows NT 6.1)",
  "Mozilla/5.0 (X11)",
];

/** Header lines of a response. */
const heads: readonly (readonly string[])[] = [
  ['ETag: "strong"'],
  ['ETag: W/"weak"'],
  ["ETag: bad"],
  ['ETag: "half'],
  ['ETag: "'],
  ['ETag: W/"'],
  ['ETag: w/"x"'],
  ['ETag: "a"', 'ETag: "b"'],
  ["Content-Encoding: br"],
  ["Content-Encoding: identity"],
  ["Content-Encoding:"],
  ["Cache-Control: no-transform"],
  ["Cache-Control: public, No-Transform, max-age=3"],
  ["Cache-Control: public", "Cache-Control: no-transform"],
  ["Cache-Control: no-transformation"],
  ["Vary: Accept-Encoding"],
  ["Vary: Cookie"],
  ["Vary: *"],
  ["Content-Type: multipart/byteranges; boundary=x"],
  ["Content-Type: Multipart"],
  ["Content-Type: text/html", "X-A: b"],
  ["Content-Range: bytes 0-9/100"],
  ["Accept-Ranges: bytes"],
  ["Content-MD5: abc"],
  ["Connection: close"],
];

/** Types against "compression type text/ application/json". */
const types = [
  "text/html",
  "TEXT/plain",
  "application/json; charset=utf-8",
  "application/jsonp",
  "image/png",
  "text",
  "",
];

const statuses = [200, 201, 202, 203, 204, 205, 206, 299, 304, 400, 404, 500];

export const compression: readonly Scenario[] = [
  ...accepts.map((value) =>
    scenario(`Accept-Encoding: ${value}`, { backend: "compression algo deflate gzip", requests: [accept(value)] }),
  ),
  ...agents.map((agent) =>
    scenario(`User-Agent ${agent}`, { requests: [get("/", "Accept-Encoding: gzip", `User-Agent: ${agent}`)] }),
  ),
  ...heads.map((lines) => scenario(`response with ${lines.join(" and ")}`, { answer: response(lines) })),
  ...types.map((type) =>
    scenario(`compression type and Content-Type: ${type}`, {
      backend: "compression algo gzip\ncompression type text/ application/json",
      answer: response(type === "" ? [] : [`Content-Type: ${type}`]),
    }),
  ),
  ...statuses.map((status) =>
    scenario(`status ${status}`, {
      answer: response([], `HTTP/1.1 ${status} Some`, status === 204 || status === 304 ? "" : TEXT),
    }),
  ),
  scenario("without Accept-Encoding", { requests: [get()] }),
  scenario("two Accept-Encoding headers", {
    requests: [get("/", "Accept-Encoding: br", "accept-encoding: gzip;q=0.3")],
  }),
  scenario("only a frontend compresses", { frontend: "compression algo gzip", backend: "" }),
  scenario("frontend and backend compress alike", { frontend: "compression algo gzip" }),
  scenario("the algorithms of the backend come first", {
    frontend: "compression algo gzip",
    backend: "compression algo deflate",
    requests: [accept("gzip"), accept("deflate"), accept("gzip, deflate")],
  }),
  scenario("types of the backend, algorithms of the frontend", {
    frontend: "compression algo gzip",
    backend: "compression type text/html",
    answer: response(["Content-Type: text/css"]),
  }),
  scenario("types of the frontend, algorithms of the backend", {
    frontend: "compression type text/html",
    answer: response(["Content-Type: text/html"]),
  }),
  scenario("a type alone compresses nothing", {
    backend: "compression type text/html",
    answer: response(["Content-Type: text/html"]),
  }),
  scenario("defaults", {
    defaults: "compression algo gzip\ncompression type text/html",
    backend: "",
    answer: response(["Content-Type: text/html"]),
  }),
  scenario("defaults and more in the backend", {
    defaults: "compression algo gzip",
    backend: "compression algo deflate",
    requests: [accept("gzip"), accept("deflate"), accept("*")],
  }),
  scenario("deflate", { backend: "compression algo deflate", requests: [accept("deflate")] }),
  scenario("raw-deflate", { backend: "compression algo raw-deflate", requests: [accept("deflate")] }),
  scenario("identity asked for", { backend: "compression algo identity", requests: [accept("identity")] }),
  scenario("identity not asked for", { backend: "compression algo identity", requests: [get()] }),
  scenario("identity behind gzip", {
    backend: "compression algo gzip identity",
    requests: [accept("gzip"), accept("br")],
  }),
  scenario("identity and a strong tag", {
    backend: "compression algo identity",
    answer: response(['ETag: "x"']),
    requests: [get()],
  }),
  scenario("identity, chunked", {
    backend: "compression algo identity",
    answer: inChunks([], ["X-T: 1"]),
    requests: [get()],
  }),
  scenario("the last algorithm is the one of *", {
    backend: "compression algo gzip deflate raw-deflate",
    requests: [accept("*"), accept("deflate")],
  }),
  scenario("the same algorithm twice", { backend: "compression algo gzip deflate gzip", requests: [accept("*")] }),
  scenario("HEAD", {
    requests: [request("HEAD", "/", ["Accept-Encoding: gzip"])],
    answer: response([], undefined, TEXT).slice(0, -TEXT.length),
  }),
  scenario("POST", { requests: [request("POST", "/", ["Accept-Encoding: gzip", "Content-Length: 3"], "abc")] }),
  scenario("a request of HTTP/1.0", {
    requests: ["GET / HTTP/1.0\r\nConnection: keep-alive\r\nAccept-Encoding: gzip\r\n\r\n"],
  }),
  scenario("a response of HTTP/1.0", { answer: response(["Connection: keep-alive"], "HTTP/1.0 200 OK") }),
  scenario("a response until the connection closes", {
    async server(peer) {
      await peer.request();
      peer.send(`HTTP/1.1 200 OK\r\nX-A: b\r\n\r\n${TEXT}`);
      peer.close();
    },
  }),
  scenario("an empty response", { answer: response([], undefined, "") }),
  scenario("an empty response with a tag", { answer: response(['ETag: "a"'], undefined, "") }),
  scenario("an empty chunked response", { answer: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" }),
  scenario("a response of one byte", { answer: response([], undefined, "x") }),
  scenario("chunks", { answer: inChunks() }),
  scenario("chunks with extensions", {
    answer: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n0003\r\ndef\r\n0;x\r\n\r\n",
  }),
  scenario("trailers", { answer: inChunks(["Trailer: X-T"], ["X-T: 1", "X-U: 2"]) }),
  scenario("a length beside chunks", { answer: inChunks(["Content-Length: 5"]) }),
  scenario("two requests on a connection", { requests: [GZIP, GZIP, get()] }),
  scenario("the client closes", { requests: [get("/", "Accept-Encoding: gzip", "Connection: close")] }),
  scenario("http-server-close", { defaults: "option http-server-close", requests: [GZIP, GZIP] }),
  scenario("httpclose", { defaults: "option httpclose" }),
  scenario("offload", {
    backend: "compression algo gzip\ncompression offload",
    requests: [accept("gzip, br"), accept("br"), get("/", "Accept-Encoding: br", "Accept-Encoding: gzip")],
  }),
  scenario("offload in the frontend", { frontend: "compression offload", requests: [GZIP] }),
  scenario("a rule deletes Accept-Encoding", { frontend: "http-request del-header Accept-Encoding" }),
  scenario("a rule sets Accept-Encoding", {
    frontend: "http-request set-header Accept-Encoding gzip",
    requests: [get()],
  }),
  scenario("a rule of the backend sets it", {
    backend: "compression algo gzip\nhttp-request set-header Accept-Encoding gzip",
    requests: [get()],
  }),
  scenario("a rule sets the type", {
    backend: "compression algo gzip\ncompression type text/x\nhttp-response set-header Content-Type text/x",
    answer: response(["Content-Type: a/b"]),
  }),
  scenario("an http-after-response rule sets the type", {
    backend: "compression algo gzip\ncompression type text/x\nhttp-after-response set-header Content-Type text/x",
  }),
  scenario("a rule names a coding", { frontend: "http-response set-header Content-Encoding br" }),
  scenario("a rule changes the status", {
    backend: "compression algo gzip\nhttp-response set-status 200",
    answer: response([], "HTTP/1.1 404 No"),
  }),
  scenario("a rule changes the status away", { backend: "compression algo gzip\nhttp-response set-status 404" }),
  scenario("a rule sets a tag", { frontend: 'http-response set-header ETag \\"abc\\"' }),
  scenario("http-request return is not compressed", {
    frontend:
      "http-request return status 200 content-type text/plain string aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
  }),
  scenario("http-response return is not compressed", {
    backend:
      "compression algo gzip\nhttp-response return status 200 content-type text/plain string aaaaaaaaaaaaaaaaaaaaaa",
  }),
  scenario("an error page is not compressed", { frontend: "http-request deny" }),
  scenario("rules wait for the body", { backend: "compression algo gzip\nhttp-response wait-for-body time 1s" }),
  scenario("rules wait for a chunked body", {
    backend: "compression algo gzip\nhttp-response wait-for-body time 1s",
    answer: inChunks([], ["X-T: 1"]),
  }),
  scenario("cookie insert", { backend: "compression algo gzip\ncookie SRV insert" }),
  scenario("filter compression", { backend: "filter compression\ncompression algo gzip" }),
  scenario("filter compression alone", { backend: "filter compression" }),
  scenario("the log tells", {
    frontend:
      'log-format "%ST comp=%[res.comp] algo=%[res.comp_algo] %B %U %hs"\ncapture response header Content-Encoding len 20',
    requests: [GZIP, get()],
  }),
  scenario("identity in the log", {
    frontend: 'log-format "%ST comp=%[res.comp] algo=%[res.comp_algo]"',
    backend: "compression algo identity",
    requests: [get()],
  }),
  scenario("rules can tell", {
    backend:
      "compression algo gzip\nhttp-response set-header X-Comp %[res.comp],%[res.comp_algo]\nhttp-after-response set-header X-After %[res.comp]",
  }),
  scenario("100-continue before", {
    async server(peer) {
      await peer.request();
      peer.send("HTTP/1.1 100 Continue\r\n\r\n");
      await peer.sleep(20);
      peer.send(response());
    },
  }),
  scenario("the body comes byte by byte", {
    async server(peer) {
      await peer.request();
      await peer.drip([...response(["X-A: b"], undefined, TEXT.slice(0, 60))], 2);
    },
  }),
  scenario("the body comes in pieces", {
    async server(peer) {
      await peer.request();
      await peer.drip([inChunks().slice(0, 200), inChunks().slice(200, 900), inChunks().slice(900)], 20);
    },
  }),
  scenario(
    "the server stops in the middle",
    {
      async server(peer) {
        await peer.request();
        peer.send(response().slice(0, 600));
        await peer.sleep(60);
        peer.close();
      },
    },
    HELD_BACK,
  ),
  scenario(
    "the server breaks the framing",
    {
      async server(peer) {
        await peer.request();
        peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
        await peer.sleep(60);
        peer.send("zz\r\n");
      },
    },
    HELD_BACK,
  ),
  scenario("a large body", { answer: response([], undefined, TEXT.repeat(300)) }),
  scenario("a body that does not compress", { answer: response([], undefined, noise(50_000)) }),
  scenario("option checkcache", { backend: "compression algo gzip\noption checkcache" }),
];

/** Bytes without a pattern, the same every time. */
function noise(n: number): string {
  let state = 42;
  let out = "";
  for (let i = 0; i < n; i++) {
    state = (state * 1103515245 + 12345) % 2147483648;
    out += String.fromCharCode((state >> 16) & 255);
  }
  return out;
}
