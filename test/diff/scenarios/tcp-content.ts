/** Rules about content in mode http, ClientHellos in mode tcp, and connections that go from mode tcp to mode http. */
import { hello as helloBytes } from "../../../src/expr/hello.helper.ts";
import type { ServerScript } from "../../harness/server.ts";
import { get, http, type Lines, post, silence, tcp } from "../build.ts";
import type { Scenario } from "../scenario.ts";

const CLOSE: Scenario["compare"] = { clientClose: "closed" };

function answers(name: string): ServerScript {
  return async (peer) => {
    while (true) {
      await peer.request(60_000);
      peer.send(`HTTP/1.1 200 OK\r\nContent-Length: ${name.length}\r\n\r\n${name}`);
    }
  };
}

function echo(name: string): ServerScript {
  return async (peer) => {
    peer.send(`${name}:`);
    await peer.closed(60_000);
  };
}

const names = { s1: answers("one"), s2: answers("two") };

/** Pieces 40 ms apart on one connection. */
function sends(...pieces: string[]): Scenario["client"] {
  return async (talk) => {
    const client = await talk.connect();
    await client.drip(pieces, 40);
    await silence(client, 250);
    client.close();
    await talk.logged(1);
  };
}

function web(name: string, lines: Lines, client: Scenario["client"], more: Partial<Scenario> = {}): Scenario {
  return { name: `http content: ${name}`, config: http(lines), servers: names, client, compare: CLOSE, ...more };
}

const GET = get("/a");
const TWO = { s1: "", s2: "" };

const contents: readonly Scenario[] = [
  web("accept", { frontend: "tcp-request content accept" }, sends(GET)),
  web("reject", { frontend: "tcp-request content reject" }, sends(GET)),
  web("reject by path", { frontend: "tcp-request content reject if { path /a }" }, sends(GET)),
  web("reject by another path", { frontend: "tcp-request content reject if { path /b }" }, sends(GET)),
  web(
    "reject by header",
    { frontend: "tcp-request content reject if { req.hdr(x) -m str 1 }" },
    sends(get("/", "X: 1")),
  ),
  web(
    "reject the second request of a connection",
    { frontend: "tcp-request content reject if { path /b }" },
    sends(GET, get("/b")),
  ),
  web(
    "a head in pieces",
    { frontend: "tcp-request inspect-delay 2s\ntcp-request content reject if { path /a }" },
    sends("GET /a HT", "TP/1.1\r\nHost: ", "a\r\n\r\n"),
  ),
  web(
    "before http-request rules",
    {
      frontend: `http-request set-header X-N %[var(txn.n)]
        tcp-request content set-var(txn.n) int(5)
        http-request return status 200 content-type text/plain lf-string "%[var(txn.n)]"`,
    },
    sends(GET),
  ),
  web(
    "reject before monitor-uri",
    { frontend: "monitor-uri /a\ntcp-request content reject if { path /a }" },
    sends(GET),
  ),
  web("monitor-uri behind content rules", { frontend: "monitor-uri /a\ntcp-request content accept" }, async (talk) => {
    await talk.once(GET);
  }),
  web("of the backend", { backend: "tcp-request content reject if { path /a }" }, sends(GET)),
  web("of the backend, another path", { backend: "tcp-request content reject if { path /b }" }, sends(GET)),
  web(
    "the body is waited for",
    { frontend: "tcp-request inspect-delay 2s\ntcp-request content reject if { req.body -m sub bad }" },
    sends("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\nxx", "bad", "xyz"),
  ),
  web(
    "the body is waited for, and passes",
    { frontend: "tcp-request inspect-delay 2s\ntcp-request content reject if { req.body -m sub bad }" },
    sends("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\nxx", "good", "xy"),
  ),
  web(
    "the whole body is there",
    { frontend: "tcp-request content reject if { req.body -m sub bad }" },
    sends(post("/a", "so bad")),
  ),
  web(
    "set-src and forwardfor",
    { frontend: "option forwardfor\ntcp-request content set-src ipv4(192.0.2.3)" },
    sends(GET),
  ),
  web(
    "connection rules",
    { frontend: "tcp-request connection set-src ipv4(192.0.2.3)\noption forwardfor" },
    sends(GET),
  ),
  web("session rules", { frontend: "tcp-request session set-src ipv4(192.0.2.3)\noption forwardfor" }, sends(GET, GET)),
  web(
    "session variables last",
    {
      frontend: `tcp-request session set-var(sess.n) int(1)
        http-request set-var(sess.n) var(sess.n),add(1)
        http-request return status 200 content-type text/plain lf-string "%[var(sess.n)]"`,
    },
    sends(GET, GET),
  ),
  web("session reject", { frontend: "tcp-request session reject" }, async (talk) => {
    const client = await talk.knock();
    client.send(GET);
    await client.closed().catch(() => {});
  }),
  web("connection reject", { frontend: "tcp-request connection reject" }, async (talk) => {
    const client = await talk.knock();
    await client.closed();
  }),
  web("a malformed request meets no content rule", { frontend: "tcp-request content reject" }, sends("GET\r\n\r\n")),
  web("response reject", { backend: "tcp-response content reject" }, sends(GET), {
    compare: { ...CLOSE, servers: false },
  }),
  web("response close", { backend: "tcp-response content close" }, sends(GET), {
    compare: { ...CLOSE, servers: false },
  }),
  web(
    "response reject by status, waited for",
    { backend: "tcp-response inspect-delay 2s\ntcp-response content reject if { status 200 }" },
    sends(GET),
    { compare: { ...CLOSE, servers: false } },
  ),
  web(
    "response passes by status, waited for",
    { backend: "tcp-response inspect-delay 2s\ntcp-response content reject if { status 404 }" },
    sends(GET, GET),
  ),
  web(
    "response reject when the delay has passed",
    { backend: "tcp-response inspect-delay 150ms\ntcp-response content reject unless { status 200 }" },
    async (talk) => {
      const client = await talk.connect();
      client.send(GET);
      await client.closed();
      await talk.logged(1);
    },
    {
      servers: {
        s1: async (peer) => {
          await peer.request();
          await peer.sleep(500);
          peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        },
      },
      compare: { ...CLOSE, servers: false },
    },
  ),
  web(
    "response passes when the delay has passed",
    { backend: "tcp-response inspect-delay 150ms\ntcp-response content reject if { status 200 }" },
    async (talk) => {
      await talk.once(GET);
      await talk.logged(1);
    },
    {
      servers: {
        s1: async (peer) => {
          await peer.request();
          await peer.sleep(400);
          peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        },
      },
    },
  ),
  web(
    "response variables",
    {
      backend: `tcp-response inspect-delay 2s
        tcp-response content set-var(res.s) status if { status 200 }
        http-response set-header x-s %[var(res.s)]`,
    },
    sends(GET),
  ),
  web("response accept", { backend: "tcp-response content accept" }, sends(GET, GET)),
  web(
    "use-server by path",
    { servers: TWO, backend: "use-server s2 if { path /2 }\nuse-server s1 if TRUE" },
    sends(GET, get("/2"), GET),
  ),
  web(
    "use-server goes before cookies",
    {
      servers: { s1: "cookie a", s2: "cookie b" },
      backend: "cookie S insert\nuse-server s2 if { path /2 }",
    },
    sends(get("/2", "Cookie: S=a"), get("/1", "Cookie: S=a")),
  ),
  web(
    "use-server of a name made at run time",
    { servers: TWO, backend: "use-server %[path,field(2,/)] if TRUE" },
    sends(get("/s2"), get("/s1")),
  ),
];

