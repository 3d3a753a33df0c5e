/** The memory of stick tables in the running program: looked at, and filled, from outside. */
import { expect, test } from "bun:test";
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import type { StickTableModel } from "../../src/config/model.ts";
import { parseText } from "../../src/config/testing.helper.ts";
import { SETS } from "../../src/counters/shared.ts";
import { Holds } from "../../src/table/holds.ts";
import { TableStore } from "../../src/table/store.ts";
import { Table } from "../../src/table/table.ts";
import { connect } from "../harness/client.ts";
import { freePort } from "../harness/ports.ts";
import type { Proxy } from "../harness/proxy.ts";
import { Scope } from "../harness/scope.ts";
import { becomes, startServing, workers } from "./tools.ts";

const WORKERS = 2;

function configuration(port: number, table: string): string {
  return `
global
    nbthread ${WORKERS}
defaults
    mode http
    timeout connect 2s
    timeout client 5s
    timeout server 5s
listen web
    bind 127.0.0.1:${port}
    http-request return status 200
    stick-table ${table}
`;
}

/** The table as the supervisor has it, in this process too. */
function tableOf(proxy: Proxy, config: string): Table {
  const folder = `/proc/${proxy.program.pid}/fd`;
  const fd = readdirSync(folder).find((name) => {
    try {
      return readlinkSync(`${folder}/${name}`).startsWith("/memfd:tlb-table-web");
    } catch {
      return false;
    }
  });
  if (fd === undefined) throw new Error("the supervisor has no such memory");
  const model = parseText(config).model!.proxies[0]!.stickTable as StickTableModel;
  const store = new TableStore(model, WORKERS * SETS, Bun.mmap(`${folder}/${fd}`, { shared: true }));
  const table = new Table(model);
  table.attach({ store, holds: new Holds(store, WORKERS * SETS - 1) });
  return table;
}

async function reload(proxy: Proxy, from: string, to: string): Promise<string> {
  writeFileSync(proxy.file, readFileSync(proxy.file, "utf8").replace(from, to));
  return proxy.runtime("reload");
}

test("entries past their end are swept, those that stay outlive reloads and workers", async () => {
  await using scope = new Scope();
  const config = configuration(freePort(), "type integer size 20k expire 1s store gpc0");
  const proxy = await startServing(scope, config);
  const table = tableOf(proxy, config);
  const now = Date.now();
  for (let key = 0; key < 10_000; key++) table.obtain(key, now);
  expect(table.used).toBe(10_000);
  await becomes(() => table.used, 0);

  expect(await reload(proxy, "expire 1s", "expire 1h")).not.toContain("Stick table");
  const entry = table.obtain(7, Date.now());
  table.add(entry, table.field("gpc0")!, 3, Date.now());
  const [victim] = workers(proxy);
  process.kill(victim!, "SIGKILL");
  await becomes(() => workers(proxy).length === WORKERS && !workers(proxy).includes(victim!), true);
  await Bun.sleep(1500);
  expect(table.used).toBe(1);

  expect(await reload(proxy, "gpc0", "gpt0,gpc(2)")).toContain("Stick table 'web' has new memory: 1 of its entries");
  const wider = tableOf(proxy, configuration(1, "type integer size 20k expire 1h store gpt0,gpc(2)"));
  expect(wider.read(wider.lookup(7, Date.now()), wider.field("gpc0")!, Date.now())).toBe(3);
  expect(await reload(proxy, "integer", "ip")).toContain("Stick table 'web' begins anew: its keys are others now.");
}, 60_000);

test("what a worker tracked that is killed is let go", async () => {
  await using scope = new Scope();
  const port = freePort();
  const store = "store conn_cur,conn_cnt,http_req_cnt";
  const config = `
global
    nbthread ${WORKERS}
defaults
    mode http
    timeout connect 2s
    timeout client 20s
    timeout server 20s
listen web
    bind 127.0.0.1:${port}
    tcp-request connection track-sc0 src
    http-request track-sc1 path,length table kinds
    http-request wait-for-body time 20s
    http-request return status 200
    stick-table type ip size 1k ${store}
backend kinds
    stick-table type integer size 1k ${store}
`;
  const proxy = await startServing(scope, config);
  const table = tableOf(proxy, config);
  const now = Date.now();
  const key = Uint8Array.of(127, 0, 0, 1);
  const read = (name: string): number => {
    const entry = table.lookup(key, now);
    return entry < 0 ? -1 : table.read(entry, table.field(name)!, Date.now());
  };
  // Connections with a request that waits, on all workers.
  const peers = await Promise.all(Array.from({ length: 24 }, () => connect(scope, port)));
  for (const peer of peers) peer.send("POST /abc HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab");
  await becomes(() => [read("conn_cur"), read("http_req_cnt")], [24, 24]);
  expect(table.uses(table.lookup(key, now))).toBe(24);
  for (const pid of workers(proxy)) {
    process.kill(pid, "SIGKILL");
    await becomes(() => workers(proxy).length === WORKERS && !workers(proxy).includes(pid), true);
  }
  await becomes(() => [read("conn_cur"), table.uses(table.lookup(key, now))], [0, 0]);
  expect([read("conn_cnt"), read("http_req_cnt")]).toEqual([24, 24]);
  // They go on as if nothing had been.
  const peer = await connect(scope, port);
  peer.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  await peer.response();
  expect([read("conn_cur"), read("conn_cnt")]).toEqual([1, 25]);
  peer.close();
  await becomes(() => read("conn_cur"), 0);
}, 60_000);

test("what is tracked stays so over a reload", async () => {
  await using scope = new Scope();
  const port = freePort();
  const configOf = (rule: string): string => `
global
    nbthread ${WORKERS}
defaults
    mode http
    timeout connect 2s
    timeout client 20s
    timeout server 20s
listen web
    bind 127.0.0.1:${port}
    tcp-request connection track-sc0 src
    ${rule}
    http-request return status 200 hdr x "%[sc0_conn_cur] %[sc0_conn_cnt] %[sc0_http_req_cnt] %[sc1_http_req_cnt]"
    stick-table type ip size 1k store conn_cur,conn_cnt,http_req_cnt
`;
  const config = configOf("# none");
  const proxy = await startServing(scope, config);
  const table = tableOf(proxy, config);
  const key = Uint8Array.of(127, 0, 0, 1);
  const current = (): number => {
    const entry = table.lookup(key, Date.now());
    return entry < 0 ? -1 : table.read(entry, table.field("conn_cur")!, Date.now());
  };
  const peer = await connect(scope, port);
  const ask = async (): Promise<string> => {
    peer.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    return /\r\nx: (.*)\r\n/.exec(await peer.response())![1]!;
  };
  expect(await ask()).toBe("1 1 1 ");
  await reload(proxy, "# none", "http-request track-sc1 src");
  // The connection goes on with what it tracks, its next request with the new rules.
  expect(await ask()).toBe("2 2 3 3");
  expect(await ask()).toBe("2 3 5 5");
  await becomes(current, 1);
  await reload(proxy, "http-request track-sc1 src", "# none");
  expect(await ask()).toBe("1 3 6 ");
  peer.close();
  await becomes(current, 0);
}, 60_000);
