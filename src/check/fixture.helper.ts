/** A checker in this process on a configuration text, and servers that behave as told. */
import type { Socket } from "bun";
import type { initialiseServers } from "../admin/servers.ts";
import type { parseText } from "../config/testing.helper.ts";
import type { Model } from "../config/model.ts";
import type { ProcessFacts } from "../expr/context.ts";
import { S, Shared } from "../counters/shared.ts";
import type { LevelName } from "../log/record.ts";
import { Backend } from "../proxy/backend.ts";
import type { Server } from "../proxy/server.ts";
import { clock, tick } from "../util/clock.ts";
import { Wheel } from "../util/wheel.ts";
import { createChecker } from "./checker.ts";
import { Health } from "./health.ts";
import type { Checker } from "./types.ts";

/** What a server does with a connection; `received` is what has come so far. */
export type Script = (socket: Socket<undefined>, received: string) => void;

export interface FakeServer {
  readonly port: number;
  /** What each connection sent, in the order they came. */
  readonly received: string[];
  /** Connections open now, and the most at once. */
  readonly open: number;
  readonly most: number;
  script: Script | null;
  refuse(): void;
  accept(): void;
  [Symbol.dispose](): void;
}

export function fakeServer(script: Script | null = null, tls: Bun.TLSOptions | null = null, greeting = ""): FakeServer {
  const index = new Map<Socket<undefined>, number>();
  const received: string[] = [];
  let most = 0;
  const listen = (port: number) =>
    Bun.listen<undefined>({
      hostname: "127.0.0.1",
      port,
      allowHalfOpen: true,
      ...(tls === null ? {} : { tls }),
      socket: {
        open(socket) {
          index.set(socket, received.push("") - 1);
          most = Math.max(most, index.size);
          if (greeting !== "") socket.write(Buffer.from(greeting, "latin1"));
        },
        data(socket, chunk) {
          const at = index.get(socket)!;
          received[at] += chunk.toString("latin1");
          server.script?.(socket, received[at]!);
        },
        end(socket) {
          socket.end();
        },
        close(socket) {
          index.delete(socket);
        },
        error() {},
      },
    });
  let listener: ReturnType<typeof listen> | null = listen(0);
  const { port } = listener;
  const server: FakeServer = {
    port,
    received,
    script,
    get open() {
      return index.size;
    },
    get most() {
      return most;
    },
    refuse() {
      listener?.stop(true);
      listener = null;
    },
    accept() {
      listener ??= listen(port);
    },
    [Symbol.dispose]() {
      listener?.stop(true);
    },
  };
  return server;
}

/** Answers once the head of the request is there, then closes. */
export function answer(text: string, close = true): Script {
  return (socket, received) => {
    if (!received.includes("\r\n\r\n")) return;
    socket.write(Buffer.from(text, "latin1"));
    if (close) socket.shutdown();
  };
}

export interface Bench {
  readonly shared: Shared;
  readonly backends: readonly Backend[];
  readonly wheel: Wheel;
  /** "alert: Server be/s1 is DOWN…" */
  readonly events: string[];
  /** "be/s1 up" */
  readonly changes: string[];
  server(key: string): Server;
}

export interface CheckBench extends Bench {
  readonly checker: Checker;
  [Symbol.dispose](): void;
}

/** From rows above this one: the test hands them in. */
export interface Rows {
  readonly parseText: typeof parseText;
  readonly initialiseServers: typeof initialiseServers;
  /** Compiles the scripts of checks; absent = there are none. */
  readonly compileScripts?: (model: Model, backends: readonly Backend[]) => void;
}

function objects(
  { parseText, initialiseServers, compileScripts }: Rows,
  text: string,
  shared: Shared,
  slots: Map<string, number>,
) {
  const { model, diagnostics } = parseText(text);
  if (diagnostics.failed) throw new Error(diagnostics.list.map(({ message }) => message).join("\n"));
  const slotOf = (key: string): number => {
    let slot = slots.get(key);
    if (slot === undefined) slots.set(key, (slot = slots.size + 1));
    return slot;
  };
  const known = new Set(slots.keys());
  const proxies = model.proxies.filter(({ kind }) => kind !== "frontend");
  const fresh = proxies.filter(({ name }) => !known.has(`B/${name}`));
  initialiseServers({ shared, slotOf }, fresh, tick());
  const backends = proxies.map((proxy) => new Backend(proxy, slotOf, shared, 0));
  compileScripts?.(model, backends);
  return { model, backends };
}

const NO_PROCESS: ProcessFacts = {
  hostname: "n1",
  worker: 0,
  connections: 0,
  stopping: false,
  env: () => null,
  variables: { get: () => null, set: () => false, unset() {}, clear() {} },
};

function find(backends: readonly Backend[], key: string): Server {
  for (const backend of backends) {
    const found = backend.servers.find((server) => `${backend.name}/${server.name}` === key);
    if (found !== undefined) return found;
  }
  throw new Error(`no server ${key}`);
}

/** The backends of a configuration and a state machine on a clock of the test's own, ms. */
export function healthBench(rows: Rows, text: string, time: { now: number }): Bench & { readonly health: Health } {
  const shared = Shared.local();
  const { backends } = objects(rows, text, shared, new Map());
  const events: string[] = [];
  const changes: string[] = [];
  const health = new Health(
    {
      clock: time,
      event: (_, level: LevelName, line) => events.push(`${level}: ${line}`),
      onStateChange: (server, up) => changes.push(`${server.backend.name}/${server.name} ${up ? "up" : "down"}`),
    },
    backends,
  );
  for (const { servers } of backends) {
    for (const server of servers) {
      shared.setState(server.slot, S.lastChange, Math.floor(time.now / 1000));
    }
  }
  return { shared, backends, wheel: new Wheel(), events, changes, health, server: (key) => find(backends, key) };
}

/** Runs the checks of a configuration for real. `reload` gives it another one. */
export function checkBench(rows: Rows, text: string): CheckBench & { reload(text: string): void } {
  const shared = Shared.local();
  const slots = new Map<string, number>();
  let { model, backends } = objects(rows, text, shared, slots);
  const events: string[] = [];
  const changes: string[] = [];
  const wheel = new Wheel();
  tick();
  const checker = createChecker(backends, model.global, {
    wheel,
    clock,
    process: NO_PROCESS,
    event: (_, level: LevelName, line) => events.push(`${level}: ${line}`),
    onStateChange: (server, up) => changes.push(`${server.backend.name}/${server.name} ${up ? "up" : "down"}`),
  });
  checker.start();
  return {
    shared,
    wheel,
    events,
    changes,
    checker,
    get backends() {
      return backends;
    },
    server: (key) => find(backends, key),
    reload(next) {
      ({ model, backends } = objects(rows, next, shared, slots));
      checker.reconfigure(backends, model.global);
    },
    [Symbol.dispose]() {
      checker.stop();
      wheel.stop();
    },
  };
}

export async function until(met: () => boolean, ms = 2000): Promise<void> {
  const deadline = Date.now() + ms;
  while (!met()) {
    if (Date.now() > deadline) throw new Error("it did not come to that in time");
    await Bun.sleep(4);
  }
}

/** Durations differ from run to run. */
export function masked(line: string): string {
  return line.replace(/check duration: \d+ms/, "check duration: Nms");
}
