/** Message bodies: lengths, chunks, trailers, interim responses, HEAD and the bodyless statuses. */
import { ok, respond } from "../../harness/server.ts";
import { chunked, echo, get, http, plays, playsAndCloses, post, request, sends, silence } from "../build.ts";
import type { Scenario } from "../scenario.ts";

const te = "Transfer-Encoding: chunked";
const big = "0123456789abcdef".repeat(16 * 1024);

/** A request as the server sees it and the answer it gets. */
const requests: readonly (readonly [string, readonly string[]])[] = [
  ["POST with a length", [post("/p", "hello")]],
  ["POST with length 0", [post("/p", "")]],
  ["POST without a length", [request("POST", "/p")]],
  ["POST with a length, body later", [request("POST", "/p", ["Content-Length: 5"]), "he", "llo"]],
  ["GET with a body", [request("GET", "/p", ["Content-Length: 3"], "abc")]],
  ["DELETE with a body", [request("DELETE", "/p", ["Content-Length: 3"], "abc")]],
  ["chunked request", [request("POST", "/c", [te], chunked(["hello", " world"]))]],
  ["chunked request in pieces", [request("POST", "/c", [te], "5\r\nhel"), "lo\r", "\n0", "\r\n\r", "\n"]],
  [
    "chunked request with extensions",
    [request("POST", "/c", [te], '3;a=b\r\nabc\r\n2 ;c="d"\r\nde\r\n0;last\r\n\r\n')],
  ],
  [
    "chunked request with trailers",
    [request("POST", "/c", [te, "Trailer: X-Sum"], chunked(["abc"], ["X-Sum: 7", "X-B: c"]))],
  ],
  ["chunked request, leading zeros in the size", [request("POST", "/c", [te], "0003\r\nabc\r\n000\r\n\r\n")]],
  [
    "chunked request, upper and lower case hex",
    [request("POST", "/c", [te], `A\r\n0123456789\r\nb\r\n0123456789a\r\n0\r\n\r\n`)],
  ],
  ["chunked and then another request", [request("POST", "/c", [te], chunked(["abc"])) + get("/next")]],
  [
    "chunked request of version 1.0",
    ["POST /c HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"],
  ],
  ["Transfer-Encoding: gzip, chunked", [request("POST", "/c", ["Transfer-Encoding: gzip, chunked"], chunked(["abc"]))]],
  ["Transfer-Encoding: identity", [request("POST", "/c", ["Transfer-Encoding: identity"])]],
  ["Transfer-Encoding: Chunked in capitals", [request("POST", "/c", ["Transfer-Encoding: CHUNKED"], chunked(["abc"]))]],
];