/** A hello made longer by its session ticket. */
function bytesOf(ticket: number): string {
  return helloBytes({ name: "two.example.test", alpn: ["h2", "http/1.1"], groups: true, ticket });
}

function hello(...cuts: number[]): string[] {
  const text = bytesOf(10);
  const ends = [...cuts, text.length];
  return ends.map((end, i) => text.slice(i === 0 ? 0 : ends[i - 1], end));
}

function tls(name: string, condition: string, pieces: readonly string[], more: Partial<Scenario> = {}): Scenario {
  return {
    name: `hello: ${name}`,
    config: `${tcp({
      frontend: `tcp-request inspect-delay 1500ms
      tcp-request content accept if { req.ssl_hello_type 1 }
      use_backend two if { ${condition} }`,
    })}
backend two
    server s2 127.0.0.1:{s2}
`,
    servers: { s1: echo("one"), s2: echo("two") },
    client: sends(...pieces),
    ...more,
  };
}

const hellos: readonly Scenario[] = [
  tls("by name", "req.ssl_sni two.example.test", hello()),
  tls("by another name", "req.ssl_sni one.example.test", hello()),
  tls("by the end of the name", "req.ssl_sni -m end .example.test", hello()),
  tls("by protocol", "req.ssl_alpn h2", hello()),
  tls("by version", "req.ssl_ver 3.1:3.4", hello()),
  tls("after its type", "req.ssl_hello_type 1", hello()),
  ...[1, 3, 5, 6, 9, 20, 44, 60, 80].map((cut) => tls(`cut at ${cut}`, "req.ssl_sni two.example.test", hello(cut))),
  tls("cut everywhere", "req.ssl_sni two.example.test", hello(1, 5, 9, 30, 45, 70)),
  tls("never complete", "req.ssl_sni two.example.test", [hello(40)[0]!]),
  tls("no hello at all", "req.ssl_sni two.example.test", ["SSH-2.0-client\r\n"]),
  tls("a hello with much padding", "req.ssl_sni two.example.test", [bytesOf(9000)]),
  tls("a hello larger than a buffer", "req.ssl_sni two.example.test", [bytesOf(16_000)], {
    compare: { logBytes: false },
  }),
];

function upgraded(name: string, config: string, client: Scenario["client"]): Scenario {
  const all = `${config}
backend web
    mode http
    server s2 127.0.0.1:{s2}
`;
  return {
    name: `from tcp to http: ${name}`,
    config: all,
    servers: { s1: echo("one"), s2: answers("two") },
    client,
    compare: CLOSE,
  };
}

const upgrades: readonly Scenario[] = [
  upgraded("by the default backend", tcp().replace("default_backend be", "default_backend web"), sends(GET, GET)),
  upgraded(
    "by use_backend",
    tcp({ frontend: "tcp-request inspect-delay 1s\ntcp-request content accept if HTTP\nuse_backend web if HTTP" }),
    sends(GET),
  ),
  upgraded(
    "by use_backend, but no request",
    tcp({ frontend: "tcp-request inspect-delay 300ms\ntcp-request content accept if HTTP\nuse_backend web if HTTP" }),
    sends("hello\n"),
  ),
  upgraded(
    "by switch-mode",
    tcp({
      frontend: `tcp-request inspect-delay 1s
        tcp-request content switch-mode http if HTTP
        use_backend web if { path /a }`,
    }),
    sends("GET /a HTTP/1.1\r\n", "Host: a\r\n\r\n"),
  ),
  upgraded("a malformed request", tcp().replace("default_backend be", "default_backend web"), sends("hello\r\n\r\n")),
];

export const tcpContent: readonly Scenario[] = [...contents, ...hellos, ...upgrades];
