/**
 * A worker whose runtime only answers `200` with its number, its process and the generation it runs. The name of a frontend makes
 * it misbehave: "refuse" is refused, "die" ends the process while it prepares. `GET /count/TABLE/KEY` counts in an entry of a stick
 * table with keys of type string, `GET /track/TABLE/KEY` holds one for ever.
 */
import type { TCPSocketListener } from "bun";
import { Shared, L, LIVE_WIDTH } from "../../src/counters/shared.ts";
import { C, COLUMNS } from "../../src/counters/columns.ts";
import { mapSegment } from "../../src/counters/segment.ts";
import { dup } from "../../src/ffi/file.ts";
import { listen } from "../../src/ffi/socket.ts";
import { runWorker } from "../../src/worker/control.ts";
import type { Snapshot } from "../../src/worker/protocol.ts";
import { WorkerTables } from "../../src/worker/tables.ts";
import { Tables } from "../../src/table/tables.ts";

let shared: Shared | null = null;
let prepared: Snapshot | null = null;
let running: Snapshot | null = null;
let open = 0;
let idle: (() => void) | null = null;
const memories = new WorkerTables();
let tables: Tables | null = null;
let preparedTables: Tables | null = null;
const listeners = new Map<string, TCPSocketListener>();

if (process.env.TLB_TEST_WORKER === "die") process.exit(3);
if (process.env.TLB_TEST_WORKER === "hang") await new Promise((resolve) => setTimeout(resolve, 60_000));

const handlers: Bun.SocketHandler = {
  open() {
    count(1);
  },
  data(socket, chunk) {
    const text = chunk.toString();
    if (text.startsWith("GET /die ")) process.kill(process.pid, "SIGKILL");
    if (text.startsWith("GET /hang ")) return;
    const [, what, name = "", key = ""] = /^GET \/(count|track)\/(\w+)\/(\w+) /.exec(text) ?? [];
    if (what !== undefined) {
      const table = tables!.get(name)!;
      const now = Date.now();
      if (what === "track") table.track(key, now);
      else table.add(table.obtain(key, now), table.field("gpc0")!, 1, now);
    }
    const { uid, gid } = { uid: process.getuid!(), gid: process.getgid!() };
    const body = `${running!.worker} ${process.pid} ${running!.generation} ${uid} ${gid} ${shared!.live[liveCell()]}`;
    socket.write(`HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    socket.shutdown();
  },
  close() {
    count(-1);
    if (open === 0) idle?.();
  },
};

function liveCell(): number {
  return running!.slots["F/web"]! * LIVE_WIDTH + L.live;
}

function count(by: number): void {
  open += by;
  Atomics.add(shared!.live, liveCell(), by);
  shared!.slabs[running!.worker]![running!.slots["F/web"]! * COLUMNS + C.ownLive]! += by;
}

function adopt(snapshot: Snapshot): void {
  for (const { key, fd, backlog } of snapshot.listeners) {
    if (listeners.has(key)) continue;
    const options = { fd: dup(fd), allowHalfOpen: true, socket: handlers };
    listeners.set(key, Bun.listen(options as unknown as Bun.TCPSocketListenOptions));
    listen(fd, backlog);
  }
  const wanted = new Set(snapshot.listeners.map(({ key }) => key));
  for (const [key, listener] of listeners) {
    if (wanted.has(key)) continue;
    listener.stop();
    listeners.delete(key);
  }
}

await runWorker({
  prepare(snapshot) {
    shared ??= new Shared(mapSegment(snapshot.segment));
    if (snapshot.model.proxies.some(({ name }) => name === "die")) process.exit(9);
    const refused = snapshot.model.proxies.find(({ name }) => name === "refuse");
    if (refused)
      return [{ code: "test/no", severity: "error", at: refused.at, endColumn: 0, message: "no such thing" }];
    prepared = snapshot;
    preparedTables = new Tables(snapshot.model);
    memories.prepare(snapshot, preparedTables);
    return [];
  },
  commit() {
    running = prepared;
    tables = preparedTables;
    memories.commit();
    adopt(running!);
  },
  abort() {
    prepared = null;
  },
  apply() {},
  leaving() {},
  async drain() {
    for (const listener of listeners.values()) listener.stop();
    if (open === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    idle = resolve;
    await promise;
  },
  stop() {},
  query: (name, args) => `${name} ${args.join(" ")}`,
});
