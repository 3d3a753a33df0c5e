/** Messages that are broken or ambiguous, from both sides: request smuggling must be closed off as HAProxy closes it off. */
import { ok, respond } from "../../harness/server.ts";
import { echo, get, http, plays, playsAndCloses, request, sends } from "../build.ts";
import type { Scenario } from "../scenario.ts";

const te = "Transfer-Encoding: chunked";
const head = (...fields: string[]): string => ["POST /s HTTP/1.1", "Host: h", ...fields, "", ""].join("\r\n");
const line = (text: string): string => `${text}\r\nHost: h\r\n\r\n`;

const requests: readonly (readonly [string, string])[] = [
  // Content-Length and Transfer-Encoding
  ["two equal lengths in two fields", `${head("Content-Length: 3", "Content-Length: 3")}abc`],
  ["two different lengths", `${head("Content-Length: 3", "Content-Length: 4")}abcd`],
  ["a list of equal lengths", `${head("Content-Length: 3, 3")}abc`],
  ["a list of different lengths", `${head("Content-Length: 3, 4")}abcd`],
  ["length with a plus sign", `${head("Content-Length: +3")}abc`],
  ["negative length", `${head("Content-Length: -3")}abc`],
  ["length in hex", `${head("Content-Length: 0x3")}abc`],
  ["length with a letter behind", `${head("Content-Length: 3a")}abc`],
  ["length with spaces inside", `${head("Content-Length: 3 3")}abc`],
  ["empty length", `${head("Content-Length:")}abc`],
  ["length with a leading zero", `${head("Content-Length: 003")}abc`],
  ["length too large for 64 bits", `${head("Content-Length: 99999999999999999999")}abc`],
  ["length and chunked", `${head("Content-Length: 3", te)}3\r\nabc\r\n0\r\n\r\n`],
  ["chunked and length", `${head(te, "Content-Length: 3")}3\r\nabc\r\n0\r\n\r\n`],
  ["chunked twice in one field", `${head("Transfer-Encoding: chunked, chunked")}3\r\nabc\r\n0\r\n\r\n`],
  ["chunked twice in two fields", `${head(te, te)}3\r\nabc\r\n0\r\n\r\n`],
  ["chunked not last", `${head("Transfer-Encoding: chunked, gzip")}3\r\nabc\r\n0\r\n\r\n`],
  ["chunked with a letter behind", `${head("Transfer-Encoding: chunkedx")}3\r\nabc\r\n0\r\n\r\n`],
  ["chunked in quotes", `${head('Transfer-Encoding: "chunked"')}3\r\nabc\r\n0\r\n\r\n`],
  ["chunked behind a vertical tab", `${head("Transfer-Encoding: \x0bchunked")}3\r\nabc\r\n0\r\n\r\n`],
  ["space before the colon of Transfer-Encoding", `${head("Transfer-Encoding : chunked")}3\r\nabc\r\n0\r\n\r\n`],
  [
    "length in a request of 1.0 with chunked",
    `POST /s HTTP/1.0\r\nContent-Length: 3\r\n${te}\r\n\r\n3\r\nabc\r\n0\r\n\r\n`,
  ],
  // Field syntax
  ["space before a colon", get("/", "X-A : b")],
  ["tab before a colon", get("/", "X-A\t: b")],
  ["folded field", get("/", "X-A: b", " folded")],
  ["folded field with a tab", get("/", "X-A: b", "\tfolded")],
  ["space before the first field", "GET / HTTP/1.1\r\n Host: h\r\n\r\n"],
  ["empty field name", get("/", ": b")],
  ["field without a colon", get("/", "nonsense")],
  ["NUL in a value", get("/", "X-A: b\0c")],
  ["NUL in a name", get("/", "X\0A: b")],
  ["control character in a value", get("/", "X-A: b\x01c")],
  ["DEL in a value", get("/", "X-A: b\x7fc")],
  ["eight-bit value", get("/", "X-A: \xe9\xff")],
  ["eight-bit name", get("/", "X-\xe9: b")],
  ["brackets in a name", get("/", "X(A): b")],
  ["underscore and digits in a name", get("/", "X_A-1: b")],
  ["no space after the colon", get("/", "X-A:b")],
  ["much space around a value", get("/", "X-A: \t  b c \t ")],
  ["empty value", get("/", "X-A:")],
  ["bare LF behind every line", "GET / HTTP/1.1\nHost: h\n\n"],
  ["bare LF behind one field", "GET / HTTP/1.1\r\nHost: h\nX-A: b\r\n\r\n"],
  ["bare CR in a value", get("/", "X-A: b\rc")],
  ["CR CR LF", "GET / HTTP/1.1\r\nHost: h\r\r\n\r\n"],
  ["CR LF CR and garbage", "GET / HTTP/1.1\r\nHost: h\r\n\rX"],
  // Start line
  ["version 1.2", line("GET / HTTP/1.2")],
  ["version 2.0", line("GET / HTTP/2.0")],
  ["version 0.9 with HTTP/", line("GET / HTTP/0.9")],
  ["version of one digit", line("GET / HTTP/1")],
  ["version in lower case", line("GET / http/1.1")],
  ["other protocol", line("GET / ICY/1.1")],
  ["no version", "GET /\r\n\r\n"],
  ["no target", line("GET HTTP/1.1")],
  ["two spaces before the target", line("GET  / HTTP/1.1")],
  ["two spaces before the version", line("GET /  HTTP/1.1")],
  ["space behind the version", line("GET / HTTP/1.1 ")],
  ["tab in the start line", line("GET\t/ HTTP/1.1")],
  ["space in the target", line("GET /a b HTTP/1.1")],
  ["eight-bit target", line("GET /\xe9 HTTP/1.1")],
  ["control character in the target", line("GET /\x01 HTTP/1.1")],
  ["fragment in the target", line("GET /a#b HTTP/1.1")],
  ["target without a slash", line("GET a HTTP/1.1")],
  ["target *", line("OPTIONS * HTTP/1.1")],
  ["target * with GET", line("GET * HTTP/1.1")],
  ["odd method characters", line("GE(T / HTTP/1.1")],
  ["method with a colon", line("G:T / HTTP/1.1")],
  ["space before the method", line(" GET / HTTP/1.1")],
  ["TLS hello", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"],
  ["random letters", "hello world\r\n\r\n"],
  ["HTTP/2 preface without h2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nXX"],
  // Host
  ["no Host", "GET / HTTP/1.1\r\nX-A: b\r\n\r\n"],
  ["empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n"],
  ["two equal Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"],
  ["two different Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"],
  ["Host with a space", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"],
  ["Host with a slash", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"],
  ["Host with a port", "GET / HTTP/1.1\r\nHost: a:8080\r\n\r\n"],
  ["Host with a bad port", "GET / HTTP/1.1\r\nHost: a:x\r\n\r\n"],
  ["absolute target, same Host", "GET http://a/x HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["absolute target, other Host", "GET http://a/x HTTP/1.1\r\nHost: b\r\n\r\n"],
  ["absolute target without Host", "GET http://a/x HTTP/1.1\r\n\r\n"],
  ["absolute target with port 80, Host without", "GET http://a:80/x HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["absolute target with user information", "GET http://u:p@a/x HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["absolute target without a path", "GET http://a HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["absolute target with a query only", "GET http://a?q=1 HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["absolute target of another scheme", "GET ftp://a/x HTTP/1.1\r\nHost: a\r\n\r\n"],
  // Chunks
  ["chunk size not hex", `${head(te)}z\r\nabc\r\n0\r\n\r\n`],
  ["chunk size empty", `${head(te)}\r\nabc\r\n0\r\n\r\n`],
  ["chunk size negative", `${head(te)}-3\r\nabc\r\n0\r\n\r\n`],
  ["chunk size with 0x", `${head(te)}0x3\r\nabc\r\n0\r\n\r\n`],
  ["chunk size with a space before", `${head(te)} 3\r\nabc\r\n0\r\n\r\n`],
  ["chunk size with a space behind", `${head(te)}3 \r\nabc\r\n0\r\n\r\n`],
  ["chunk size of 17 digits", `${head(te)}10000000000000003\r\nabc\r\n0\r\n\r\n`],
  ["chunk size of 9 digits", `${head(te)}100000003\r\nabc\r\n0\r\n\r\n`],
  ["chunk size line ended by LF", `${head(te)}3\nabc\r\n0\r\n\r\n`],
  ["chunk data without its CRLF", `${head(te)}3\r\nabcd\r\n0\r\n\r\n`],
  ["chunk data followed by LF", `${head(te)}3\r\nabc\n0\r\n\r\n`],
  ["last chunk ended by LF", `${head(te)}3\r\nabc\r\n0\n\n`],
  ["trailer without a colon", `${head(te)}0\r\nnonsense\r\n\r\n`],
  ["Content-Length in a trailer", `${head(te)}0\r\nContent-Length: 5\r\n\r\n`],
  // Upgrade and methods
  [
    "HTTP2-Settings and Upgrade: h2c",
    get("/", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk"),
  ],
  ["TRACE", line("TRACE / HTTP/1.1")],
];

const responses: readonly (readonly [string, string])[] = [
  ["garbage", "hello world\r\n\r\n"],
  ["an SSH banner", "SSH-2.0-OpenSSH\r\n"],
  ["bad version", "HTTP/3.1 200 OK\r\nContent-Length: 0\r\n\r\n"],
  ["status of two digits", "HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n"],
  ["status of four digits", "HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n"],
  ["status with letters", "HTTP/1.1 2xx OK\r\nContent-Length: 0\r\n\r\n"],
  ["status 099", "HTTP/1.1 099 Low\r\nContent-Length: 0\r\n\r\n"],
  ["status 600", "HTTP/1.1 600 High\r\nContent-Length: 0\r\n\r\n"],
  ["two different lengths", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc"],
  ["negative length", "HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nabc"],
  ["length with letters", "HTTP/1.1 200 OK\r\nContent-Length: 2x\r\n\r\nab"],
  ["space before a colon", "HTTP/1.1 200 OK\r\nX-A : b\r\nContent-Length: 0\r\n\r\n"],
  ["folded field", "HTTP/1.1 200 OK\r\nX-A: b\r\n folded\r\nContent-Length: 0\r\n\r\n"],
  ["field without a colon", "HTTP/1.1 200 OK\r\nnonsense\r\nContent-Length: 0\r\n\r\n"],
  ["NUL in a value", "HTTP/1.1 200 OK\r\nX-A: b\0\r\nContent-Length: 0\r\n\r\n"],
  ["bare LF", "HTTP/1.1 200 OK\nContent-Length: 2\n\nhi"],
  ["bad chunk size in the first chunk", `HTTP/1.1 200 OK\r\n${te}\r\n\r\nzz\r\nabc\r\n`],
  ["unknown transfer coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: foo\r\n\r\nabc"],
  [
    "Transfer-Encoding: gzip, chunked",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
  ],
  ["101 nobody asked for", "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nabc"],
  ["lower case protocol", "http/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"],
  ["empty lines first", "\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"],
];

const long = "x".repeat(1000);

export const malformed: readonly Scenario[] = [
  ...requests.map(([name, text]): Scenario => ({
    name: `malformed request: ${name}`,
    config: http({ defaults: "timeout http-request 2s\ntimeout server 2s" }),
    servers: { s1: echo },
    client: sends(text),
  })),
  ...responses.map(([name, text]): Scenario => ({
    name: `malformed response: ${name}`,
    config: http(),
    servers: { s1: playsAndCloses(text) },
    client: sends(get()),
  })),
  {
    name: "malformed: what follows a refused request is not served",
    config: http(),
    servers: { s1: echo },
    client: sends(`${request("POST", "/s", ["Content-Length: 3", "Content-Length: 4"])}abcd${get("/next")}`),
  },
  {
    name: "malformed: a good request, then a bad one in the same segment",
    config: http(),
    servers: { s1: echo },
    client: sends(`${get("/good")}BAD\r\n\r\n`),
  },
  {
    name: "malformed: body after HEAD",
    config: http(),
    servers: { s1: respond("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello") },
    client: sends(request("HEAD", "/h"), get("/g")),
  },
  {
    name: "malformed: body after 304",
    config: http(),
    servers: { s1: plays("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nhello") },
    client: sends(get("/h"), get("/g")),
  },
  {
    name: "malformed: more body than the length says",
    config: http(),
    servers: { s1: plays("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhello") },
    client: sends(get("/h"), get("/g")),
  },
  {
    name: "malformed: server talks before it is asked",
    config: http(),
    servers: {
      s1: (peer) => {
        peer.send(ok("early"));
      },
    },
    client: sends(get()),
  },
  {
    name: "malformed: accept-invalid-http-request lets eight-bit names and targets pass",
    config: http({ frontend: "option accept-invalid-http-request" }),
    servers: { s1: echo },
    client: sends("GET /\xe9 HTTP/1.1\r\nHost: h\r\nX(A): b\r\n\r\n"),
  },
  {
    name: "malformed: accept-invalid-http-response lets a bad name pass",
    config: http({ backend: "option accept-invalid-http-response" }),
    servers: { s1: plays("HTTP/1.1 200 OK\r\nX(A): b\r\nContent-Length: 0\r\n\r\n") },
    client: sends(get()),
  },
  {
    name: "size: request head of 15 kB passes, of 17 kB is refused",
    config: http(),
    servers: { s1: respond((ask) => ok(String(ask.length))) },
    async client(talk) {
      for (const fields of [14, 17]) {
        const client = await talk.connect();
        client.send(get("/", ...Array.from({ length: fields }, (_, index) => `X-${index}: ${long}`)));
        await client.response();
      }
    },
    compare: { clientClose: "closed" },
  },
  {
    name: "size: response head of 17 kB gives 502",
    config: http(),
    servers: { s1: plays(ok("hi", ...Array.from({ length: 17 }, (_, index) => `X-${index}: ${long}`))) },
    client: sends(get()),
  },
  {
    name: "size: request target of 17 kB",
    config: http(),
    servers: { s1: echo },
    client: sends(get(`/${"y".repeat(17_000)}`)),
    compare: { clientClose: "closed" },
  },
  {
    name: "size: 101 fields pass, 102 do not",
    config: http(),
    servers: { s1: respond((ask) => ok(String(ask.split("\r\n").length))) },
    async client(talk) {
      for (const fields of [99, 100, 101, 102]) {
        const client = await talk.connect();
        client.send(get("/", ...Array.from({ length: fields }, (_, index) => `X-${index}: v`)));
        await client.response();
      }
    },
  },
  {
    name: "size: response of 102 fields",
    config: http(),
    servers: { s1: plays(ok("hi", ...Array.from({ length: 102 }, (_, index) => `X-${index}: v`))) },
    client: sends(get()),
  },
  {
    name: "size: tune.bufsize 8192 with maxrewrite 1024",
    config: http(),
    global: "    tune.bufsize 8192\n    tune.maxrewrite 1024",
    servers: { s1: respond((ask) => ok(String(ask.length))) },
    async client(talk) {
      for (const fields of [6, 8]) {
        const client = await talk.connect();
        client.send(get("/", ...Array.from({ length: fields }, (_, index) => `X-${index}: ${long}`)));
        await client.response();
      }
    },
    compare: { clientClose: "closed" },
  },
  {
    name: "size: tune.http.maxhdr 20",
    config: http(),
    global: "    tune.http.maxhdr 20",
    servers: { s1: respond((ask) => ok(String(ask.split("\r\n").length))) },
    async client(talk) {
      for (const fields of [18, 19, 20, 21]) {
        const client = await talk.connect();
        client.send(get("/", ...Array.from({ length: fields }, (_, index) => `X-${index}: v`)));
        await client.response();
      }
    },
  },
];
