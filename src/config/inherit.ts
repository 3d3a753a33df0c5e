import type { Word } from "../lang/line.ts";
import { newProxy, type ProxyDraft, type ProxyKind, type ServerDraft } from "./draft.ts";
import { FRONTEND_OPTIONS, BACKEND_OPTIONS } from "./keywords/option-sides.ts";
import type { OptionName, RuleModel } from "./model.ts";
import { copySettings } from "./tls/draft.ts";

/** Marks that say "written in this very section". */
const OWN_MARKS = /^(?:own |http-check|tcp-check|id$)/;

/**
 * A new section that starts from `base` (manual section 4: the last `defaults`, or the one named by `from`). Values of
 * the side a section lacks are dropped: a backend keeps no `maxconn`, a frontend no `balance`. A `defaults … from …`
 * keeps everything.
 */
export function inherit(base: ProxyDraft | null, kind: ProxyKind, name: string, nameWord: Word): ProxyDraft {
  const proxy = newProxy(kind, name, nameWord);
  if (base === null) return proxy;
  const front = kind !== "backend";
  const back = kind !== "frontend";

  proxy.disabled = base.disabled;
  proxy.mode = base.mode;
  proxy.logs = [...base.logs];
  proxy.logTag = base.logTag;
  proxy.errors = base.errors;
  proxy.headerNames = base.headerNames;
  proxy.forwardFor = base.forwardFor;
  proxy.originalTo = base.originalTo;
  proxy.compression = base.compression;
  proxy.options = {};
  for (const option of Object.keys(base.options) as OptionName[]) {
    // A request in the tarpit of a frontend knows no backend yet: what defaults say about clients that leave counts there.
    if ((front && (FRONTEND_OPTIONS.has(option) || option === "abortonclose")) || (back && BACKEND_OPTIONS.has(option)))
      proxy.options[option] = true;
  }
  const t = base.timeouts;
  proxy.timeouts = {
    client: front ? t.client : 0,
    clientFin: front ? t.clientFin : 0,
    server: back ? t.server : 0,
    serverFin: back ? t.serverFin : 0,
    connect: back ? t.connect : 0,
    queue: back ? t.queue : 0,
    tarpit: t.tarpit,
    tunnel: back ? t.tunnel : 0,
    check: back ? t.check : 0,
    httpRequest: t.httpRequest,
    httpKeepAlive: t.httpKeepAlive,
  };
  proxy.inspectDelay = base.inspectDelay;
  if (back) proxy.responseDelay = base.responseDelay;
  const own = (rules: readonly RuleModel[]): RuleModel[] => rules.map((rule) => ({ ...rule, inherited: true }));
  proxy.defaultsAcls = base.acls;
  proxy.tcpContent = own(base.tcpContent);
  proxy.httpRequest = own(base.httpRequest);
  proxy.httpResponse = own(base.httpResponse);
  proxy.httpAfterResponse = own(base.httpAfterResponse);
  if (front) {
    proxy.tcpConnection = own(base.tcpConnection);
    proxy.tcpSession = own(base.tcpSession);
    proxy.logFormat = base.logFormat;
    proxy.logFormatSd = base.logFormatSd;
    proxy.errorLogFormat = base.errorLogFormat;
    proxy.uniqueIdFormat = base.uniqueIdFormat;
    proxy.uniqueIdHeader = base.uniqueIdHeader;
    proxy.requestCaptures = [...base.requestCaptures];
    proxy.maxconn = base.maxconn;
    proxy.backlog = base.backlog;
    proxy.maxSessionSrvConns = base.maxSessionSrvConns;
    proxy.defaultBackend = base.defaultBackend;
    proxy.monitorUri = base.monitorUri;
    proxy.rateLimitSessions = base.rateLimitSessions;
    proxy.clientKeepalive = base.clientKeepalive;
    proxy.smartAccept = base.smartAccept;
  }
  if (back) {
    proxy.tcpResponse = own(base.tcpResponse);
    proxy.balance = base.balance;
    proxy.hashBalanceFactor = base.hashBalanceFactor;
    proxy.serverKeepalive = base.serverKeepalive;
    proxy.fullconn = base.fullconn;
    proxy.retries = base.retries;
    proxy.redispatch = base.redispatch;
    proxy.retryOn = [...base.retryOn];
    proxy.httpReuse = base.httpReuse;
    proxy.maxKeepAliveQueue = base.maxKeepAliveQueue;
    proxy.rdpPersist = base.rdpPersist;
    proxy.source = base.source;
    proxy.stateSource = base.stateSource;
    proxy.stateFile = base.stateFile;
    proxy.externalCommand = base.externalCommand;
    proxy.externalPath = base.externalPath;
    proxy.check = base.check;
    proxy.httpCheck = base.httpCheck;
    proxy.httpScript = base.httpScript;
    proxy.tcpScript = base.tcpScript;
    proxy.cookie = base.cookie;
    proxy.dynamicCookieKey = base.dynamicCookieKey;
    proxy.sendNameHeader = base.sendNameHeader;
    proxy.defaultServer = copyServer(base.defaultServer);
  }
  for (const [keyword, word] of base.marks) if (!OWN_MARKS.test(keyword)) proxy.marks.set(keyword, word);
  return proxy;
}

export function copyServer(server: ServerDraft): ServerDraft {
  const { tls, initAddr, marks } = server;
  return {
    ...server,
    initAddr: [...initAddr],
    marks: new Map(marks),
    tls: { ...tls, settings: copySettings(tls.settings) },
  };
}

type Lists =
  "tcpConnection" | "tcpSession" | "tcpContent" | "tcpResponse" | "httpRequest" | "httpResponse" | "httpAfterResponse";
const LISTS: readonly Lists[] = [
  "tcpConnection",
  "tcpSession",
  "tcpContent",
  "tcpResponse",
  "httpRequest",
  "httpResponse",
  "httpAfterResponse",
];

/** Why a section of this kind cannot start from a defaults section with rules (manual, section 4); null = it can. Notes who uses it. */
export function inheritProblem(base: ProxyDraft, kind: ProxyKind): string | null {
  if (LISTS.every((list) => base[list].length === 0)) return null;
  const named = `the defaults section '${base.name}' (line ${base.at.line}), which holds rules`;
  if (kind === "defaults" || kind === "listen") return `a ${kind} section cannot start from ${named}`;
  if (kind === "backend" && base.tcpConnection.length + base.tcpSession.length > 0) {
    return `a backend cannot start from ${named} about connections or sessions`;
  }
  if (kind === "backend" && base.requestCaptures.length > 0) return `a backend cannot start from ${named} that capture`;
  if (kind === "frontend" && base.tcpResponse.length > 0)
    return `a frontend cannot start from ${named} about responses`;
  base.rulesUsedBy ??= kind;
  return base.rulesUsedBy === kind ? null : `frontends and backends cannot both start from ${named}`;
}

/** The section without its rules, to go on with after a complaint about them. */
export function withoutRules(base: ProxyDraft): ProxyDraft {
  const out = { ...base, acls: [] };
  for (const list of LISTS) out[list] = [];
  return out;
}
