import type { Args } from "../../lang/args.ts";
import type { ProxyContext } from "../context.ts";
import type { ServerDraft } from "../draft.ts";
import { serverWayRows } from "./server-way.ts";
import { serverProxyRows } from "./server-proxy.ts";
import { takeChoice, takeInteger, takeTime } from "../../lang/values.ts";
import { parseAddress } from "../address.ts";
import { KeywordTable } from "./keyword.ts";
import { takeProto } from "./proto.ts";
import { serverTlsRows } from "./server-tls.ts";
import { takeSource } from "./source.ts";
import { row, type ServerRow } from "./server-row.ts";

export interface ServerContext extends ProxyContext {
  readonly server: ServerDraft;
  /** `default-server` lines have no name and take some parameters not. */
  readonly isDefault: boolean;
}

function flag(name: string, help: string, set: (server: ServerDraft) => void): ServerRow {
  return row(name, "", help, (c) => set(c.server));
}

type NumberField =
  "weight" | "maxconn" | "minconn" | "maxqueue" | "poolMaxConn" | "poolLowConn" | "maxReuse" | "errorLimit";

function count(name: string, field: NumberField, help: string, min = 0, max = 2147483647): ServerRow {
  return row(name, "<count>", help, (c, args) => {
    c.server[field] = takeInteger(args, { min, max, lax: true }) ?? c.server[field];
  });
}

/** Remembers the first word that means something only with `check`, on the server's own line. */
function needsCheck(c: ServerContext, args: Args): void {
  if (!c.isDefault && !c.server.marks.has("check parameter")) c.server.marks.set("check parameter", args.keyword);
}

function check(c: ServerContext, change: Partial<ServerDraft["check"]>): void {
  c.server.check = { ...c.server.check, ...change };
}

function checkTime(name: string, field: "inter" | "fastinter" | "downinter", help: string): ServerRow {
  return row(name, "<time>", help, (c, args) => {
    needsCheck(c, args);
    const value = takeTime(args);
    if (value === null) return;
    if (value === 0) args.error("config/out-of-range", args.words[args.index - 1]!, `'${name}' must be at least 1 ms`);
    else check(c, { [field]: value });
  });
}

function checkCount(name: "rise" | "fall", help: string): ServerRow {
  return row(name, "<count>", help, (c, args) => {
    needsCheck(c, args);
    const value = takeInteger(args, { min: 1, lax: true });
    if (value !== null) check(c, { [name]: value });
  });
}

/** Limits, load and the pool of idle connections. */
const limits: readonly ServerRow[] = [
  count("weight", "weight", "Share of the load relative to the other servers, 0 to 256", 0, 256),
  count("maxconn", "maxconn", "Connections at the same time; more wait in the queue"),
  count("minconn", "minconn", "Lower end of a limit that follows the backend's load up to maxconn"),
  count("maxqueue", "maxqueue", "Longest queue before requests go elsewhere", -1),
  count("pool-max-conn", "poolMaxConn", "Idle connections kept at most; -1 is no limit", -1),
  count("pool-low-conn", "poolLowConn", "Idle connections below which workers do not share them"),
  count("max-reuse", "maxReuse", "Reuses of one connection; -1 is no limit", -1),
  row("pool-purge-delay", "<time>", "How often half of the unused idle connections are closed", (c, args) => {
    c.server.poolPurgeDelay = takeTime(args) ?? c.server.poolPurgeDelay;
  }),
  row("slowstart", "<time>", "How long a returning server takes to reach its full weight", (c, args) => {
    c.server.slowstart = takeTime(args, "ms") ?? c.server.slowstart;
  }),
];

/** Health checks and what follows from them. */
const checks: readonly ServerRow[] = [
  row("check", "", "Check the health of this server", (c, args) => {
    check(c, { enabled: true });
    c.server.marks.set("check", args.keyword);
  }),
  row("no-check", "", "Undo 'check' of default-server", (c) => check(c, { enabled: false })),
  checkTime("inter", "inter", "Time between two checks"),
  checkTime("fastinter", "fastinter", "Time between two checks while the state changes"),
  checkTime("downinter", "downinter", "Time between two checks of a server that is down"),
  checkCount("rise", "Good checks in a row until a server is up"),
  checkCount("fall", "Bad checks in a row until a server is down"),
  row("port", "<port>", "Port the checks go to", (c, args) => {
    const value = takeInteger(args, { max: 65535, lax: true });
    if (value !== null) check(c, { port: value });
  }),
  row("addr", "<address>", "Address the checks go to", parseCheckAddress),
  row("check-proto", "<name>", "Protocol of the checks: h1, h2 or none", (c, args) => {
    const proto = takeProto(args, "server");
    if (proto !== null) check(c, { proto });
  }),
  row("observe", "<what>", "Count errors of live traffic as failed checks", (c, args) => {
    const value = takeChoice(args, ["none", "layer4", "layer7"]);
    if (value === null) return;
    c.server.observe = value;
    c.server.marks.set("observe", args.keyword);
  }),
  row("on-error", "<action>", "What follows when error-limit is reached", (c, args) => {
    c.server.onError = takeChoice(args, ["fastinter", "fail-check", "sudden-death", "mark-down"]) ?? c.server.onError;
  }),
  count("error-limit", "errorLimit", "Errors in a row until on-error acts", 1),
  row("on-marked-down", "<action>", "What happens to sessions when the server goes down", (c, args) => {
    c.server.onMarkedDown = takeChoice(args, ["shutdown-sessions"]) ?? c.server.onMarkedDown;
  }),
  row("on-marked-up", "<action>", "What happens when the server comes back", (c, args) => {
    c.server.onMarkedUp = takeChoice(args, ["shutdown-backup-sessions"]) ?? c.server.onMarkedUp;
  }),
  row("track", "[<backend>/]<server>", "Take the state of another server instead of checking", (c, args) => {
    c.server.track = args.take("a server to follow")?.text ?? null;
    c.server.marks.set("track", args.keyword);
  }),
];

