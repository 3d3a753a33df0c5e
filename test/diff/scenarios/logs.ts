/** The log lines: formats, levels, options that choose and change them. */
import { ok } from "../../harness/server.ts";
import type { ServerScript } from "../../harness/server.ts";
import { echo, get, http, plays, request, sends, silence, tcp } from "../build.ts";
import type { Scenario } from "../scenario.ts";

const slowBody: ServerScript = async (peer) => {
  await peer.request();
  await peer.drip(["HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc", "def"], 100);
};

const syslogFormats = ["rfc3164", "rfc5424", "raw", "short", "timed", "iso", "priority", "local"] as const;

/** A configuration whose log line carries these arguments. */
const withLog = (args: string): string => http().replace("{log} local0", `{log} ${args}`);

export const logs: readonly Scenario[] = [
  ...syslogFormats.map((format): Scenario => ({
    name: `log format ${format}`,
    config: withLog(`format ${format} local3`),
    servers: { s1: echo },
    client: sends(get("/1")),
  })),
  ...(["err", "notice", "info"] as const).map((level): Scenario => ({
    name: `log up to level ${level}`,
    config: withLog(`daemon ${level}`),
    servers: { s1: echo },
    client: sends(get("/1"), "BAD\r\n\r\n"),
  })),
  {
    name: "log with a lowest level",
    config: withLog("user debug notice"),
    servers: { s1: echo },
    client: sends(get("/1")),
  },
  {
    name: "log len 140 cuts the line",
    config: withLog("len 140 local0"),
    servers: { s1: echo },
    client: sends(get(`/${"long".repeat(50)}`)),
  },
  {
    name: "log sample 1:2",
    config: withLog("sample 1:2 local0"),
    servers: { s1: echo },
    client: sends(get("/1"), get("/2"), get("/3"), get("/4")),
  },
  {
    name: "log sample 2-3,5:6",
    config: withLog("sample 2-3,5:6 local0"),
    servers: { s1: echo },
    client: sends(...Array.from({ length: 13 }, (_, index) => get(`/${index}`))),
  },
  {
    name: "two log targets",
    config: http({ frontend: "log 127.0.0.1:{log} local5 info" }).replace("{log} local0", "{log} local1"),
    servers: { s1: echo },
    client: sends(get("/1")),
  },
  {
    name: "no log in the frontend",
    config: http({ frontend: "no log" }),
    servers: { s1: echo },
    client: sends(get("/1")),
  },
  {
    name: "log-tag of the frontend",
    config: http({ frontend: "log-tag mine" }),
    servers: { s1: echo },
    client: sends(get("/1")),
  },
  {
    name: "default log line, mode http",
    config: http().replace("option httplog", ""),
    servers: { s1: echo },
    client: sends(get("/1")),
  },
  {
    name: "default log line, mode tcp",
    config: tcp().replace("option tcplog", ""),
    servers: { s1: async (peer) => peer.send(await peer.until("\n")) },
    client: sends("hello\n"),
  },
  {
    name: "option tcplog in mode http",
    config: http().replace("option httplog", "option tcplog"),
    servers: { s1: echo },
    client: sends(get("/1"), get("/2")),
  },
  {
    name: "option httplog clf",
    config: http().replace("option httplog", "option httplog clf"),
    servers: { s1: echo },
    client: sends(get("/1")),
  },
  {
    name: "option dontlognull: a connection without a byte",
    config: http({ defaults: "option dontlognull" }),
    servers: { s1: echo },
    async client(talk) {
      (await talk.connect()).close();
      const client = await talk.connect();
      client.send("GET");
      await talk.sleep(20);
      client.close();
      await talk.logged(1);
    },
  },
  {
    name: "without dontlognull: a connection without a byte",
    config: http(),
    servers: { s1: echo },
    async client(talk) {
      const client = await talk.connect();
      await talk.sleep(20);
      client.close();
      await talk.logged(1);
    },
  },
  {
    name: "option logasap: the line comes with the head, values with a plus",
    config: http({ defaults: "option logasap" }),
    servers: { s1: slowBody },
    async client(talk) {
      const client = await talk.connect();
      client.send(get("/1"));
      await client.until("abc");
      await talk.logged(1);
      await client.until("def");
    },
  },
  {
    name: "option logasap in mode tcp",
    config: tcp({ defaults: "option logasap" }),
    servers: { s1: async (peer) => peer.send(await peer.until("\n")) },
    async client(talk) {
      const client = await talk.connect();
      await talk.logged(1);
      client.send("hello\n");
      await client.until("hello\n");
    },
  },
  {
    name: "option log-separate-errors raises the level",
    config: http({ defaults: "option log-separate-errors\nretries 0", servers: { dead: "" } }),
    client: sends(get("/1")),
  },
  {
    name: "option log-separate-errors and an error status of the server",
    config: http({ defaults: "option log-separate-errors" }),
    servers: { s1: plays("HTTP/1.1 500 Broken\r\nContent-Length: 0\r\n\r\n") },
    client: sends(get("/1")),
  },
  {
    name: "option dontlog-normal: only what went wrong",
    config: http({ defaults: "option dontlog-normal" }),
    servers: { s1: echo },
    client: sends(get("/1"), get("/2"), "BAD\r\n\r\n"),
  },
  {
    name: "option dontlog-normal and an error status of the server",
    config: http({ defaults: "option dontlog-normal" }),
    servers: { s1: plays("HTTP/1.1 500 Broken\r\nContent-Length: 0\r\n\r\n") },
    client: sends(get("/1")),
  },
  {
    name: "log line of a request with quotes, control and eight-bit characters",
    config: http({ frontend: "option accept-invalid-http-request" }),
    servers: { s1: echo },
    client: sends(get('/a"b\\c|d#e%f\xe9'), get("/[x]{y}")),
  },
  {
    name: "log line of a very long target",
    config: http(),
    servers: { s1: echo },
    client: sends(get(`/${"0123456789".repeat(200)}`)),
  },
  {
    name: "log line with len 4000 and a long target",
    config: withLog("len 4000 local0"),
    servers: { s1: echo },
    client: sends(get(`/${"0123456789".repeat(200)}`)),
  },
  {
    name: "log: tune.http.logurilen 100",
    config: http(),
    global: "    tune.http.logurilen 100",
    servers: { s1: echo },
    client: sends(get(`/${"0123456789".repeat(30)}`)),
  },
  {
    name: "log: byte counts of several kinds of response",
    config: http(),
    servers: {
      s1: async (peer) => {
        for (const body of [
          ok("x".repeat(500), "X-A: b"),
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n",
          "HTTP/1.1 204 No Content\r\n\r\n",
          'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\n\r\n',
        ]) {
          await peer.request();
          peer.send(body);
        }
      },
    },
    client: sends(get("/1"), get("/2"), get("/3"), get("/4")),
  },
  {
    name: "log: the process-wide connection count",
    config: http(),
    alone: true,
    servers: { s1: echo },
    async client(talk) {
      const idle = await talk.connect();
      const second = await talk.connect();
      await talk.sleep(20);
      second.send(get("/1"));
      await second.response();
      idle.close();
      await talk.sleep(20);
      second.send(get("/2"));
      await second.response();
    },
  },
  {
    name: "log: counts under concurrent requests",
    config: http(),
    alone: true,
    servers: {
      s1: async (peer) => {
        await peer.request();
        await peer.sleep(150);
        peer.send(ok("done"));
      },
    },
    async client(talk) {
      const clients = [];
      for (let index = 0; index < 3; index++) {
        const client = await talk.connect();
        client.send(get(`/${index}`, "Connection: close"));
        clients.push(client);
        await talk.sleep(20);
      }
      for (const client of clients) await client.response();
    },
  },
  {
    name: "log: upload timers, slow request and slow answer",
    config: http(),
    servers: {
      s1: async (peer) => {
        await peer.request();
        await peer.sleep(120);
        peer.send(ok("slow"));
      },
    },
    async client(talk) {
      const client = await talk.connect();
      await client.drip(["POST /u HTTP/1.1\r\nHost: h\r\n", "Content-Length: 4\r\n\r\n", "ab", "cd"], 100);
      await client.response();
      await silence(client, 40);
    },
  },
  {
    name: "log: HEAD and POST of both versions",
    config: http(),
    servers: { s1: echo },
    client: sends(request("HEAD", "/h"), "POST /p HTTP/1.0\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nhi"),
  },
];
