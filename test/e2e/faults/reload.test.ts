/** The system refuses what a reload, or a worker that starts, needs: nothing changes, the answer says why, and the next one succeeds. */
import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "bun:test";
import { connect } from "../../harness/client.ts";
import { freePort } from "../../harness/ports.ts";
import { which } from "../../harness/program.ts";
import { type Proxy, startTlb } from "../../harness/proxy.ts";
import { Scope } from "../../harness/scope.ts";
import { becomes, descriptors, info, workers } from "../tools.ts";
import { canInject, inject } from "./inject.ts";

interface Setup {
  readonly proxy: Proxy;
  /** Adds sections to the configuration file. */
  write(more: string): void;
  /** Status of an answer on the port of the first configuration, or of the frontend that `bind` adds. */
  ask(which: "first" | "second"): Promise<string>;
  readonly bind: string;
}

async function setUp(scope: Scope): Promise<Setup> {
  const ports = { first: freePort(), second: freePort() };
  const frontend = (name: string, port: number): string =>
    `frontend ${name}\n    bind 127.0.0.1:${port}\n    http-request return status 200\n`;
  const proxy = await startTlb(
    scope,
    `global
    nbthread 2
defaults
    mode http
    timeout client 5s
${frontend("one", ports.first)}`,
  );
  await info(proxy, "Pid");
  const first = readFileSync(proxy.file, "latin1");
  return {
    proxy,
    bind: frontend("two", ports.second),
    write: (more) => writeFileSync(proxy.file, first + more),
    async ask(name) {
      const client = await connect(scope, ports[name]);
      client.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
      const answer = await client.response();
      client.close();
      return answer.slice(9, 12);
    },
  };
}

const TABLE = "backend t\n    stick-table type ip size 10k expire 60s store http_req_cnt\n";
const CACHE = "cache c\n    total-max-size 4\n    max-age 60\n";
const MEMORY = "cannot create the memory of the";

const refusals: readonly (readonly [rule: string, of: "supervisor" | "worker", adds: string, says: string])[] = [
  ["memfd_create:error=ENOMEM", "supervisor", TABLE, `${MEMORY} stick table 't' (Cannot allocate memory)`],
  ["memfd_create:error=EMFILE", "supervisor", CACHE, `${MEMORY} cache 'c' (Too many open files)`],
  ["ftruncate:error=ENOMEM", "supervisor", TABLE, `${MEMORY} stick table 't' (Cannot allocate memory)`],
  ["openat:error=EMFILE", "supervisor", "bind", "Too many open files"],
  ["socket:error=ENFILE", "supervisor", "bind", "cannot create receiving socket (Too many open files in system)"],
  ["bind:error=EADDRINUSE", "supervisor", "bind", "cannot bind socket (Address already in use)"],
  ["listen:error=EADDRINUSE", "supervisor", "bind", "cannot listen to socket (Address already in use)"],
  ["sendmsg:error=EAGAIN:when=1", "supervisor", "bind", "cannot send descriptors (Resource temporarily unavailable)"],
  ["mmap:error=ENOMEM", "worker", TABLE, "worker 0 : cannot map"],
];

test.skipIf(!canInject())(
  "a reload that lacks something is refused as a whole",
  async () => {
    await using scope = new Scope();
    const { proxy, write, ask, bind } = await setUp(scope);
    const { pid } = proxy.program;
    const before = workers(proxy);
    for (const [rule, of, adds, says] of refusals) {
      const open = [pid, ...before].map(descriptors);
      write(adds === "bind" ? bind : adds);
      const injection = await inject(scope, of === "supervisor" ? pid : before[0]!, [rule]);
      const answer = await proxy.runtime("reload");
      await injection.stop();
      expect({ rule, answer }).toEqual({ rule, answer: expect.stringContaining("nothing was changed") });
      expect(answer).toContain(says);
      expect([await ask("first"), await ask("first")]).toEqual(["200", "200"]);
      await becomes(() => [pid, ...before].every((one, i) => descriptors(one) <= open[i]!), true);
    }
    expect(workers(proxy)).toEqual(before);
    // Nobody is out of step.
    write(bind + TABLE + CACHE);
    expect(await proxy.runtime("reload")).toStartWith("ok");
    for (let i = 0; i < 8; i++) expect([await ask("first"), await ask("second")]).toEqual(["200", "200"]);
    expect(proxy.program.stderr()).toBe("");
  },
  30_000,
);

test.skipIf(which("prlimit") === null)(
  "a worker with a full table of descriptors refuses, and gets the right ones next time",
  async () => {
    await using scope = new Scope();
    const { proxy, write, ask, bind } = await setUp(scope);
    const [pid] = workers(proxy) as [number];
    const limit = (most: number): void => {
      expect(Bun.spawnSync(["prlimit", "--pid", String(pid), `--nofile=${most}:`]).exitCode).toBe(0);
    };
    limit(descriptors(pid));
    write(TABLE + CACHE + bind);
    expect(await proxy.runtime("reload")).toContain("cannot receive descriptors (Too many open files)");
    limit(1024);
    expect(await ask("first")).toBe("200");
    write(bind);
    expect(await proxy.runtime("reload")).toStartWith("ok");
    for (let i = 0; i < 8; i++) expect([await ask("first"), await ask("second")]).toEqual(["200", "200"]);
    expect(workers(proxy)).toContain(pid);
  },
  20_000,
);

test.skipIf(!canInject())(
  "a worker that cannot be reached is replaced; one that cannot be started is tried again",
  async () => {
    await using scope = new Scope();
    const { proxy, write, ask, bind } = await setUp(scope);
    const before = workers(proxy);
    // What the supervisor says does not arrive: Bun gives the channel up.
    const deaf = await inject(scope, before[0]!, ["recvmsg:error=ENOMEM:when=1"]);
    write(bind);
    const answer = proxy.runtime("reload");
    await becomes(() => deaf.count(), 1);
    await deaf.stop();
    expect(await answer).toContain("nothing was changed");
    await becomes(() => proxy.program.stderr().match(/runs again/g)?.length ?? 0, 1);
    const fork = await inject(scope, proxy.program.pid, ["vfork:error=EAGAIN:when=1"]);
    process.kill(before[1]!, "SIGKILL");
    await becomes(
      () => proxy.program.stderr().includes("cannot start a worker: Resource temporarily unavailable"),
      true,
    );
    await becomes(() => proxy.program.stderr().match(/runs again/g)?.length ?? 0, 2);
    await fork.stop();
    expect(await proxy.runtime("reload")).toStartWith("ok");
    for (let i = 0; i < 8; i++) expect([await ask("first"), await ask("second")]).toEqual(["200", "200"]);
    expect(workers(proxy).filter((pid) => !before.includes(pid)).length).toBe(2);
  },
  30_000,
);
