/** Settings of a line each that change what is taken, and which connections are kept. */
import type { Peer } from "../../harness/peer.ts";
import { ok, respond } from "../../harness/server.ts";
import { echo, get, http, sends, silence, tcp } from "../build.ts";
import type { Scenario } from "../scenario.ts";

const METHODS = ["GET", "HEAD", "DELETE", "POST"] as const;

/** HTTP/1.0 with a body, which proxies that never look for one read as the next request. */
const payloads: readonly Scenario[] = METHODS.flatMap((method): Scenario[] => {
  const head = `${method} /x HTTP/1.0\r\nHost: a\r\n`;
  const client = sends(`${head}Content-Length: 3\r\n\r\nabc`);
  const chunks = sends(`${head}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`);
  const global = "h1-accept-payload-with-any-method";
  const config = http();
  const servers = { s1: echo };
  return [
    { name: `payload in 1.0 ${method}`, config, servers, client },
    { name: `h1-accept-payload-with-any-method: ${method} with a length`, global, config, servers, client },
    { name: `h1-accept-payload-with-any-method: ${method} with chunks`, global, config, servers, client: chunks },
  ];
});

const BACKENDS = ["one", "two", "three"] as const;

/** Requests of one client that go to several servers in turn. */
function kept(line: string, targets: readonly string[]): Scenario {
  const backends = BACKENDS.map(
    (name) => `backend ${name}\n    http-reuse never\n    server s 127.0.0.1:{${name}}\n`,
  ).join("");
  return {
    name: `${line || "without max-session-srv-conns"}: ${targets.join(" ")}`,
    config: `
defaults
    mode http
    log 127.0.0.1:{log} local0
    option httplog
    timeout connect 2s
    timeout client 3s
    timeout server 3s
frontend fe
    bind 127.0.0.1:{fe}
    ${line}
    use_backend one if { path /one }
    use_backend two if { path /two }
    use_backend three if { path /three }
${backends}`,
    servers: Object.fromEntries(BACKENDS.map((name) => [name, respond(ok(name))])),
    async client(talk) {
      const client = await talk.connect();
      for (const target of targets) {
        client.send(get(`/${target}`));
        await silence(client, 80);
      }
      await talk.logged(targets.length);
    },
  };
}

const ROUND = ["one", "two", "one", "two", "three", "one", "two", "three"] as const;

/** What is kept of captured cookies. */
const cookies: readonly Scenario[] = ["tune.http.cookielen 5", "tune.http.cookielen 100"].flatMap((global) =>
  [3, 9, 80].map((length): Scenario => ({
    name: `${global}: capture cookie len ${length}`,
    global,
    config: http({ frontend: `capture cookie sid len ${length}` }),
    servers: { s1: respond(ok("hi", `Set-Cookie: sid=${"0123456789".repeat(12)}`)) },
    async client(talk) {
      await talk.once(get("/", `Cookie: sid=${"abcdefghij".repeat(12)}`));
      await talk.logged(1);
    },
  })),
);

/** Its name promises more than HAProxy 2.6 does: connections go by Connection alone. */
const proxied: readonly Scenario[] = ["", "option httpclose"].map((line): Scenario => ({
  name: `http-use-proxy-header and the header Proxy-Connection: ${line}`,
  config: http({ defaults: line, frontend: "option http-use-proxy-header\nhttp-request auth if { path /auth }" }),
  servers: { s1: respond(ok("hi", "Proxy-Connection: close")) },
  async client(talk) {
    for (const [target, version, ...fields] of [
      ["http://h/", "1.1"],
      ["http://h/", "1.1", "Proxy-Connection: close"],
      ["http://h/", "1.0", "Proxy-Connection: keep-alive"],
      ["/", "1.0", "Proxy-Connection: keep-alive", "Connection: keep-alive"],
      ["http://h/auth", "1.1"],
      ["/auth", "1.1"],
    ] as const) {
      const client = await talk.connect();
      client.send([`GET ${target} HTTP/${version}`, "Host: h", ...fields, "", ""].join("\r\n"));
      await silence(client, 80);
      client.close();
    }
  },
}));

/** A side to which something is sent all the time, and which sends nothing itself for longer than it may. */
const streams: readonly Scenario[] = (["", "frontend", "backend"] as const).flatMap((side): Scenario[] => {
  const option = "option independent-streams";
  const lines = side === "" ? {} : { [side]: option };
  const named = side === "" ? `no ${option}` : `${option} in the ${side}`;
  const slow = async (peer: Peer): Promise<void> => {
    for (let i = 0; i < 5; i++) {
      await peer.sleep(100);
      peer.send("0123456789");
    }
  };
  const short = "timeout client 250ms\ntimeout server 250ms";
  return [
    {
      name: `${named}: a slow upload`,
      config: http({ ...lines, defaults: "timeout server 250ms" }),
      servers: { s1: echo },
      async client(talk) {
        const client = await talk.connect();
        client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 50\r\n\r\n");
        await slow(client);
        await silence(client, 300);
        await talk.logged(1);
      },
      compare: { servers: false, logBytes: false },
    },
    {
      name: `${named}: a slow download`,
      config: http({ ...lines, defaults: "timeout client 250ms" }),
      servers: {
        s1: async (peer) => {
          await peer.request();
          peer.send("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n");
          await slow(peer);
        },
      },
      async client(talk) {
        await talk.once(get("/"));
        await talk.logged(1);
      },
    },
    {
      name: `${named}: a session in which the server speaks`,
      config: tcp({ ...lines, defaults: short }),
      servers: {
        s1: async (peer) => {
          await peer.until("go");
          await slow(peer);
          peer.close();
        },
      },
      async client(talk) {
        const client = await talk.connect();
        client.send("go");
        await client.closed(2000);
        await talk.logged(1);
      },
      compare: { received: false, logBytes: false, servers: false },
    },
    {
      name: `${named}: a session in which the client speaks`,
      config: tcp({ ...lines, defaults: short }),
      servers: { s1: (peer) => peer.closed(2000).then(() => {}) },
      async client(talk) {
        const client = await talk.connect();
        await slow(client);
        client.close();
        await silence(client, 300);
        await talk.logged(1);
      },
      compare: { servers: false, logBytes: false },
    },
    {
      name: `${named}: a tunnel in which the server speaks`,
      config: http({ ...lines, defaults: `${short}\ntimeout tunnel 300ms` }),
      servers: {
        s1: async (peer) => {
          await peer.request();
          peer.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n");
          await slow(peer);
          peer.close();
        },
      },
      async client(talk) {
        const client = await talk.connect();
        client.send(get("/", "Connection: Upgrade", "Upgrade: x"));
        await client.closed(2000);
        await talk.logged(1);
      },
      compare: { received: false, logBytes: false, servers: false },
    },
  ];
});

export const settings: readonly Scenario[] = [
  ...payloads,
  ...cookies,
  ...proxied,
  ...streams,
  ...["", "max-session-srv-conns 1", "max-session-srv-conns 2", "max-session-srv-conns 0"].map((line) =>
    kept(line, ROUND),
  ),
];
