/** HTTP/2 on either side. The frames differ, the messages must not: they are compared as notes. */
import { type Answer, echo, type Fields, H2Peer, request, respondH2, setting } from "../../harness/h2.ts";
import { ok, respond } from "../../harness/server.ts";
import { http } from "../build.ts";
import type { CompareOptions, Scenario, Talk } from "../scenario.ts";

const compare: CompareOptions = { received: false, clientClose: "closed" };
/** The servers speak HTTP/2 too: what they got is noted by the client. */
const both: CompareOptions = { ...compare, servers: false };

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

/** A malformed request; afterwards a good one shows whether the connection lives. */
function bad(name: string, fields: Fields): Scenario {
  return {
    name: `h2 malformed: ${name}`,
    config: http(),
    servers: { s1: respond(ok("fine")) },
    compare,
    async client(talk) {
      const h2 = new H2Peer(await talk.connect(), "client");
      const id = h2.request(fields);
      talk.note("bad", await h2.response(id));
      if (h2.goaway < 0) talk.note("good", await h2.response(h2.request(request("GET", "/good"))));
    },
  };
}

const get = request("GET", "/");
const without = (name: string): Fields => get.filter(([n]) => n !== name);

/** A request over HTTP/1 to a server that speaks HTTP/2 and echoes what it got. */
function forward(name: string, text: string, answer: Answer = echo, frontend = ""): Scenario {
  return {
    name: `h1 to h2: ${name}`,
    config: http({ frontend, servers: { s1: "proto h2" } }),
    servers: { s1: respondH2(answer) },
    compare: { servers: false },
    async client(talk) {
      const client = await talk.connect();
      client.send(text);
      await client.response({ bodyless: text.startsWith("HEAD ") });
      await talk.logged(1);
    },
  };
}

function through(name: string, fields: Fields, answer: Answer, body?: string, trailers?: Fields): Scenario {
  return {
    name: `h2 to h2: ${name}`,
    config: http({ servers: { s1: "proto h2" } }),
    servers: { s1: respondH2(answer) },
    compare: both,
    async client(talk) {
      const h2 = new H2Peer(await talk.connect(), "client");
      const id = h2.request(fields, body, trailers !== undefined);
      if (trailers !== undefined) h2.head(id, trailers, true);
      talk.note("response", await h2.response(id));
      await talk.logged(1);
    },
  };
}

const answers =
  (fields: Fields, body = "", trailers?: Fields): Answer =>
  (h2, id) => {
    h2.head(id, fields, body === "" && trailers === undefined);
    if (body !== "") h2.data(id, body, trailers === undefined);
    if (trailers !== undefined) h2.head(id, trailers, true);
  };

const websocket: Fields = [
  [":method", "CONNECT"],
  [":protocol", "websocket"],
  [":scheme", "http"],
  [":authority", "example.test"],
  [":path", "/chat"],
  ["sec-websocket-version", "13"],
];

/** A health check over HTTP/2, and the line about its first result. */
function checked(name: string, status: string, backend: string, server = "proto h2"): Scenario {
  return {
    name: `h2 check: ${name}`,
    alone: true,
    config: http({
      backend: `option httpchk GET /health\noption log-health-checks\n${backend}`,
      servers: { s1: `${server} check inter 100ms fall 1 rise 1` },
    }),
    servers: {
      s1: respondH2(
        answers(
          [
            [":status", status],
            ["x-state", "good"],
          ],
          "all is well",
        ),
      ),
    },
    compare: { servers: false },
    async client(talk) {
      await talk.logMatch(/Health check for server/);
    },
  };
}

async function listed(talk: Talk, h2: H2Peer, ids: readonly number[]): Promise<void> {
  for (const id of ids) talk.note(`stream ${id}`, await h2.response(id));
}