const responses: readonly (readonly [string, string, boolean?])[] = [
  ["chunked response", `HTTP/1.1 200 OK\r\n${te}\r\n\r\n${chunked(["hello", " world"])}`],
  ["chunked response with trailers", `HTTP/1.1 200 OK\r\n${te}\r\n\r\n${chunked(["abc"], ["X-Sum: 7", "X-B: c"])}`],
  ["chunked response with extensions", `HTTP/1.1 200 OK\r\n${te}\r\n\r\n3;q=1\r\nabc\r\n0;z\r\n\r\n`],
  ["chunked response of version 1.0", `HTTP/1.0 200 OK\r\n${te}\r\n\r\n${chunked(["abc"])}`, true],
  ["empty chunked response", `HTTP/1.1 200 OK\r\n${te}\r\n\r\n0\r\n\r\n`],
  ["chunked response with a length", `HTTP/1.1 200 OK\r\nContent-Length: 99\r\n${te}\r\n\r\n${chunked(["abc"])}`],
  ["response ended by the close", "HTTP/1.1 200 OK\r\nX-A: b\r\n\r\nuntil the end", true],
  ["1.0 response ended by the close", "HTTP/1.0 200 OK\r\nX-A: b\r\n\r\nuntil the end", true],
  ["response without a body", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"],
  ["204", "HTTP/1.1 204 No Content\r\nX-A: b\r\n\r\n"],
  ["204 with a length", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n"],
  ["204 with chunked", `HTTP/1.1 204 No Content\r\n${te}\r\n\r\n`],
  ["304", 'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\n\r\n'],
  ["304 with a length", 'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\nContent-Length: 42\r\n\r\n'],
  ["response without a reason", "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nhi"],
  ["response with an empty reason", "HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nhi"],
  ["response with an odd reason", "HTTP/1.1 299 It is \xe9t\xe9 (!)\r\nContent-Length: 2\r\n\r\nhi"],
  ["status 599", "HTTP/1.1 599 Far\r\nContent-Length: 0\r\n\r\n"],
  ["same length twice in one field", "HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nhi"],
  ["same length in two fields", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nhi"],
];

export const framing: readonly Scenario[] = [
  ...requests.map(([name, pieces]): Scenario => ({
    name: `request framing: ${name}`,
    config: http(),
    servers: { s1: echo },
    client: sends(...pieces),
  })),
  ...responses.flatMap(([name, text, close]): Scenario[] =>
    (["1.1", "1.0"] as const).map((version) => ({
      name: `response framing: ${name}, client of ${version}`,
      config: http(),
      servers: { s1: close === true ? playsAndCloses(text) : plays(text) },
      client: sends(`GET / HTTP/${version}\r\nHost: h\r\n\r\n`),
    })),
  ),
  ...(
    [
      ["with a length", "HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n"],
      ["chunked", `HTTP/1.1 200 OK\r\n${te}\r\n\r\n`],
      ["without framing", "HTTP/1.1 200 OK\r\nX-A: b\r\n\r\n"],
    ] as const
  ).map(([name, text]): Scenario => ({
    name: `HEAD answered ${name}, then GET`,
    config: http(),
    servers: { s1: respond((ask) => (ask.startsWith("HEAD") ? text : ok("body"))) },
    async client(talk) {
      const client = await talk.connect();
      client.send(request("HEAD", "/h"));
      await client.response({ bodyless: true });
      await silence(client, 40);
      client.send(get("/g"));
      await silence(client);
    },
  })),
  {
    name: "Expect: 100-continue answered by the server",
    config: http(),
    servers: {
      s1: async (peer) => {
        await peer.until("\r\n\r\n");
        peer.send("HTTP/1.1 100 Continue\r\n\r\n");
        await peer.bytes(5);
        peer.send(ok("got it"));
      },
    },
    async client(talk) {
      const client = await talk.connect();
      client.send(request("POST", "/e", ["Expect: 100-continue", "Content-Length: 5"]));
      await client.response();
      client.send("hello");
      await client.response();
    },
  },
  {
    name: "Expect: 100-continue refused with 417",
    config: http(),
    servers: {
      s1: async (peer) => {
        await peer.until("\r\n\r\n");
        peer.send("HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        peer.close();
      },
    },
    client: sends(request("POST", "/e", ["Expect: 100-continue", "Content-Length: 5"])),
  },
  {
    name: "Expect: 100-continue with the body at once",
    config: http(),
    servers: { s1: respond((ask) => `HTTP/1.1 100 Continue\r\n\r\n${ok(`${ask.length}`)}`) },
    client: sends(request("POST", "/e", ["Expect: 100-continue", "Content-Length: 5"], "hello")),
  },
  {
    name: "1xx: 103 and 102 before the answer",
    config: http(),
    servers: {
      s1: plays("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", "HTTP/1.1 102 Processing\r\n\r\n", ok("done")),
    },
    client: sends(get()),
  },
  {
    name: "1xx to a client of 1.0",
    config: http(),
    servers: { s1: plays(`HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${ok("done")}`) },
    client: sends("GET / HTTP/1.0\r\n\r\n"),
  },
  {
    name: "1xx without end: the server stops after 100",
    config: http({ defaults: "timeout server 200ms" }),
    servers: { s1: plays("HTTP/1.1 100 Continue\r\n\r\n") },
    async client(talk) {
      const client = await talk.connect();
      client.send(get());
      await silence(client, 500);
    },
  },
  {
    name: "large upload with a length",
    config: http(),
    servers: { s1: echo },
    async client(talk) {
      const client = await talk.connect();
      client.send(post("/up", big));
      await client.response();
    },
  },
  {
    name: "large chunked upload",
    config: http(),
    servers: { s1: respond((ask) => ok(`${ask.includes("\r\n0\r\n\r\n")}`)) },
    async client(talk) {
      const client = await talk.connect();
      client.send(request("POST", "/up", [te], chunked([big, "x", big])));
      await client.response();
    },
  },
  {
    name: "large download with a length",
    config: http(),
    servers: { s1: respond(ok(big)) },
    async client(talk) {
      const client = await talk.connect();
      client.send(get("/down"));
      await client.response();
      client.send(get("/again"));
      await client.response();
    },
  },
  {
    name: "large chunked download",
    config: http(),
    servers: { s1: respond(`HTTP/1.1 200 OK\r\n${te}\r\n\r\n${chunked([big, "x", big])}`) },
    async client(talk) {
      const client = await talk.connect();
      client.send(get("/down"));
      await client.response();
    },
  },
  {
    name: "large download ended by the close",
    config: http(),
    servers: { s1: playsAndCloses(`HTTP/1.0 200 OK\r\n\r\n${big}`) },
    async client(talk) {
      const client = await talk.connect();
      client.send(get("/down", "Connection: close"));
      await client.closed();
    },
  },
  {
    name: "client that reads slowly gets every byte",
    config: http(),
    servers: { s1: respond(ok(big.repeat(8))) },
    async client(talk) {
      const client = await talk.connect();
      client.pause();
      client.send(get("/down"));
      await talk.sleep(150);
      client.resume();
      await client.response();
    },
  },
  {
    name: "server answers before the request body has ended",
    config: http(),
    servers: {
      s1: async (peer) => {
        await peer.until("\r\n\r\n");
        peer.send("HTTP/1.1 413 Payload Too Large\r\nContent-Length: 3\r\n\r\nbig");
        await peer.bytes(10);
      },
    },
    async client(talk) {
      const client = await talk.connect();
      client.send(request("POST", "/up", ["Content-Length: 10"], "hello"));
      await client.response();
      client.send("world");
      await silence(client);
      client.send(get("/next"));
      await silence(client);
    },
  },
];
