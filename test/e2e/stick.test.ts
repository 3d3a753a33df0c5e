/** Persistence by stick tables in the running program: the same in all workers, over reloads, and when workers are killed. */
import { expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { connect } from "../harness/client.ts";
import { freePort } from "../harness/ports.ts";
import { run } from "../harness/program.ts";
import { type Proxy, tlbCommand } from "../harness/proxy.ts";
import { Scope } from "../harness/scope.ts";
import { ok, respond, startServer } from "../harness/server.ts";
import { becomes, eventually, startServing, workers } from "./tools.ts";

const WORKERS = 3;
const USERS = ["ann", "bob", "cyd", "dan", "eve"];

interface Site {
  readonly proxy: Proxy;
  /** Connections of their own, so that every worker gets some; the servers that answered, without repetitions. */
  visits(user: string, count: number): Promise<string[]>;
}

async function site(scope: Scope): Promise<Site> {
  const port = freePort();
  const lines = ["one", "two", "three"].map(
    (name) => `    server ${name} 127.0.0.1:${startServer(scope, respond(ok(name))).port}`,
  );
  const proxy = await startServing(
    scope,
    `
global
    nbthread ${WORKERS}
defaults
    mode http
    timeout connect 2s
    timeout client 5s
    timeout server 5s
listen web
    bind 127.0.0.1:${port}
    balance random
    stick-table type string len 20 size 1k expire 1h
    stick on req.hdr(x-user)
${lines.join("\n")}
`,
  );
  const visit = async (user: string): Promise<string> => {
    const client = await connect(scope, port);
    client.send(`GET / HTTP/1.1\r\nHost: h\r\nX-User: ${user}\r\nConnection: close\r\n\r\n`);
    const answer = await client.response();
    client.close();
    return answer.slice(answer.indexOf("\r\n\r\n") + 4);
  };
  return {
    proxy,
    async visits(user, count) {
      const first = await visit(user);
      return [...new Set([first, ...(await Promise.all(Array.from({ length: count - 1 }, () => visit(user))))])];
    },
  };
}

/** Keys with the servers they lead to. */
async function entries(proxy: Proxy): Promise<string[]> {
  const lines = (await proxy.runtime("show table web")).split("\n").filter((line) => line.startsWith("0x"));
  return lines.map((line) => line.replace(/^.* key=(\S+) .* server_key=(\S+)$/, "$1 $2")).sort();
}

test("all workers send a client to the same server, before and after reloads and deaths of workers", async () => {
  await using scope = new Scope();
  const { proxy, visits } = await site(scope);
  const homes = new Map<string, string>();
  for (const user of USERS) {
    const servers = await visits(user, 12);
    expect(servers.length).toBe(1);
    homes.set(user, servers[0]!);
  }
  const known = [...homes].map(([user, server]) => `${user} ${server}`);
  const stays = async (): Promise<void> => {
    expect(await entries(proxy)).toEqual(known);
    for (const user of USERS) expect(await visits(user, 6)).toEqual([homes.get(user)!]);
  };
  await stays();

  expect(await proxy.runtime("reload")).not.toContain("rror");
  await stays();

  // What the table stores changes, and a server that had clients moves.
  writeFileSync(proxy.file, readFileSync(proxy.file, "utf8").replace("expire 1h", "expire 2h store gpc0,http_req_cnt"));
  expect(await proxy.runtime("reload")).toContain("Stick table 'web' has new memory: 5 of its entries moved over.");
  await stays();

  for (let round = 0; round < 2; round++) {
    const before = workers(proxy);
    for (const pid of round === 0 ? before.slice(0, 1) : before) process.kill(pid, "SIGKILL");
    await becomes(() => workers(proxy).filter((pid) => !before.includes(pid)).length, round === 0 ? 1 : WORKERS);
    await eventually("they serve", async () => !(await proxy.runtime("show workers")).match(/starting|dead/));
    await stays();
  }
}, 60_000);

test("the runtime API sends clients elsewhere, and forgets them", async () => {
  await using scope = new Scope();
  const { proxy, visits } = await site(scope);
  await visits("ann", 3);
  for (const [id, name] of [
    [1, "one"],
    [2, "two"],
    [3, "three"],
  ] as const) {
    await proxy.runtime("clear table web key ann");
    expect(await entries(proxy)).toEqual([]);
    await proxy.runtime(`set table web key ann data.server_id ${id}`);
    expect(await visits("ann", 6)).toEqual([name]);
  }
  expect(await proxy.runtime("show table")).toBe("# table: web, type: string, size:1024, used:1\n\n");
}, 60_000);

test("a server that is down loses its clients, until it is back for new ones", async () => {
  await using scope = new Scope();
  const { proxy, visits } = await site(scope);
  const [home] = await visits("ann", 6);
  await proxy.runtime(`disable server web/${home}`);
  const [next, ...others] = await visits("ann", 6);
  expect([next === home, others]).toEqual([false, []]);
  await proxy.runtime(`enable server web/${home}`);
  expect(await visits("ann", 6)).toEqual([next!]);
}, 60_000);

test("tlb explain --live knows where a client belongs", async () => {
  await using scope = new Scope();
  const { proxy, visits } = await site(scope);
  const told = async (user: string): Promise<string | null> => {
    const url = `http://127.0.0.1:${/bind 127.0.0.1:(\d+)/.exec(readFileSync(proxy.file, "utf8"))![1]}/`;
    const words = ["explain", "-f", proxy.file, "-S", proxy.socket, "--live", "--json", "-H", `X-User: ${user}`, url];
    const { stdout, stderr } = await run([...tlbCommand(), ...words]);
    expect(stderr).toBe("");
    return (JSON.parse(stdout) as { choice: { server: string | null } }).choice.server;
  };
  for (const user of ["a b", "c=d\\", "\xe4"]) {
    const [home] = await visits(Buffer.from(user, "utf8").toString("latin1"), 2);
    expect([user, await told(user)]).toEqual([user, home!]);
  }
}, 60_000);
