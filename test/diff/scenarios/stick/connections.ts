/** More than one request on a connection, and servers that fail. */
import { get, http } from "../../build.ts";
import type { Scenario } from "../../scenario.ts";
import { SERVERS, servers, entries, user, STRING } from "./tools.ts";

export const keepAlive: Scenario = {
  name: "stick: each request of a connection",
  config: http({ backend: `${STRING}\nstick on req.hdr(X-User)`, servers: SERVERS }),
  servers,
  async client(talk) {
    const peer = await talk.connect();
    for (const name of ["a", "b", "a", "c", "b"]) {
      peer.send(get("/", `X-User: ${name}`));
      await peer.response();
    }
    peer.close();
    await talk.logged(5);
    talk.note("table", await entries(talk));
  },
};

export const pipelined: Scenario = {
  name: "stick: two requests at once",
  config: http({ backend: `${STRING}\nstick on req.hdr(X-User)`, servers: SERVERS }),
  servers,
  async client(talk) {
    const peer = await talk.connect();
    peer.send(get("/", "X-User: a") + get("/", "X-User: a", "Connection: close"));
    await peer.closed(1500);
    await talk.logged(2);
    talk.note("table", await entries(talk));
  },
};

export const expiry: Scenario = {
  name: "stick: an entry ends, and a match refreshes it",
  config: http({
    backend: "stick-table type string size 10 expire 800ms\nstick on req.hdr(X-User)",
    servers: SERVERS,
  }),
  servers,
  async client(talk) {
    await talk.once(user("a"));
    await talk.sleep(500);
    await talk.once(user("a"));
    await talk.sleep(500);
    await talk.once(user("a"));
    await talk.sleep(1100);
    await talk.once(user("a"));
    await talk.logged(4);
    talk.note("table", await entries(talk));
  },
};

/** s1 refuses connections: nobody listens there. */
function dead(name: string, backend: string): Scenario {
  return {
    name: `stick: ${name}`,
    config: http({ backend, servers: SERVERS }),
    servers: { s2: servers.s2, s3: servers.s3 },
    async client(talk) {
      await talk.command("set table {@be} key a data.server_id 1");
      await talk.once(user("a"));
      await talk.once(user("a"));
      await talk.logged(2);
      talk.note("table", await entries(talk));
    },
  };
}

/** A server that takes the request and closes. */
const silent: Scenario = {
  name: "stick: a server without an answer is not learned",
  config: http({ backend: `${STRING}\nstick on req.hdr(X-User)`, servers: SERVERS }),
  servers: {
    ...servers,
    s1: async (peer) => {
      await peer.request();
      peer.close();
    },
  },
  async client(talk) {
    for (const name of ["a", "b", "c", "a"]) await talk.once(user(name));
    await talk.logged(4);
    talk.note("table", await entries(talk));
  },
};

/** The client leaves before the server has answered. */
const impatient: Scenario = {
  name: "stick: a client that leaves teaches nothing",
  config: http({ backend: `option abortonclose\n${STRING}\nstick on req.hdr(X-User)`, servers: SERVERS }),
  servers: { ...servers, s1: async (peer) => void (await peer.closed(60_000)) },
  compare: { servers: false },
  async client(talk) {
    const peer = await talk.connect();
    peer.send(user("a"));
    await talk.sleep(150);
    talk.note("while it waits", (await entries(talk)).split("\n").slice(1));
    peer.close();
    await talk.logged(1);
    talk.note("table", await entries(talk));
    await talk.once(user("b"));
    await talk.logged(2);
    talk.note("later", await entries(talk));
  },
};

export const failures: readonly Scenario[] = [
  silent,
  impatient,
  dead("a server that refuses, redispatch", `option redispatch\nretries 1\n${STRING}\nstick on req.hdr(X-User)`),
  dead("a server that refuses, redispatch at once", `option redispatch 1\n${STRING}\nstick on req.hdr(X-User)`),
  dead("a server that refuses, no redispatch", `retries 0\n${STRING}\nstick on req.hdr(X-User)`),
  dead(
    "a server that refuses, force-persist",
    `force-persist if TRUE\noption redispatch\nretries 1\n${STRING}\nstick on req.hdr(X-User)`,
  ),
];
