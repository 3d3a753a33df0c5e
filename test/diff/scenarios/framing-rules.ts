/** Rules about what frames a message: method, Connection, Content-Length, Transfer-Encoding, Upgrade; and the edited Cookie header. */
import { chunked, get, http, post, request, sends } from "../build.ts";
import { ok, respond } from "../../harness/server.ts";
import type { Scenario } from "../scenario.ts";
import { mirror } from "../build.ts";

type Case = readonly [name: string, rules: string, ...requests: string[]];

const requests: readonly Case[] = [
  ["set Connection close", "http-request set-header Connection close", get("/"), get("/2")],
  ["set Connection keep-alive", "http-request set-header Connection keep-alive", get("/", "Connection: close")],
  ["set Connection to a name", "http-request set-header Connection X-A", get("/", "X-A: 1")],
  ["del Connection", "http-request del-header Connection", get("/", "Connection: close"), get("/2")],
  ["del Connection upgrade", "http-request del-header Connection", get("/", "Connection: upgrade", "Upgrade: x")],
  ["del Upgrade", "http-request del-header Upgrade", get("/", "Connection: upgrade", "Upgrade: x")],
  ["set Upgrade", "http-request set-header Upgrade x", get("/")],
  [
    "set Connection and Upgrade",
    "http-request set-header Connection upgrade\nhttp-request set-header Upgrade x",
    get("/"),
  ],
  ["add Connection", "http-request add-header Connection x-y", get("/")],
  ["del Content-Length", "http-request del-header Content-Length", post("/", "abc"), get("/2")],
  [
    "del Content-Length, the body later",
    "http-request del-header Content-Length",
    post("/", "abcdef").slice(0, -6),
    "abc",
    "def",
    get("/2"),
  ],
  [
    "del Content-Length, the body in pieces",
    "http-request del-header Content-Length",
    post("/", "abcdef").slice(0, -3),
    "def",
  ],
  ["set Connection of several", "http-request set-header Connection 'close, x-a, keep-alive'", get("/")],
  ["del Content-Length of zero", "http-request del-header Content-Length", post("/", ""), get("/2")],
  [
    "del Transfer-Encoding",
    "http-request del-header Transfer-Encoding",
    request("POST", "/", ["Transfer-Encoding: chunked"], chunked(["ab"])),
    get("/2"),
  ],
  ["del all", "http-request del-header . -m reg", get("/", "A: b"), get("/2")],
  ["replace Connection", "http-request replace-header Connection (.*) x-\\1", get("/", "Connection: close")],
];

const responses: readonly (readonly [name: string, rules: string, answer: string])[] = [
  ["del Content-Length of zero", "http-response del-header Content-Length", ok("")],
  ["del Content-Length of a long body", "http-response del-header Content-Length", ok("x".repeat(100_000))],
  ["del Content-Length of a 204", "http-response del-header Content-Length", "HTTP/1.1 204 No\r\n\r\n"],
  ["set Connection close", "http-response set-header Connection close", ok("hello")],
  [
    "set Connection keep-alive",
    "http-response set-header Connection keep-alive",
    "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi",
  ],
  [
    "del Connection",
    "http-response del-header Connection",
    "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi",
  ],
  ["del Content-Length", "http-response del-header Content-Length", ok("hello")],
  [
    "del Transfer-Encoding",
    "http-response del-header Transfer-Encoding",
    `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunked(["ab"])}`,
  ],
  ["set Upgrade", "http-response set-header Upgrade h2c", ok("hello")],
  ["set Connection upgrade", "http-response set-header Connection upgrade", ok("hello")],
  ["after, set Connection close", "http-after-response set-header Connection close", ok("hello")],
  ["after, del Content-Length", "http-after-response del-header Content-Length", ok("hello")],
];

const methods: readonly (readonly [name: string, rules: string, asked: string, answer: string])[] = [
  ["GET to HEAD", "http-request set-method HEAD", get("/"), "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"],
  ["HEAD to GET", "http-request set-method GET", request("HEAD", "/"), ok("hello")],
  ["POST to GET", "http-request set-method GET", post("/", "abc"), ok("hello")],
  ["GET to POST", "http-request set-method POST", get("/"), ok("hello")],
  ["GET to CONNECT", "http-request set-method CONNECT", get("/"), ok("hello")],
  ["HEAD to GET and deny", "http-request set-method GET\nhttp-request deny", request("HEAD", "/"), ok("hello")],
  ["GET to HEAD and deny", "http-request set-method HEAD\nhttp-request deny", get("/"), ok("hello")],
  [
    "GET to HEAD and redirect",
    "http-request set-method HEAD\nhttp-request redirect location /x",
    get("/"),
    ok("hello"),
  ],
  [
    "GET to HEAD and return",
    "http-request set-method HEAD\nhttp-request return status 200 content-type text/plain string hi",
    get("/"),
    ok("hello"),
  ],
];

const cookies: readonly Case[] = [
  ["set-header", "http-request set-header Cookie SRV=b", get("/", "Cookie: SRV=a"), get("/")],
  ["del-header", "http-request del-header Cookie", get("/", "Cookie: SRV=b"), get("/", "Cookie: SRV=b")],
  ["replace-header", "http-request replace-header Cookie SRV=a SRV=b", get("/", "Cookie: x=1; SRV=a"), get("/")],
  ["add-header", "http-request add-header Cookie SRV=b", get("/"), get("/")],
];

export const framingRules: readonly Scenario[] = [
  ...requests.map(([name, rules, ...texts]): Scenario => ({
    name: `framing rules: ${name}`,
    config: http({ frontend: rules }),
    servers: { s1: mirror },
    client: sends(...texts),
  })),
  ...responses.map(([name, rules, answer]): Scenario => ({
    name: `framing rules: response, ${name}`,
    config: http({ backend: rules }),
    servers: { s1: respond(() => answer) },
    client: sends(get("/"), get("/2")),
  })),
  {
    name: "framing rules: response to HEAD, del Content-Length",
    config: http({ backend: "http-response del-header Content-Length" }),
    servers: { s1: respond(() => "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n") },
    client: sends(request("HEAD", "/")),
  },
  {
    name: "framing rules: del Content-Length and wait for the body",
    config: http({
      frontend: "http-request del-header Content-Length\nhttp-request wait-for-body time 1s",
      backend: "http-response del-header Content-Length\nhttp-response wait-for-body time 1s",
    }),
    servers: { s1: respond(() => ok("hello")) },
    client: sends(post("/", "abcdef").slice(0, -3), "def", get("/2")),
  },
  {
    name: "framing rules: our own answer, Connection and Content-Length",
    config: http({
      frontend:
        "http-request return status 200 content-type text/plain string hi\nhttp-after-response set-header Connection close",
    }),
    client: sends(get("/")),
  },
  ...methods.map(([name, rules, asked, answer]): Scenario => ({
    name: `framing rules: method ${name}`,
    config: http({ frontend: rules }),
    servers: { s1: respond(() => answer) },
    client: sends(asked, get("/2", "Connection: close")),
  })),
  ...cookies.map(([name, rules, ...texts]): Scenario => ({
    name: `framing rules: cookie, ${name}`,
    config: http({
      frontend: rules,
      backend: "cookie SRV insert indirect",
      servers: { s1: "cookie a", s2: "cookie b" },
    }),
    servers: { s1: mirror, s2: mirror },
    client: sends(...texts),
  })),
];