/** Who the server is and how it is reached. */
const identity: readonly ServerRow[] = [
  row("proto", "<name>", "Protocol of all connections: h1, h2 (known beforehand) or none (mode tcp)", (c, args) => {
    const word = args.peek();
    c.server.proto = takeProto(args, "server") ?? c.server.proto;
    if (word !== null) c.server.marks.set("proto", word);
  }),
  row("ws", "auto | h1 | h2", "Protocol of connections for WebSockets", (c, args) => {
    c.server.ws = takeChoice(args, ["auto", "h1", "h2"]) ?? c.server.ws;
  }),
  flag("backup", "Use only when no other server is up", (s) => {
    s.backup = true;
  }),
  flag("no-backup", "Undo 'backup' of default-server", (s) => {
    s.backup = false;
  }),
  flag("disabled", "Start in maintenance", (s) => {
    s.disabled = true;
  }),
  flag("enabled", "Undo 'disabled' of default-server", (s) => {
    s.disabled = false;
  }),
  row("id", "<id>", "Number of the server in statistics", parseId),
  row("cookie", "<value>", "Value of the persistence cookie for this server", (c, args) => {
    c.server.cookie = args.take("a value")?.text ?? null;
    c.server.marks.set("cookie", args.keyword);
  }),
  flag("non-stick", "Stick tables do not learn of it", (s) => {
    s.nonStick = true;
  }),
  flag("stick", "Undo 'non-stick' of default-server", (s) => {
    s.nonStick = false;
  }),
  row("redir", "<prefix>", "Redirect GET and HEAD requests to this prefix", (c, args) => {
    c.server.redir = args.take("a location prefix")?.text ?? null;
    c.server.marks.set("redir", args.keyword);
  }),
  row("init-addr", "<method>[,<method>]*", "How the address of a name is found at start", parseInitAddr),
  row("source", "<address>[:<port>] [interface <name>]", "Local address to connect from", (c, args) => {
    c.server.source = takeSource(c.env, args) ?? c.server.source;
  }),
  row("usesrc", "<address>", "Only behind 'source'", (_, args) => {
    args.error("config/bad-value", args.keyword, "'usesrc' is possible only directly behind 'source <address>'");
    args.next();
  }),
  row("interface", "<name>", "Only behind 'source'", (_, args) => {
    args.error(
      "config/unknown-keyword",
      args.keyword,
      "'interface' is possible only directly behind 'source <address>'",
    );
    args.next();
  }),
  row("tcp-ut", "<time>", "TCP user timeout of server connections", (c, args) => {
    c.server.tcpUserTimeout = takeTime(args) ?? c.server.tcpUserTimeout;
  }),
  flag("tfo", "TCP fast open towards the server", (s) => {
    s.tfo = true;
  }),
  flag("no-tfo", "Undo 'tfo' of default-server", (s) => {
    s.tfo = false;
  }),
];

/** Parameters of `server` and `default-server` (manual section 5.2). */
export const serverParameters = new KeywordTable<ServerContext>("server", [
  limits,
  checks,
  identity,
  serverTlsRows,
  serverProxyRows,
  serverWayRows,
]);

function parseId(c: ServerContext, args: Args): void {
  const id = takeInteger(args, { min: 1, lax: true });
  if (id === null) return;
  const word = args.words[args.index - 1]!;
  if (c.isDefault) {
    args.warn("config/ignored-here", args.keyword, "'id' is ignored in default-server: ids are of one server");
    return;
  }
  const other = c.proxy.servers.find((s) => s.id === id);
  if (other !== undefined) {
    args.error(
      "config/duplicate-id",
      word,
      `id ${id} is already that of server '${other.name}' at line ${other.at.line}`,
    );
    return;
  }
  c.server.id = id;
}

function parseCheckAddress(c: ServerContext, args: Args): void {
  const word = args.take("an address");
  if (word === null) return;
  const parsed = parseAddress(word.text, c.env.variables);
  if (!parsed.ok) {
    args.error("config/bad-address", word, parsed.message);
    return;
  }
  const { host, port } = parsed.value;
  if (host.kind === "ip") check(c, { addr: host.ip });
  else if (host.kind === "any") check(c, { addr: null });
  else if (host.kind === "name") {
    const found = c.env.resolve?.(host.name, host.family) ?? null;
    if (found === null) args.error("config/unresolved-name", word, `'${host.name}' does not resolve to an address`);
    else check(c, { addr: found.ip });
  } else args.error("config/bad-address", word, "checks need an IP address here");
  if (port.kind === "fixed") check(c, { port: port.value });
}

function parseInitAddr(c: ServerContext, args: Args): void {
  const word = args.take("one or more of last, libc, none, <ip>");
  if (word === null) return;
  const methods: ServerDraft["initAddr"] = [];
  for (const text of word.text.split(",")) {
    if (text === "last" || text === "libc" || text === "none") {
      methods.push(text);
      continue;
    }
    const parsed = parseAddress(text);
    if (parsed.ok && parsed.value.host.kind === "ip") methods.push({ ip: parsed.value.host.ip });
    else {
      args.error(
        "config/bad-value",
        word,
        `'init-addr' does not know '${text}'`,
        "one or more of last, libc, none, <ip>",
      );
      return;
    }
  }
  c.server.initAddr = methods;
}
