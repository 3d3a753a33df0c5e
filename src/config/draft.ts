import { noVariableLimits } from "../expr/variables.ts";
import type { ScriptLine } from "./check-script.ts";
import type { Word } from "../lang/line.ts";
import type { Position } from "../lang/position.ts";
import type {
  BindModel,
  ErrorPageModel,
  GlobalModel,
  LogTargetModel,
  OptionName,
  ProxyModel,
  ServerModel,
} from "./model.ts";
import type { ParseEnv } from "./env.ts";
import { DefaultPath } from "./default-path.ts";
import { PLAIN_UNIX_BIND, type UnixBind } from "./keywords/unix-bind.ts";
import { PLAIN_KEEPALIVE, plainServer } from "./plain.ts";
import { type BindTlsDraft, newServerTls, type ServerTlsDraft } from "./tls/draft.ts";
import type { SavedServers } from "./server-state.ts";
import { TlsStore } from "./tls/store.ts";

/** A model under construction: same fields, writable. */
export type Draft<T> = {
  -readonly [K in keyof T]: T[K] extends readonly (infer E)[] ? E[] : T[K];
};

/** Where something was configured, by keyword, for the checks. Never part of the model. */
export type Marks = Map<string, Word>;

export type ProxyKind = ProxyModel["kind"] | "defaults";

/** `section`: waits for the http-errors section of that name, which may stand further down; `before`: what it replaces. */
export type ErrorPageDraft =
  | ErrorPageModel
  | {
      readonly kind: "section";
      readonly name: string;
      readonly word: Word;
      readonly asked: boolean;
      readonly before: ErrorPageDraft | null;
    };

type IgnoredList =
  | "httpRequest"
  | "httpResponse"
  | "httpAfterResponse"
  | "redirects"
  | "useBackend"
  | "useServer"
  | "persistRules"
  | "stickRules"
  | "monitorFail";

export interface ProxyDraft extends Omit<Draft<ProxyModel>, "kind" | "options" | "servers" | "binds" | "errors"> {
  kind: ProxyKind;
  errors: Readonly<Record<number, ErrorPageDraft>>;
  options: Partial<Record<OptionName, true>>;
  servers: ServerDraft[];
  binds: BindDraft[];
  /** What `default-server` has set so far; every later `server` starts from it. */
  defaultServer: ServerDraft;
  /** Where each keyword of this section, or of the defaults it started from, stands. */
  marks: Marks;
  /** The section's name as written. */
  nameWord: Word;
  /** For a defaults section with rules: the side that inherits them. */
  rulesUsedBy: "frontend" | "backend" | null;
  /** Rules that are dropped because of the mode or the kind of the section, and whose errors count nevertheless. */
  readonly ignoredRules: { [List in IgnoredList]?: ProxyModel[List] };
  /** Lines of a backend that HAProxy ignores, and checks all the same. */
  readonly ignored: { readonly binds: BindDraft[]; defaultBackend: Word | null };
  /** `load-server-state-from-file`, and `server-state-file-name`; null = the name of the backend. */
  stateSource: { readonly kind: "global" | "local"; readonly word: Word } | null;
  stateFile: string | null;
  /** `external-check command` and `external-check path`. */
  externalCommand: string;
  externalPath: string;
  /** `httpchk` or another check kind was chosen; http-check rules are kept until then. */
  httpCheck: Extract<ProxyModel["check"], { kind: "http" }>;
  /** The rules of `http-check` and `tcp-check` as they stand, for checks that take more than one request. */
  httpScript: readonly ScriptLine[];
  tcpScript: readonly ScriptLine[];
}

export interface ServerDraft extends Omit<Draft<ServerModel>, "tls"> {
  tls: ServerTlsDraft;
  /** Family the address of the name must have; 0 = either. */
  fqdnFamily: 0 | 4 | 6;
  /** That of a server state file, for `init-addr last`. */
  lastAddress: string | null;
  marks: Marks;
}

export interface BindDraft extends Omit<Draft<BindModel>, "tls"> {
  tls: BindTlsDraft;
  marks: Marks;
  /** The address as written. */
  word: Word;
}

export interface GlobalDraft extends Omit<Draft<GlobalModel>, "cpuMap" | "setenv"> {
  cpuMap: Record<number, readonly number[]>;
  setenv: Record<string, string | null>;
  readonly paths: DefaultPath;
  unixBind: UnixBind;
  /** Longest captured cookie, name included. */
  cookieLen: number;
  serverStateFile: string | null;
  serverStateBase: string | null;
  /** Server state files by path; null = of no use. */
  readonly stateFiles: Map<string, SavedServers | null>;
  /** What TLS needs and has read. */
  tls: TlsStore;
  /** Log targets without a `format`: theirs depends on log-send-hostname, wherever that stands. */
  unformatted: Set<LogTargetModel>;
  marks: Marks;
}

