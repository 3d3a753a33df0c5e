/** Sessions and tunnels where for a long time only one side talks, or does not read: whose timeout ends them, if any. */
import type { Peer } from "../../harness/peer.ts";
import type { ServerScript } from "../../harness/server.ts";
import { get, http, switching, tcp, upgradeFields } from "../build.ts";
import type { Scenario } from "../scenario.ts";

const STEPS = 8;
const STEP_MS = 100;
const SHORT = 600;
/** More than the kernel holds on the way. */
const flood = "0123456789abcdef".repeat(1024 * 1024);

async function drip(peer: Peer): Promise<void> {
  for (let i = 0; i < STEPS; i++) {
    peer.send("x");
    await peer.sleep(STEP_MS);
  }
}

const both = `timeout client ${SHORT}ms\ntimeout server ${SHORT}ms`;
const clientOnly = `timeout client ${SHORT}ms\ntimeout server 1800ms`;
const serverOnly = `timeout client 1800ms\ntimeout server ${SHORT}ms`;

const dripServer: ServerScript = async (peer) => {
  await drip(peer);
  peer.close();
};
const drain: ServerScript = async (peer) => {
  await peer.bytes(STEPS, 5000);
  peer.send("done");
  peer.close();
};
const pour: ServerScript = (peer) => {
  peer.send(flood);
};
const deaf: ServerScript = (peer) => {
  peer.pause();
};

const upgrade = get("/ws", ...upgradeFields);

/** The script behind an upgrade. */
function upgraded(script: ServerScript): ServerScript {
  return async (peer, nth) => {
    await peer.until("\r\n\r\n");
    peer.send(switching());
    await script(peer, nth);
  };
}

interface Case {
  readonly name: string;
  readonly timeouts: string;
  readonly server: ServerScript;
  readonly client: (client: Peer) => Promise<unknown>;
  /** Bytes on the way when it ends depend on the kernel. */
  readonly cut?: true;
}

const cases: readonly Case[] = [
  { name: "only the server talks", timeouts: both, server: dripServer, client: (client) => client.bytes(STEPS, 5000) },
  {
    name: "only the client talks",
    timeouts: both,
    server: drain,
    async client(client) {
      await drip(client);
      await client.until("done");
    },
  },
  {
    name: "the client does not read, its timeout is the shorter one",
    timeouts: clientOnly,
    server: pour,
    client: async (client) => client.pause(),
    cut: true,
  },
  {
    name: "the client does not read, the server's timeout is the shorter one",
    timeouts: serverOnly,
    server: pour,
    client: async (client) => client.pause(),
    cut: true,
  },
  {
    name: "the server does not read, its timeout is the shorter one",
    timeouts: serverOnly,
    server: deaf,
    client: async (client) => client.send(flood),
    cut: true,
  },
  {
    name: "the server does not read, the client's timeout is the shorter one",
    timeouts: clientOnly,
    server: deaf,
    client: async (client) => client.send(flood),
    cut: true,
  },
  {
    name: "the client has finished and does not read",
    timeouts: both,
    server: pour,
    async client(client) {
      client.pause();
      client.shutdown();
    },
    cut: true,
  },
  {
    name: "the server has finished and does not read",
    timeouts: both,
    server: (peer) => {
      peer.pause();
      peer.shutdown();
    },
    client: async (client) => client.send(flood),
    cut: true,
  },
];

const cutCompare = { servers: false, received: false, clientClose: "closed", logBytes: false, timers: 150 } as const;

export const oneWay: readonly Scenario[] = cases.flatMap(({ name, timeouts, server, client: script, cut }) => {
  const compare: Scenario["compare"] = cut === true ? cutCompare : {};
  return [
    {
      name: `one way, tcp: ${name}`,
      config: tcp({ defaults: timeouts }),
      servers: { s1: server },
      async client(talk) {
        await script(await talk.connect());
        await talk.logged(1);
      },
      compare,
    },
    {
      name: `one way, tunnel: ${name}`,
      config: http({ defaults: timeouts }),
      servers: { s1: upgraded(server) },
      async client(talk) {
        const client = await talk.connect();
        client.send(upgrade);
        await client.until("\r\n\r\n");
        await script(client);
        await talk.logged(1);
      },
      compare,
    },
  ] satisfies Scenario[];
});
