import type { BindDraft, GlobalDraft, ProxyDraft, ServerDraft } from "./draft.ts";
import type { BindModel, GlobalModel, LogTargetModel, Model, ProxyModel, ServerModel } from "./model.ts";
import type { ParseState } from "./sections/section.ts";
import { bindTls, serverTls } from "./tls/finish.ts";
import { asksForTls, finishCheck, judgedCheck } from "./check-script.ts";
import { cacheModel } from "./sections/cache.ts";
import { resolversModel } from "./sections/resolvers.ts";
import { userlistModel } from "./sections/userlist.ts";

/** Numbers what has no number and drops what only the parser needs. */
export function finish(state: ParseState): Model {
  // In HAProxy the proxy of the runtime socket takes the first number, when there is one.
  markForced(state.proxies);
  numberAll(state.proxies, state.global.marks.has("stats") ? 2 : 1);
  for (const proxy of state.proxies) {
    numberAll(proxy.binds, 1);
    markForced(proxy.servers);
    numberAll(proxy.servers, 1);
  }
  return {
    global: globalModel(state.global),
    proxies: state.proxies.map((proxy) => proxyModel(proxy, state.global)),
    patternFiles: {},
    patternHosts: {},
    httpErrors: state.httpErrors.map(({ word, name, pages }) => ({ at: word.at, name, pages })),
    caches: state.caches.map(cacheModel),
    resolvers: state.resolvers.map(resolversModel),
    userlists: state.userlists.map(userlistModel),
    files: [...state.env.files],
    tls: state.global.tls.model(),
  };
}

/** What is compiled to see its errors. */
export interface Judged {
  /** The proxies that run, with the rules that are ignored in their mode. */
  readonly proxies: readonly ProxyModel[];
  /** Disabled proxies, and the defaults sections nothing starts from, whose rules could serve both sides. Their one server is made up. */
  readonly idle: readonly ProxyModel[];
}

export function judgedProxies(state: ParseState, { proxies }: Model): Judged {
  const all = state.proxies.map(({ ignoredRules }, i) => ({
    ...proxies[i]!,
    check: judgedCheck(state.proxies[i]!),
    ...ignoredRules,
  }));
  const disabled = all.flatMap((proxy, i) =>
    proxy.disabled ? [{ ...proxy, servers: [serverModel(state.proxies[i]!.defaultServer, state.global)] }] : [],
  );
  const unused = [...state.unused].map((draft) => ({
    ...proxyModel(draft, state.global),
    check: judgedCheck(draft),
    kind: "listen" as const,
    servers: [serverModel(draft.defaultServer, state.global)],
  }));
  return { proxies: all.filter((proxy) => !proxy.disabled), idle: [...disabled, ...unused] };
}

/** Tells the ids that were written from those given below. */
function markForced(entries: readonly { id: number; forcedId: boolean }[]): void {
  for (const entry of entries) entry.forcedId = entry.id !== 0;
}

/**
 * HAProxy's numbering: a counter that steps with every entry, numbered or not, and skips numbers in use. So behind
 * `id 100` comes 2, not 101.
 */
function numberAll(entries: readonly { id: number }[], first: number): void {
  const used = new Set<number>();
  for (const entry of entries) if (entry.id !== 0) used.add(entry.id);
  let next = first;
  for (const entry of entries) {
    if (entry.id === 0) {
      while (used.has(next)) next++;
      entry.id = next;
      used.add(next);
    }
    next++;
  }
}

function globalModel(draft: GlobalDraft): GlobalModel {
  const {
    marks: _m,
    unformatted: _u,
    tls: _t,
    paths: _p,
    unixBind: _b,
    serverStateFile: _f,
    serverStateBase: _d,
    stateFiles: _s,
    cookieLen: _c,
    ...model
  } = draft;
  return { ...model, logs: logTargets(draft.logs, draft) };
}

/** Without `format`, lines look like rfc3164 when they carry a host name and like "local" otherwise (manual, "log"). */
function logTargets(logs: readonly LogTargetModel[], global: GlobalDraft): LogTargetModel[] {
  if (global.logSendHostname === null) return [...logs];
  return logs.map((log) => (global.unformatted.has(log) ? { ...log, format: "rfc3164" } : log));
}

function proxyModel(draft: ProxyDraft, global: GlobalDraft): ProxyModel {
  const {
    marks: _m,
    nameWord: _n,
    httpCheck: _h,
    httpScript: _hs,
    tcpScript: _ts,
    defaultServer: _d,
    rulesUsedBy: _r,
    ignoredRules: _i,
    ignored: _g,
    stateSource: _s,
    stateFile: _f,
    externalCommand: _c,
    externalPath: _p,
    kind,
    ...rest
  } = draft;
  // Unset, the queue and tarpit timeouts are that of connect, which HAProxy keeps from its early configurations.
  const { timeouts } = draft;
  const check = finishCheck(draft);
  const tlsSteps = asksForTls(check);
  return {
    ...rest,
    check,
    timeouts: {
      ...timeouts,
      queue: timeouts.queue || timeouts.connect,
      tarpit: timeouts.tarpit || timeouts.connect,
    },
    errors: draft.errors as ProxyModel["errors"],
    kind: kind === "defaults" ? "backend" : kind,
    logs: logTargets(draft.logs, global),
    binds: draft.binds.map((bind) => bindModel(bind, global)),
    servers: draft.servers.map((server) => serverModel(server, global, tlsSteps)),
  };
}

function bindModel(draft: BindDraft, { tls: store }: GlobalDraft): BindModel {
  const { marks: _m, word: _w, tls, ...model } = draft;
  return { ...model, tls: bindTls(tls, store) };
}

function serverModel(draft: ServerDraft, { tls: store }: GlobalDraft, tlsSteps = false): ServerModel {
  const { marks: _m, fqdnFamily: _f, lastAddress: _l, tls: _t, ...model } = draft;
  return { ...model, ...serverTls(draft, store, tlsSteps) };
}
