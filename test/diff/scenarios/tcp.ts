/** Mode tcp: byte relay, half-close, resets, and the tcplog line of each ending. */
import type { ServerScript } from "../../harness/server.ts";
import { silence, tcp } from "../build.ts";
import type { Scenario } from "../scenario.ts";

const big = "0123456789abcdef".repeat(64 * 1024);

const upper: ServerScript = async (peer) => {
  while (true) peer.send((await peer.until("\n", 60_000)).toUpperCase());
};

export const relay: readonly Scenario[] = [
  {
    name: "tcp: lines both ways, client closes",
    config: tcp(),
    servers: { s1: upper },
    async client(talk) {
      const client = await talk.connect();
      for (const word of ["one", "two", "three"]) {
        client.send(`${word}\n`);
        await client.until("\n");
      }
      client.close();
      await talk.logged(1);
    },
    compare: { serverClose: true },
  },
  {
    name: "tcp: the server talks first and closes",
    config: tcp(),
    servers: {
      s1: (peer) => {
        peer.send("220 ready\r\n");
        peer.close();
      },
    },
    async client(talk) {
      const client = await talk.connect();
      await client.closed();
    },
  },
  {
    name: "tcp: client half-closes, the server answers then",
    config: tcp(),
    servers: {
      s1: async (peer) => {
        await peer.closed();
        peer.send(`got ${peer.received.length}`);
        peer.close();
      },
    },
    async client(talk) {
      const client = await talk.connect();
      client.send("some bytes");
      client.shutdown();
      await client.closed();
    },
    compare: { serverClose: true },
  },
  {
    name: "tcp: server half-closes, the client goes on",
    config: tcp(),
    servers: {
      s1: async (peer) => {
        peer.send("last words\n");
        peer.shutdown();
        await peer.until("more\n");
      },
    },
    async client(talk) {
      const client = await talk.connect();
      await client.until("last words\n");
      await client.closed();
      await talk.sleep(50);
      client.send("and more\n");
      await talk.sleep(50);
      client.close();
      await talk.logged(1);
    },
    compare: { serverClose: true },
  },
  {
    name: "tcp: client resets",
    config: tcp(),
    servers: { s1: upper },
    async client(talk) {
      const client = await talk.connect();
      client.send("one\n");
      await client.until("ONE\n");
      client.reset();
      await talk.logged(1);
    },
  },
  {
    name: "tcp: server resets",
    config: tcp(),
    servers: {
      s1: async (peer) => {
        await peer.until("\n");
        peer.reset();
      },
    },
    async client(talk) {
      const client = await talk.connect();
      client.send("one\n");
      await client.closed();
    },
    compare: { clientClose: "closed" },
  },
  {
    name: "tcp: client connects and closes without a byte",
    config: tcp(),
    servers: { s1: upper },
    async client(talk) {
      const client = await talk.connect();
      await talk.sleep(30);
      client.close();
      await talk.logged(1);
    },
  },
  {
    name: "tcp: the same with dontlognull",
    config: tcp({ defaults: "option dontlognull" }),
    servers: { s1: upper },
    async client(talk) {
      const client = await talk.connect();
      await talk.sleep(30);
      client.close();
      const second = await talk.connect();
      second.send("x\n");
      await second.until("\n");
      second.close();
      await talk.logged(1);
    },
  },
  {
    name: "tcp: no server",
    config: tcp({ servers: {} }),
    async client(talk) {
      const client = await talk.connect();
      await client.closed();
    },
  },
  {
    name: "tcp: server refuses, retries 0",
    config: tcp({ servers: { dead: "" }, backend: "retries 0" }),
    async client(talk) {
      const client = await talk.connect();
      await client.closed();
    },
  },
  {
    name: "tcp: server refuses, redispatch",
    config: tcp({ servers: { dead: "", s2: "" }, backend: "retries 1\noption redispatch" }),
    servers: { s2: upper },
    async client(talk) {
      const client = await talk.connect();
      client.send("one\n");
      await client.until("ONE\n");
      client.close();
      await talk.logged(1);
    },
    compare: { timers: 200 },
  },
  {
    name: "tcp: a mebibyte each way",
    config: tcp(),
    servers: {
      s1: async (peer) => {
        peer.send(await peer.bytes(big.length));
        peer.close();
      },
    },
    async client(talk) {
      const client = await talk.connect();
      client.send(big);
      await client.bytes(big.length);
      await client.closed();
    },
  },
  {
    name: "tcp: client that does not read for a while",
    config: tcp(),
    servers: {
      s1: (peer) => {
        peer.send(big.repeat(6));
        peer.close();
      },
    },
    async client(talk) {
      const client = await talk.connect();
      client.pause();
      await talk.sleep(150);
      client.resume();
      await client.bytes(big.length * 6);
      await client.closed();
    },
  },
  {
    name: "tcp: data and end in one segment",
    config: tcp(),
    servers: {
      s1: async (peer) => {
        await peer.until("bye");
        peer.send("bye too");
        peer.close();
      },
    },
    async client(talk) {
      const client = await talk.connect();
      client.send("bye");
      client.shutdown();
      await client.closed();
    },
  },
  {
    name: "tcp: option nolinger on both sides",
    config: tcp({ defaults: "option nolinger" }),
    servers: { s1: upper },
    async client(talk) {
      const client = await talk.connect();
      client.send("one\n");
      await client.until("ONE\n");
      client.close();
      await talk.logged(1);
    },
  },
  {
    name: "tcp: socket options are accepted and change nothing here",
    config: tcp({
      defaults: "option tcpka\noption clitcpka\noption srvtcpka\noption tcp-smart-connect\noption splice-auto",
      frontend: "option tcp-smart-accept",
    }),
    servers: { s1: upper },
    async client(talk) {
      const client = await talk.connect();
      client.send("one\n");
      await client.until("ONE\n");
      client.close();
      await talk.logged(1);
    },
  },
  {
    name: "tcp: queue behind maxconn 1",
    config: tcp({ servers: { s1: "maxconn 1" } }),
    servers: { s1: upper },
    async client(talk) {
      const first = await talk.connect();
      first.send("one\n");
      await first.until("ONE\n");
      const second = await talk.connect();
      second.send("two\n");
      await talk.sleep(100);
      talk.note("the second waits", second.received);
      first.close();
      await second.until("TWO\n");
      second.close();
      await talk.logged(2);
    },
    compare: { timers: 120 },
  },
  {
    name: "tcp: listen section with one port for each of two servers",
    config: `
defaults
    mode tcp
    log 127.0.0.1:{log} local0
    option tcplog
    timeout connect 1s
    timeout client 3s
    timeout server 3s
listen both
    bind 127.0.0.1:{fe}
    balance roundrobin
    server s1 127.0.0.1:{s1}
    server s2 127.0.0.1:{s2}
`,
    servers: { s1: upper, s2: upper },
    async client(talk) {
      for (let index = 0; index < 4; index++) {
        const client = await talk.connect();
        client.send("x\n");
        await client.until("X\n");
        client.close();
        await talk.logged(index + 1);
      }
    },
  },
  {
    name: "tcp: HTTP bytes pass untouched",
    config: tcp(),
    servers: { s1: upper },
    async client(talk) {
      const client = await talk.connect();
      client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
      await silence(client);
      client.close();
      await talk.logged(1);
    },
  },
];
