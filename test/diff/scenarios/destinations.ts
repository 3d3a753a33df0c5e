/** Where requests go beside balancing: dispatch, transparent, redir of servers, http-send-name-header, prefer-last-server. */
import { ok, respond } from "../../harness/server.ts";
import { echo, get, http, post, request, silence, tcp } from "../build.ts";
import type { Scenario } from "../scenario.ts";

const named = (name: string) => respond((text, index) => ok(text.startsWith("HEAD") ? "" : `${name} ${index}`));

function asks(...texts: string[]): Scenario["client"] {
  return async (talk) => {
    const client = await talk.connect();
    for (const text of texts) {
      client.send(text);
      await silence(client);
    }
    await talk.logged(1);
  };
}

export const destinations: readonly Scenario[] = [
  {
    name: "dispatch: two requests of one client",
    config: http({ servers: {}, backend: "dispatch 127.0.0.1:{one}" }),
    servers: { one: named("one") },
    client: asks(get("/1"), get("/2")),
  },
  {
    name: "dispatch: nobody there",
    config: http({ servers: {}, backend: "dispatch 127.0.0.1:{one}\nretries 1\ntimeout connect 300ms" }),
    client: asks(get("/1")),
  },
  {
    name: "dispatch: a cookie leads to a server",
    config: http({ servers: { s1: "cookie one" }, backend: "dispatch 127.0.0.1:{other}\ncookie SRV insert" }),
    servers: { s1: named("one"), other: named("other") },
    client: asks(get("/1", "Cookie: SRV=one", "Connection: close")),
  },
  {
    name: "dispatch: no cookie leads nowhere else",
    config: http({ servers: { s1: "cookie one" }, backend: "dispatch 127.0.0.1:{other}\ncookie SRV insert" }),
    servers: { s1: named("one"), other: named("other") },
    client: asks(get("/1", "Connection: close")),
  },
  {
    name: "dispatch: tcp",
    config: tcp({ servers: {}, backend: "dispatch 127.0.0.1:{one}" }),
    servers: {
      one: async (peer) => {
        await peer.until("hi");
        peer.send("ho");
        peer.close();
      },
    },
    async client(talk) {
      const client = await talk.connect();
      client.send("hi");
      await client.closed(1000);
      client.close();
      await talk.logged(1);
    },
  },
  ...(["GET", "HEAD", "POST"] as const).map((method): Scenario => ({
    name: `redir of a server: ${method}`,
    config: http({ servers: { s1: "redir http://img.test/cdn" } }),
    servers: { s1: echo },
    client: asks(method === "POST" ? post("/a/b?c=d", "x") : request(method, "/a/b?c=d")),
  })),
  {
    name: "redir of a server: absolute target, then another request",
    config: http({ servers: { s1: "redir https://img.test" } }),
    servers: { s1: echo },
    client: asks(get("http://example.test/x/y?z"), get("/2")),
  },
  {
    name: "redir of a server: target without a path",
    config: http({ servers: { s1: "redir https://img.test" } }),
    servers: { s1: echo },
    client: asks(get("http://example.test")),
  },
  {
    name: "http-send-name-header",
    config: http({ servers: { s1: "", s2: "" }, backend: "http-send-name-header X-Server\noption forwardfor" }),
    servers: { s1: named("one"), s2: named("two") },
    client: asks(get("/1", "x-server: forged", "X-Server: twice"), get("/2")),
  },
  {
    name: "http-send-name-header: with redispatch and close",
    config: http({
      servers: { gone: "", s2: "" },
      backend: "http-send-name-header X-Server\noption httpclose\noption redispatch 1",
    }),
    servers: { s2: named("two") },
    client: asks(get("/1", "X-Other: 1")),
  },
  ...(["never", "safe"] as const).flatMap((reuse) =>
    ["option prefer-last-server", "no option prefer-last-server"].map((option): Scenario => ({
      name: `http-reuse ${reuse}, ${option}`,
      config: http({ servers: { s1: "", s2: "" }, backend: `http-reuse ${reuse}\n${option}` }),
      servers: { s1: named("one"), s2: named("two") },
      client: asks(get("/1"), get("/2"), get("/3"), get("/4")),
      // Which idle connection dies first is the business of the pools.
      compare: { servers: false },
    })),
  ),
  {
    name: "option transparent: the address the client asked for is the proxy's own",
    config: http({ servers: { s1: "cookie one" }, backend: "option transparent\ncookie SRV insert" }),
    servers: { s1: named("one") },
    client: asks(get("/1", "Cookie: SRV=one", "Connection: close")),
  },
];
