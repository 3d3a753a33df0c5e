/** What goes over TLS. */
import { ok, respond } from "../../../harness/server.ts";
import { echo, get, tcp } from "../../build.ts";
import type { Scenario } from "../../scenario.ts";
import { files, tlsFront, V12, ask } from "./tools.ts";

export const bigBody = "0123456789abcdef".repeat(40_000);

export const traffic: readonly Scenario[] = [
  {
    name: "tls keep-alive, httpslog and tags",
    config: tlsFront("crt {file:main.pem}", {
      defaults: 'log-format "%ft %sslv %sslc %[ssl_fc] %[ssl_fc_sni] %[ssl_bc] %ST %B"',
      frontend: "http-request set-header X-Proto https if { ssl_fc }",
    }),
    files,
    servers: { s1: echo },
    async client(talk) {
      const peer = await talk.connect("fe", { tls: { ...V12, name: "main.test" } });
      for (const path of ["/1", "/2", "/3"]) {
        peer.send(get(path));
        await peer.response();
      }
      await talk.logged(3);
    },
  },
  {
    name: "tls large bodies both ways",
    config: tlsFront("crt {file:main.pem}"),
    files,
    servers: {
      s1: async (peer) => {
        const request = await peer.request(8000);
        peer.send(ok(`${request.length}`.padEnd(bigBody.length, "x"), "X-Len: 1"));
      },
    },
    async client(talk) {
      const peer = await talk.connect("fe", { tls: { name: "main.test" } });
      peer.send(`POST / HTTP/1.1\r\nHost: h\r\nContent-Length: ${bigBody.length}\r\n\r\n${bigBody}`);
      talk.note("length", (await peer.response({ ms: 8000 })).length);
    },
    compare: { logBytes: false, timers: 400 },
  },
  {
    name: "tls answer with connection close arrives whole",
    config: tlsFront("crt {file:main.pem}"),
    files,
    servers: { s1: respond(ok(bigBody)) },
    async client(talk) {
      const peer = await talk.connect("fe", { tls: { name: "main.test" } });
      peer.send(get("/", "Connection: close"));
      await talk.sleep(100);
      await peer.closed(4000);
      talk.note("length", peer.received.length);
    },
    compare: { timers: 400 },
  },
  {
    name: "tls keep-alive timeout",
    config: tlsFront("crt {file:main.pem}", { defaults: "timeout http-keep-alive 200ms" }),
    files,
    servers: { s1: echo },
    async client(talk) {
      const peer = await talk.connect("fe", { tls: { name: "main.test" } });
      peer.send(get("/"));
      await peer.response();
      await peer.closed(2000);
    },
  },
  {
    name: "tls silence after the handshake",
    config: tlsFront("crt {file:main.pem}", { defaults: "timeout http-request 300ms" }),
    files,
    servers: { s1: echo },
    async client(talk) {
      const peer = await talk.connect("fe", { tls: { name: "main.test" } });
      await peer.closed(2000);
      await talk.logged(1);
    },
  },
  {
    name: "tls mode tcp: both directions, client finishes first",
    config: tlsFront("crt {file:main.pem}", {}, tcp),
    files,
    servers: {
      s1: async (peer) => {
        peer.send(`got ${await peer.until("\n")}`);
        await peer.closed(3000);
        peer.send("bye\n");
        peer.close();
      },
    },
    async client(talk) {
      const peer = await talk.connect("fe", { tls: { name: "main.test" } });
      peer.send("hello\n");
      await peer.until("got hello\n");
      peer.close();
      await talk.logged(1);
    },
    compare: { received: false, servers: false, clientClose: "closed" },
  },
  {
    name: "tls mode tcp: server finishes first",
    config: tlsFront("crt {file:main.pem}", {}, tcp),
    files,
    servers: {
      s1: async (peer) => {
        await peer.until("\n");
        peer.send(bigBody);
        peer.close();
      },
    },
    async client(talk) {
      const peer = await talk.connect("fe", { tls: { name: "main.test" } });
      peer.send("hello\n");
      await peer.closed(4000);
      talk.note("length", peer.received.length);
      peer.close();
      await talk.logged(1);
    },
    compare: { logBytes: false, timers: 400 },
  },
  {
    name: "tls sessions are resumed",
    config: tlsFront("crt {file:main.pem}", {
      frontend: "http-request return status 200 content-type text/plain lf-string %[ssl_fc_is_resumed]",
      defaults: 'log-format "%sslv %[ssl_fc_is_resumed] %[ssl_fc_has_crt]"',
    }),
    files,
    servers: { s1: echo },
    async client(talk) {
      const first = await ask(talk, "first", { ...V12, name: "main.test" });
      await ask(talk, "second", { ...V12, name: "main.test", session: first.session });
      const third = await ask(talk, "third", { name: "main.test" });
      await ask(talk, "fourth", { name: "main.test", session: third.session });
      await talk.logged(4);
    },
  },
  {
    name: "tls no-tls-tickets",
    config: tlsFront("crt {file:main.pem} no-tls-tickets", {
      frontend: "http-request return status 200 content-type text/plain string x",
    }),
    files,
    servers: { s1: echo },
    async client(talk) {
      await ask(talk, "first", { name: "main.test" });
    },
  },
];