export const h2: readonly Scenario[] = [
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

  bad("upper case in a name", [...get, ["X-Upper", "1"]]),
  bad("connection", [...get, ["connection", "close"]]),
  bad("te with something else", [...get, ["te", "gzip"]]),
  bad("transfer-encoding", [...get, ["transfer-encoding", "chunked"]]),
  bad("an unknown pseudo-header field", [...get, [":x", "1"]]),
  bad("a pseudo-header field after a field", [...without(":path"), ["x", "y"], [":path", "/"]]),
  bad("without :path", without(":path")),
  bad("an empty :path", [...without(":path"), [":path", ""]]),
  bad("a relative :path", [...without(":path"), [":path", "x"]]),
  bad("two :method", [[":method", "GET"], ...get]),
  bad("a line feed in a value", [...get, ["x", "a\nb"]]),

  {
    name: "h2: several streams of one connection, answered in another order",
    config: http(),
    servers: {
      s1: async (peer) => {
        for (;;) {
          const text = await peer.request(60_000);
          await Bun.sleep(text.startsWith("GET /slow") ? 150 : 5);
          peer.send(ok(text.slice(0, 10)));
        }
      },
    },
    compare: { ...both, logOrder: "any" },
    async client(talk) {
      const h2 = new H2Peer(await talk.connect(), "client");
      const ids = ["/slow", "/fast1", "/fast2"].map((path) => h2.request(request("GET", path)));
      await listed(talk, h2, ids);
      await talk.logged(3);
    },
  },
  {
    name: "h2: a body larger than all windows, both ways",
    config: http(),
    servers: { s1: respond((text) => ok(text.slice(-200_000))) },
    compare,
    async client(talk) {
      const h2 = new H2Peer(await talk.connect(), "client");
      const id = h2.request(request("POST", "/", ["content-length", "200000"]), undefined, true);
      for (let at = 0; at < 200_000; at += 10_000) {
        h2.data(id, "0123456789".repeat(1000), at === 190_000);
        await Bun.sleep(10);
        h2.pump();
      }
      const text = await h2.response(id, 6000);
      talk.note("length", text.length);
    },
  },
  {
    name: "h2: RST_STREAM while the server is at work",
    config: http(),
    servers: { s1: async (peer) => void (await peer.request()) },
    compare,
    async client(talk) {
      const h2 = new H2Peer(await talk.connect(), "client");
      const id = h2.request(get);
      await Bun.sleep(150);
      h2.reset(id, 8);
      await talk.logged(1);
    },
  },
  {
    name: "h2: the server dies in the middle of the body",
    config: http(),
    servers: {
      s1: async (peer) => {
        await peer.request();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
        await Bun.sleep(100);
        peer.reset();
      },
    },
    compare,
    async client(talk) {
      const h2 = new H2Peer(await talk.connect(), "client");
      talk.note("response", await h2.response(h2.request(get)));
      await talk.logged(1);
    },
  },
  {
    name: "h2: no server answers",
    config: http({ backend: "retries 0" }),
    compare,
    async client(talk) {
      const h2 = new H2Peer(await talk.connect(), "client");
      talk.note("response", await h2.response(h2.request(get)));
      await talk.logged(1);
    },
  },
  {
    name: "h2: timeout server",
    config: http({ backend: "timeout server 300ms" }),
    servers: { s1: async (peer) => void (await peer.request()) },
    compare,
    async client(talk) {
      const h2 = new H2Peer(await talk.connect(), "client");
      talk.note("response", await h2.response(h2.request(get)));
      await talk.logged(1);
    },
  },
  {
    name: "h2: timeout http-keep-alive ends the idle connection with GOAWAY",
    config: http({ frontend: "timeout http-keep-alive 300ms" }),
    servers: { s1: respond(ok("x")) },
    compare,
    async client(talk) {
      const peer = await talk.connect();
      const h2 = new H2Peer(peer, "client");
      await h2.response(h2.request(get));
      await h2.wait(() => h2.goaway >= 0, 1500);
      talk.note("goaway", h2.goaway);
      await peer.closed();
    },
  },
  {
    name: "h2: disable-h2-upgrade refuses the preface",
    config: http({ frontend: "option disable-h2-upgrade" }),
    servers: { s1: respond(ok("x")) },
    compare: { clientClose: "closed" },
    async client(talk) {
      const peer = await talk.connect();
      new H2Peer(peer, "client");
      await peer.closed();
      await talk.logged(1);
    },
  },
  {
    name: "h2: HTTP/1 on a port of HTTP/2",
    config: http().replace("{fe}", "{fe} proto h2"),
    servers: { s1: respond(ok("x")) },
    compare: { clientClose: "closed" },
    async client(talk) {
      const peer = await talk.connect();
      peer.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
      await peer.closed();
      await talk.logged(1);
    },
  },
  {
    name: "h2: WebSocket by extended CONNECT, to HTTP/1",
    config: http(),
    servers: {
      s1: async (peer) => {
        const head = await peer.until("\r\n\r\n");
        const key = /sec-websocket-key: (\S+)/i.exec(head)![1]!;
        const hash = new Bun.CryptoHasher("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
        peer.send(
          `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${hash}\r\nX-Seen: ${head
            .toLowerCase()
            .replaceAll("\r\n", "|")
            .replace(/sec-websocket-key: [^|]*/, "KEY")}\r\n\r\n`,
        );
        while (true) peer.send((await peer.until("\n", 60_000)).toUpperCase());
      },
    },
    compare: both,
    async client(talk) {
      const h2 = new H2Peer(await talk.connect(), "client");
      const id = h2.request(websocket, undefined, true);
      const stream = h2.stream(id);
      await h2.wait(() => stream.heads.length > 0);
      h2.data(id, "one\n", false);
      await h2.wait(() => stream.body === "ONE\n");
      talk.note("stream", h2.text(id).replace(/sec-websocket-accept: .*/, "ACCEPT"));
      h2.data(id, "", true);
      await talk.logged(1);
    },
  },

  {
    name: "h1: set-uri, absolute",
    config: http({ frontend: "http-request set-uri http://other.test/new" }),
    servers: { s1: respond(ok("x")) },
    async client(talk) {
      await talk.once(get1());
    },
  },
  forward("GET", "GET /x?y HTTP/1.1\r\nHost: example.test\r\nX-A: 1\r\nAccept: */*\r\n\r\n"),
  forward(
    "HEAD",
    "HEAD /x HTTP/1.1\r\nHost: example.test\r\n\r\n",
    answers([
      [":status", "200"],
      ["content-length", "5"],
    ]),
  ),
  forward("POST with a length", "POST /x HTTP/1.1\r\nHost: example.test\r\nContent-Length: 5\r\n\r\nhello"),
  forward(
    "POST in chunks",
    "POST /x HTTP/1.1\r\nHost: example.test\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
  ),
  forward(
    "POST in chunks with trailers",
    "POST /x HTTP/1.1\r\nHost: example.test\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-T: 1\r\n\r\n",
  ),
  forward(
    "hop by hop headers",
    "GET / HTTP/1.1\r\nHost: example.test\r\nConnection: keep-alive, x-hop\r\nKeep-Alive: 5\r\nProxy-Connection: x\r\nX-Hop: 1\r\nTE: trailers\r\nCookie: a=1; b=2\r\n\r\n",
  ),
  forward("absolute target", "GET http://example.test/abs?x HTTP/1.1\r\nHost: example.test\r\n\r\n"),
  forward("OPTIONS *", "OPTIONS * HTTP/1.1\r\nHost: example.test\r\n\r\n"),
  forward(
    "HTTP/1.0",
    "GET /x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    answers(
      [
        [":status", "200"],
        ["content-length", "2"],
      ],
      "ok",
    ),
  ),
  forward(
    "an answer with a length",
    get1(),
    answers(
      [
        [":status", "200"],
        ["content-length", "4"],
        ["x-a", "b"],
      ],
      "body",
    ),
  ),
  forward("an answer without a length", get1(), answers([[":status", "200"]], "body")),
  forward("an answer with trailers", get1(), answers([[":status", "200"]], "body", [["x-t", "1"]])),
  forward("204", get1(), answers([[":status", "204"]])),
  forward("404 without body", get1(), answers([[":status", "404"]])),
  forward("interim responses", get1(), (h2, id) => {
    h2.head(
      id,
      [
        [":status", "103"],
        ["link", "</a>"],
      ],
      false,
    );
    h2.head(
      id,
      [
        [":status", "200"],
        ["content-length", "2"],
      ],
      false,
    );
    h2.data(id, "ok", true);
  }),
  forward(
    "response rules",
    get1(),
    answers(
      [
        [":status", "200"],
        ["content-length", "2"],
      ],
      "ok",
    ),
    "http-response set-header x-new 1\nhttp-response set-status 201 reason Made",
  ),
  forward("a reset stream", get1(), (h2, id) => h2.reset(id, 2)),

  {
    name: "h1 to h2: retry-on empty-response after a reset stream",
    config: http({
      backend: "retry-on conn-failure empty-response\nretries 2\noption redispatch",
      servers: { s1: "proto h2" },
    }),
    servers: {
      s1: (() => {
        let seen = 0;
        return respondH2((h2, id) => {
          if (seen++ === 0) h2.peer.reset();
          else
            answers(
              [
                [":status", "200"],
                ["content-length", "2"],
              ],
              "ok",
            )(h2, id, h2.stream(id));
        });
      })(),
    },
    compare: { servers: false },
    async client(talk) {
      await talk.once(get1());
      await talk.logged(1);
    },
  },
  {
    name: "h1 to h2: http-reuse never keeps a connection for each client",
    config: http({ backend: "http-reuse never", servers: { s1: "proto h2" } }),
    servers: {
      s1: respondH2(
        answers(
          [
            [":status", "200"],
            ["content-length", "2"],
          ],
          "ok",
        ),
      ),
    },
    compare: { servers: false },
    async client(talk) {
      const clients = [await talk.connect(), await talk.connect()];
      for (let i = 0; i < 3; i++) {
        for (const client of clients) {
          client.send(get1());
          await client.response();
        }
      }
      talk.note("connections", talk.server("s1").peers.length);
    },
  },
  {
    name: "h1 to h2: http-reuse safe, two clients in turn",
    config: http({ backend: "http-reuse safe", servers: { s1: "proto h2" } }),
    servers: {
      s1: respondH2(
        answers(
          [
            [":status", "200"],
            ["content-length", "2"],
          ],
          "ok",
        ),
      ),
    },
    compare: { servers: false },
    async client(talk) {
      const clients = [await talk.connect(), await talk.connect()];
      for (let i = 0; i < 3; i++) {
        for (const client of clients) {
          client.send(get1());
          await client.response();
        }
      }
      talk.note("connections", talk.server("s1").peers.length);
    },
  },
  {
    name: "h2 to h2: http-reuse always, streams of two clients at a time",
    config: http({ backend: "http-reuse always", servers: { s1: "proto h2" } }),
    servers: {
      s1: respondH2((h2, id) => void setTimeout(() => answers([[":status", "200"]], "ok")(h2, id, h2.stream(id)), 100)),
    },
    compare: { ...both, logOrder: "any" },
    async client(talk) {
      const clients = [new H2Peer(await talk.connect(), "client"), new H2Peer(await talk.connect(), "client")];
      await clients[0]!.response(clients[0]!.request(get));
      const ids = clients.map((h2) => [1, 2, 3].map(() => h2.request(get)));
      for (const [i, h2] of clients.entries()) for (const id of ids[i]!) talk.note(`${i} ${id}`, await h2.response(id));
      talk.note("connections", talk.server("s1").peers.length);
    },
  },
  ...[false, true].map((known): Scenario => ({
    name: `h1 to h2: an upgrade, and a server that ${known ? "knows" : "does not know"} extended CONNECT`,
    config: http({ backend: "retries 0", servers: { s1: "proto h2" } }),
    servers: {
      s1: async (peer) => {
        const h2 = new H2Peer(peer, "server", known ? setting(8, 1) : undefined);
        await h2.wait(() => h2.streams.size > 0, 60_000);
        h2.head(
          1,
          [
            [":status", "200"],
            ["x-head", (h2.stream(1).heads[0] ?? "").replaceAll("\n", "|")],
          ],
          false,
        );
        await h2.wait(() => h2.stream(1).body.length > 0, 60_000);
        h2.data(1, h2.stream(1).body.toUpperCase(), false);
      },
    },
    compare: { servers: false, clientClose: "closed", received: false },
    async client(talk) {
      const client = await talk.connect();
      client.send(
        "GET /chat HTTP/1.1\r\nHost: example.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
      );
      const head = await client.until("\r\n\r\n");
      talk.note("lines", head.toLowerCase().split("\r\n").sort());
      if (head.startsWith("HTTP/1.1 101")) {
        client.send("hello\n");
        talk.note("echo", await client.until("\n"));
        client.close();
      }
      await talk.logged(1);
    },
  })),
  checked("200 passes", "200", ""),
  checked("500 fails", "500", ""),
  checked("a string of the body", "200", "http-check expect string well"),
  checked("a header", "200", 'http-check expect hdr name "x-state" value "good"'),
  checked("check-proto", "200", "", "check-proto h2"),
  through("GET", get, echo),
  through("POST", request("POST", "/x"), echo, "hello"),
  through("POST with a length", request("POST", "/x", ["content-length", "5"]), echo, "hello"),
  through(
    "trailers both ways",
    request("POST", "/x", ["te", "trailers"]),
    answers([[":status", "200"]], "body", [["grpc-status", "0"]]),
    "hello",
    [["x-t", "1"]],
  ),
  through("cookie crumbs", request("GET", "/", ["cookie", "a=1"], ["cookie", "b=2"]), echo),
  through(
    "HEAD",
    request("HEAD", "/"),
    answers([
      [":status", "200"],
      ["content-length", "7"],
    ]),
  ),
  through("an answer without body", get, answers([[":status", "204"]])),
  through(
    "scheme https",
    [
      [":method", "GET"],
      [":scheme", "https"],
      [":authority", "example.test"],
      [":path", "/x"],
    ],
    echo,
  ),
];

function get1(): string {
  return "GET /x HTTP/1.1\r\nHost: example.test\r\n\r\n";
}
