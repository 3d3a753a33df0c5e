/** What is refused before it is a session, or before it gets to a server, is counted as HAProxy counts it, and leaves nothing behind. */
import { expect, test } from "bun:test";
import { connect } from "../harness/client.ts";
import { freePort } from "../harness/ports.ts";
import { haproxyPath, type Proxy, startHaproxy } from "../harness/proxy.ts";
import { Scope } from "../harness/scope.ts";
import { startServer } from "../harness/server.ts";
import { becomes, startServing, stats } from "./tools.ts";

const COLUMNS = ["scur", "stot", "conn_tot", "dcon", "dses", "dreq", "dresp", "ereq", "req_tot"];

/** Frontends by what they refuse. */
const frontends: Readonly<Record<string, { readonly lines: string; readonly args?: string; readonly send?: string }>> =
  {
    connection: { lines: "tcp-request connection reject" },
    session: { lines: "tcp-request session reject" },
    content: { lines: "tcp-request content reject" },
    silent: { lines: "tcp-request connection silent-drop" },
    header: { lines: "", args: "accept-proxy", send: "nothing of that kind\n" },
    behind: {
      lines: "tcp-request session reject",
      args: "accept-proxy",
      send: "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n",
    },
    wanted: {
      lines: "tcp-request inspect-delay 100ms\n tcp-request content reject if { req.len gt 3 }",
      send: "abcdef",
    },
    passes: { lines: "tcp-request content accept", send: "hello" },
    response: { lines: "default_backend refuses", send: "hello" },
  };

async function counted(scope: Scope, start: typeof startServing): Promise<Record<string, Record<string, string>>> {
  const server = startServer(scope, (peer) => {
    peer.send("hi");
    peer.close();
  });
  const ports = new Map(Object.keys(frontends).map((name) => [name, freePort()]));
  const sections = Object.entries(frontends).map(
    ([name, { lines, args = "" }]) => `
frontend ${name}
 bind 127.0.0.1:${ports.get(name)} ${args}
 default_backend serves
 ${lines}`,
  );
  const proxy: Proxy = await start(
    scope,
    `
defaults
 mode tcp
 timeout client 1s
 timeout server 1s
 timeout connect 1s
 ${sections.join("\n")}
backend serves
 server s 127.0.0.1:${server.port}
backend refuses
 tcp-response inspect-delay 1s
 tcp-response content reject if { res.len gt 0 }
 server s 127.0.0.1:${server.port}
`,
  );
  for (const [name, { send }] of Object.entries(frontends)) {
    for (let i = 0; i < 2; i++) {
      const client = await connect(scope, ports.get(name)!).catch(() => null);
      if (client === null) continue;
      if (send !== undefined) client.send(send);
      await client.closed(name === "silent" ? 50 : 3000).catch(() => {});
      client.reset();
    }
  }
  const live = async (): Promise<number> => {
    let total = 0;
    for (const row of (await stats(proxy)).values()) total += Number(row["scur"] || 0);
    return total;
  };
  await becomes(live, 0);
  const out: Record<string, Record<string, string>> = {};
  for (const [key, row] of await stats(proxy)) {
    if (!/^[a-z]+\/(FRONTEND|BACKEND|s)$/.test(key)) continue;
    out[key] = Object.fromEntries(COLUMNS.map((column) => [column, row[column] ?? ""]));
  }
  await proxy.program.stop();
  return out;
}

test.skipIf(haproxyPath === null)(
  "denied connections, sessions, requests and responses are counted as in HAProxy",
  async () => {
    await using scope = new Scope();
    const theirs = await counted(scope, startHaproxy);
    const ours = await counted(scope, startServing);
    expect(Object.keys(theirs).length).toBeGreaterThan(10);
    expect(ours).toEqual(theirs);
  },
  60_000,
);