const NOWHERE: Position = { file: "", line: 0, column: 0 };

export function newGlobal(env: ParseEnv): GlobalDraft {
  return {
    maxconn: 0,
    nbthread: env.cpus,
    user: null,
    group: null,
    uid: 0,
    gid: 0,
    chroot: null,
    daemon: false,
    quiet: false,
    pidfile: null,
    node: null,
    description: null,
    ulimitN: 0,
    fdHardLimit: 0,
    strictLimits: true,
    cpuMap: {},
    hardStopAfter: 0,
    grace: 0,
    closeSpread: 0,
    spreadChecks: 0,
    maxSpreadChecks: 0,
    neverSendLocal: false,
    anyPayload: false,
    setuidWanted: false,
    dumpable: false,
    logs: [],
    logTag: "haproxy",
    logSendHostname: null,
    statsSockets: [],
    statsTimeout: 10_000,
    statsMaxconn: 10,
    bufsize: 16384,
    maxrewrite: 1024,
    maxHeaders: 101,
    // HAProxy takes 4, for its threads share a socket. Here each worker has its own, and a row costs one wake-up.
    maxAccept: 32,
    // HAProxy keeps one byte of its default of 1024 for the end of the string; a configured value counts in full.
    logUriLen: 1023,
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
    // HAProxy keeps one byte of its default of 64 for the end of the string.
    cookieLen: 63,
    serverStateFile: null,
    serverStateBase: null,
    stateFiles: new Map(),
    headerCases: {},
    variableLimits: noVariableLimits,
    setVars: [],
    variables: [],
    tlsCapture: 0,
    tlsLifetime: 300,
    tlsMaxRecord: 0,
    maxSslConn: 0,
    maxSslRate: 0,
    maxConnRate: 0,
    maxSessRate: 0,
    compressionLevel: 1,
    compressionMemLevel: 8,
    compressionWindowBits: 15,
    compressionMaxRate: 0,
    compressionMaxCpu: 100,
    compressionMaxMemory: 0,
    paths: new DefaultPath(env),
    unixBind: PLAIN_UNIX_BIND,
    tls: new TlsStore(),
    unformatted: new Set(),
    marks: new Map(),
  };
}

function newServer(): ServerDraft {
  return {
    ...plainServer(NOWHERE, ""),
    initAddr: ["last", "libc"],
    proxyOptions: [],
    proxyTlvs: [],
    tls: newServerTls(),
    fqdnFamily: 0,
    lastAddress: null,
    marks: new Map(),
  };
}

export function newHttpCheck(): ProxyDraft["httpCheck"] {
  return {
    kind: "http",
    method: "OPTIONS",
    uri: "/",
    version: "HTTP/1.0",
    headers: [],
    body: null,
    disableOn404: false,
    sendState: false,
    connectPort: 0,
    expects: [],
  };
}

/** A proxy with HAProxy's built-in defaults. */
export function newProxy(kind: ProxyKind, name: string, nameWord: Word): ProxyDraft {
  return {
    kind,
    name,
    nameWord,
    id: 0,
    forcedId: false,
    at: nameWord.at,
    description: null,
    disabled: false,
    mode: "tcp",
    binds: [],
    maxconn: 0,
    backlog: 0,
    maxSessionSrvConns: 5,
    defaultBackend: null,
    monitorUri: null,
    monitorFail: [],
    rateLimitSessions: 0,
    clientKeepalive: PLAIN_KEEPALIVE,
    smartAccept: null,
    servers: [],
    balance: {
      at: nameWord.at,
      algorithm: { kind: "roundrobin" },
      hash: { method: "map-based", function: "sdbm", avalanche: false },
    },
    fullconn: 0,
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
      client: 0,
      clientFin: 0,
      server: 0,
      serverFin: 0,
      connect: 0,
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
    compression: null,
    stickTable: null,
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
    rulesUsedBy: null,
    ignoredRules: {},
    ignored: { binds: [], defaultBackend: null },
    tcpConnection: [],
    tcpSession: [],
    tcpContent: [],
    tcpResponse: [],
    inspectDelay: 0,
    responseDelay: 0,
    httpRequest: [],
    redirects: [],
    httpResponse: [],
    httpAfterResponse: [],
    useBackend: [],
    useServer: [],
    persistRules: [],
    stickRules: [],
    defaultServer: newServer(),
    marks: new Map(),
    httpScript: [],
    tcpScript: [],
    httpCheck: newHttpCheck(),
    stateSource: null,
    stateFile: null,
    externalCommand: "",
    externalPath: "",
  };
}

export function hasFrontend(proxy: { kind: ProxyKind }): boolean {
  return proxy.kind === "frontend" || proxy.kind === "listen";
}

export function hasBackend(proxy: { kind: ProxyKind }): boolean {
  return proxy.kind === "backend" || proxy.kind === "listen";
}
