/** A context without a supervisor, for tests: a model built by hand, private counters, and a record of what was asked. */
import type { BindModel, GlobalModel, Model, ProxyModel, ServerModel, StatsSocketModel } from "../config/model.ts";
import { plainSocket } from "../config/keywords/stats-socket.ts";
import { plainBind, plainServer } from "../config/plain.ts";
import { parseText } from "../config/testing.helper.ts";
import { Shared } from "../counters/shared.ts";
import type { AdminContext, Limits, QueryName, WorkerInfo } from "./context.ts";
import type { DynamicCookie, PatternChange } from "../expr/changes.ts";
import { configuredCookie } from "../server/dynamic-cookie.ts";
import { PatternStore } from "../expr/acl/store.ts";
import type { Table } from "../table/table.ts";
import { initialiseServers } from "./servers.ts";

const at = { file: "test.cfg", line: 1, column: 1 };

export function statsSocket(path: string, level: StatsSocketModel["level"] = "admin"): StatsSocketModel {
  return { at, address: { kind: "unix", path }, level, mode: 0o600, uid: -1, gid: -1, ...plainSocket };
}

const local = (port: number) => ({ kind: "ip", family: 4, ip: "127.0.0.1", port }) as const;

export function server(name: string, port: number, more: Partial<ServerModel> = {}): ServerModel {
  return {
    ...plainServer(at, name),
    addressText: `127.0.0.1:${port}`,
    address: local(port),
    port: { kind: "fixed", value: port },
    initAddr: [],
    ...more,
  };
}

export function checked(more: Partial<ServerModel["check"]> = {}): Pick<ServerModel, "check"> {
  return { check: { ...plainServer(at, "").check, enabled: true, ...more } };
}

export function bind(port: number, id: number, more: Partial<BindModel> = {}): BindModel {
  return { ...plainBind(at, local(port)), id, ...more };
}

/** What the parser makes of a file that says no more than it must. */
const plain = parseText(`global
 nbthread 2
 log-tag tlb
defaults
 mode http
 timeout client 5s
 timeout server 5s
 timeout connect 1s
listen plain
 bind 127.0.0.1:1
`).model;

/** Servers get the ids 1, 2, … as the parser gives them. */
export function proxy(kind: ProxyModel["kind"], name: string, id: number, more: Partial<ProxyModel> = {}): ProxyModel {
  const base: ProxyModel = { ...plain.proxies[0]!, kind, name, id, at, binds: [], fullconn: 999, ...more };
  return { ...base, servers: base.servers.map((s, i) => ({ ...s, id: s.id || i + 1 })) };
}

export function model(proxies: readonly ProxyModel[], more: Partial<GlobalModel> = {}): Model {
  return {
    global: { ...plain.global, ...more },
    proxies,
    userlists: [],
    httpErrors: [],
    resolvers: [],
    caches: [],
    patternFiles: {},
    patternHosts: {},
    files: ["test.cfg"],
    tls: { certificates: {}, authorities: {}, revocations: {}, crtLists: {} },
  };
}

export class FakeContext implements AdminContext {
  tables: readonly Table[] = [];
  stickTables(): readonly Table[] {
    return this.tables;
  }
  store = new PatternStore(() => "");
  readonly told: PatternChange[] = [];
  async patterns(): Promise<PatternStore> {
    return this.store;
  }
  async changePatterns(changes: readonly PatternChange[]): Promise<void> {
    this.told.push(...changes);
  }
  cacheStore(): null {
    return null;
  }
  current: Model;
  readonly shared: Shared;
  readonly startedMs: number;
  readonly pid = 4711;
  readonly version = "0.1.0";
  readonly product = "tlb";
  readonly releaseDate = "2026/11/21";
  readonly node = "node1";
  stopping = false;
  queries: ReadonlySet<QueryName> = new Set();
  maxconn = 9982;
  hardMaxconn = 9982;
  readonly events: string[] = [];
  readonly asked: string[] = [];
  answers: readonly string[] = [""];
  reloadResult = { ok: true, text: "" };
  drained = false;
  private readonly slots = new Map<string, number>();

  constructor(current: Model) {
    this.current = current;
    this.startedMs = Date.now();
    this.shared = Shared.local(4096, 2);
    initialiseServers(this, current.proxies, this.startedMs);
  }

  model(): Model {
    return this.current;
  }

  slotOf(key: string): number {
    let slot = this.slots.get(key);
    if (slot === undefined) {
      slot = this.slots.size + 1;
      this.slots.set(key, slot);
    }
    return slot;
  }

  limits(): Limits {
    return {
      maxconn: this.maxconn,
      hardMaxconn: this.hardMaxconn,
      ulimitN: 19999,
    };
  }

  workers(): readonly WorkerInfo[] {
    return this.shared.slabs.map((_, index) => ({
      index,
      pid: 5000 + index,
      startedMs: this.startedMs,
      restarts: 0,
      state: "running",
    }));
  }

  async upgrade(): Promise<{ ok: boolean; text: string }> {
    return this.reloadResult;
  }

  async reload(): Promise<{ ok: boolean; text: string }> {
    return this.reloadResult;
  }

  reloads(): { done: number; failed: number } {
    return { done: 3, failed: 1 };
  }

  async handSockets(): Promise<void> {}

  drain(): void {
    this.drained = true;
  }

  stop(): void {}

  readonly cookies = new Map<string, DynamicCookie>();
  dynamicCookie(of: ProxyModel): DynamicCookie {
    return this.cookies.get(of.name) ?? configuredCookie(of);
  }
  async setDynamicCookie(of: ProxyModel, wanted: DynamicCookie): Promise<void> {
    this.cookies.set(of.name, wanted);
  }

  startupLog(): readonly string[] {
    return ["[WARNING]  (4711) : config : a warning"];
  }

  async settle(): Promise<void> {}

  async setFrontend(name: string, state: "run" | "pause" | "stop"): Promise<null> {
    this.asked.push(`frontend ${name} ${state}`);
    return null;
  }

  async query(worker: number | "all", name: QueryName, args: readonly string[]): Promise<readonly string[]> {
    this.asked.push([worker, name, ...args].join(" "));
    return this.answers;
  }

  logEvent(level: number, proxyName: string, text: string): void {
    this.events.push(`${proxyName} <${level}> ${text}`);
  }
}
