import type { Word } from "../lang/line.ts";
import { newProxy, type ProxyDraft, type ProxyKind, type ServerDraft } from "./draft.ts";
import { FRONTEND_OPTIONS, BACKEND_OPTIONS } from "./keywords/option-sides.ts";
import type { OptionName } from "./model.ts";
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
  proxy.options = {};
  for (const option of Object.keys(base.options) as OptionName[]) {
    if ((front && FRONTEND_OPTIONS.has(option)) || (back && BACKEND_OPTIONS.has(option))) proxy.options[option] = true;
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
  if (front) {
    proxy.logFormat = base.logFormat;
    proxy.logFormatSd = base.logFormatSd;
    proxy.errorLogFormat = base.errorLogFormat;
    proxy.uniqueIdFormat = base.uniqueIdFormat;
    proxy.uniqueIdHeader = base.uniqueIdHeader;
    proxy.maxconn = base.maxconn;
    proxy.backlog = base.backlog;
    proxy.defaultBackend = base.defaultBackend;
    proxy.monitorUri = base.monitorUri;
    proxy.monitorFail = base.monitorFail;
    proxy.rateLimitSessions = base.rateLimitSessions;
  }
  if (back) {
    proxy.balance = base.balance;
    proxy.hashBalanceFactor = base.hashBalanceFactor;
    proxy.fullconn = base.fullconn;
    proxy.retries = base.retries;
    proxy.redispatch = base.redispatch;
    proxy.retryOn = [...base.retryOn];
    proxy.httpReuse = base.httpReuse;
    proxy.maxKeepAliveQueue = base.maxKeepAliveQueue;
    proxy.source = base.source;
    proxy.check = base.check;
    proxy.httpCheck = base.httpCheck;
    proxy.cookie = base.cookie;
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
