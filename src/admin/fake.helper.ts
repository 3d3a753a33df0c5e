/** A context without a supervisor, for tests: a model built by hand, private counters, and a record of what was asked. */
import type { BindModel, GlobalModel, Model, ProxyModel, ServerModel, StatsSocketModel } from "../config/model.ts";
import { PLAIN_KEEPALIVE, plainBind, plainServer } from "../config/plain.ts";
import { Shared } from "../counters/shared.ts";
import type { AdminContext, Limits, QueryName, WorkerInfo } from "./context.ts";
import type { Table } from "../table/table.ts";
import { initialiseServers } from "./servers.ts";

const at = { file: "test.cfg", line: 1, column: 1 };

export function statsSocket(path: string, level: StatsSocketModel["level"] = "admin"): StatsSocketModel {
  return { at, address: { kind: "unix", path }, level, mode: 0o600, uid: -1, gid: -1, exposeFdListeners: false };
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

/** Servers get the ids 1, 2, … as the parser gives them. */
export function proxy(kind: ProxyModel["kind"], name: string, id: number, more: Partial<ProxyModel> = {}): ProxyModel {
  const base: ProxyModel = {
    kind,
    name,
    id,
    forcedId: false,
    at,
    description: null,
    disabled: false,
    mode: "http",
    binds: [],
    maxconn: 0,
    backlog: 0,
    defaultBackend: null,
    monitorUri: null,
    monitorFail: [],
    rateLimitSessions: 0,
    clientKeepalive: PLAIN_KEEPALIVE,
    servers: [],
    balance: {
      at,
      algorithm: { kind: "roundrobin" },
      hash: { method: "map-based", function: "sdbm", avalanche: false },
    },
    fullconn: 999,
    dynamicCookieKey: null,
    retries: 3,
    redispatch: 0,
    retryOn: ["conn-failure"],
    httpReuse: "safe",
    maxKeepAliveQueue: -1,
    rdpPersist: null,
    dispatch: null,
    source: null,
    check: { kind: "tcp" },
    cookie: null,
    sendNameHeader: null,
    hashBalanceFactor: 0,
    serverKeepalive: PLAIN_KEEPALIVE,
    timeouts: {
      client: 5000,
      clientFin: 0,
      server: 5000,
      serverFin: 0,
      connect: 1000,
      queue: 0,
      tarpit: 0,
      tunnel: 0,
      check: 0,
      httpRequest: 0,
      httpKeepAlive: 0,
    },
    options: {},
    headerNames: "preserve",
    forwardFor: null,
    originalTo: null,
    logs: [],
    logTag: null,
    logFormat: { kind: "default" },
    logFormatSd: null,
    errorLogFormat: null,
    uniqueIdFormat: null,
    uniqueIdHeader: null,
    requestCaptures: [],
    responseCaptures: [],
    captureCookie: null,
    errors: {},
    acls: [],
    defaultsAcls: [],
    httpRequest: [],
    redirects: [],
    httpResponse: [],
    httpAfterResponse: [],
    useBackend: [],
    tcpConnection: [],
    tcpSession: [],
    tcpContent: [],
    tcpResponse: [],
    inspectDelay: 0,
    responseDelay: 0,
    useServer: [],
    persistRules: [],
    stickRules: [],
    compression: null,
    stickTable: null,
    ...more,
  };
  return { ...base, servers: base.servers.map((s, i) => ({ ...s, id: s.id || i + 1 })) };
}

const globals: GlobalModel = {
  maxconn: 0,
  compressionLevel: 1,
  compressionMemLevel: 8,
  compressionWindowBits: 15,
  compressionMaxRate: 0,
  compressionMaxCpu: 100,
  compressionMaxMemory: 0,
  nbthread: 2,
  user: null,
  group: null,
  uid: -1,
  gid: -1,
  chroot: null,
  daemon: false,
  pidfile: null,
  node: null,
  description: null,
  ulimitN: 0,
  fdHardLimit: 0,
  cpuMap: {},
  hardStopAfter: 0,
  spreadChecks: 0,
  logs: [],
  logTag: "tlb",
  logSendHostname: null,
  statsSockets: [],
  statsTimeout: 10_000,
  statsMaxconn: 10,
  bufsize: 16384,
  maxrewrite: 1024,
  maxHeaders: 101,
  maxAccept: 32,
  logUriLen: 1024,
  h2HeaderTableSize: 4096,
  h2InitialWindowSize: 65535,
  h2MaxConcurrentStreams: 100,
  h2MaxFrameSize: 16384,
  h2FrontWindowSize: 0,
  h2BackWindowSize: 0,
  h2FrontStreams: 0,
  h2BackStreams: 0,
  h2FrontTotalStreams: 0,
  rcvbufClient: 0,
  rcvbufServer: 0,
  splice: true,
  pipeSize: 0,
  maxPipes: 0,
  sndbufClient: 0,
  sndbufServer: 0,
  poolLowFdRatio: 20,
  poolHighFdRatio: 25,
  setenv: {},
  serverStateFile: null,
  serverStateBase: null,
  headerCases: {},
  variableLimits: { global: 0, proc: 0, sess: 0, txn: 0, reqres: 0, check: 0 },
  setVars: [],
  variables: [],
  tlsCapture: 0,
  tlsLifetime: 300,
  tlsMaxRecord: 0,
  maxSslConn: 0,
  maxSslRate: 0,
  maxConnRate: 0,
  maxSessRate: 0,
};

export function model(proxies: readonly ProxyModel[], more: Partial<GlobalModel> = {}): Model {
  return {
    global: { ...globals, ...more },
    proxies,
    userlists: [],
    httpErrors: [],
    resolvers: [],
    caches: [],
    patternFiles: {},
    patternHosts: {},
    files: ["test.cfg"],
    tls: { certificates: {}, authorities: {}, revocations: {} },
  };
}

export class FakeContext implements AdminContext {
  tables: readonly Table[] = [];
  stickTables(): readonly Table[] {
    return this.tables;
  }
  cacheStore(): null {
    return null;
  }
  current: Model;
  readonly shared: Shared;
  readonly startedMs: number;
  readonly pid = 4711;
  readonly version = "0.1.0";
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

  constructor(current: Model, workers = 2) {
    this.current = current;
    this.startedMs = Date.now();
    this.shared = Shared.local(4096, workers);
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

  async handSockets(): Promise<void> {}

  drain(): void {
    this.drained = true;
  }

  stop(): void {}

  async query(worker: number | "all", name: QueryName, args: readonly string[]): Promise<readonly string[]> {
    this.asked.push([worker, name, ...args].join(" "));
    return this.answers;
  }

  logEvent(level: number, proxyName: string, text: string): void {
    this.events.push(`${proxyName} <${level}> ${text}`);
  }
}
