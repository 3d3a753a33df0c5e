import { algorithmOf } from "../../balance/index.ts";
import { hasBackend, hasFrontend, type ProxyDraft } from "../draft.ts";
import { OPTION_ROWS } from "../keywords/option-sides.ts";
import { eachProxy, errorAt, title, warnAt } from "./check.ts";

/** What needs mode http is dropped with a warning in mode tcp, as HAProxy does; `redir` of a server is an error there. */
export const checkMode = eachProxy((proxy, { diagnostics, proxies }) => {
  if (proxy.mode === "http") return;
  const ignored = (mark: string, what: string) => {
    const word = proxy.marks.get(mark) ?? proxy.nameWord;
    warnAt(diagnostics, word, "config/needs-http", `${what} is ignored for ${title(proxy)}: it needs mode http`);
  };
  if (hasFrontend(proxy)) {
    const { kind } = proxy.logFormat;
    if (kind === "httplog" || kind === "httplog-clf" || kind === "httpslog") {
      const word = proxy.marks.get("log-format") ?? proxy.nameWord;
      const message = `'option ${kind === "httpslog" ? kind : "httplog"}' needs mode http: ${title(proxy)} logs as with 'option tcplog'`;
      warnAt(diagnostics, word, "config/needs-http", message);
      proxy.logFormat = { kind: "tcplog" };
    }
    if (proxy.monitorUri !== null) {
      ignored("monitor-uri", "'monitor-uri'");
      proxy.monitorUri = null;
    }
  }
  if (proxy.captureCookie !== null) {
    ignored("capture cookie", "'capture cookie'");
    proxy.captureCookie = null;
  }
  const upgrades = becomesHttp(proxy, proxies);
  for (const [mark, list] of RULES) {
    if (upgrades || proxy[list].length === 0) continue;
    ignored(mark, `'${mark}'`);
    // Their errors count nevertheless.
    proxy.ignoredRules[list] = proxy[list];
    proxy[list] = [];
  }
  if (proxy.compression !== null) {
    // Often in defaults sections, where HAProxy says nothing either.
    if (proxy.marks.has("own compression")) ignored("own compression", "'compression'");
    proxy.compression = null;
  }
  if (proxy.forwardFor !== null) {
    ignored("option forwardfor", "'option forwardfor'");
    proxy.forwardFor = null;
  }
  if (proxy.originalTo !== null) {
    ignored("option originalto", "'option originalto'");
    proxy.originalTo = null;
  }
  for (const row of OPTION_ROWS) {
    if (!row.http || !proxy.options[row.name] || CONNECTION_MODES.has(row.name)) continue;
    ignored(`option ${row.name}`, `'option ${row.name}'`);
    delete proxy.options[row.name];
  }
  if (!hasBackend(proxy)) return;
  if (proxy.source?.usesrc?.kind === "header") {
    const word = proxy.marks.get("source") ?? proxy.nameWord;
    const message = `${title(proxy)} has no header to take the source address from: 'usesrc hdr_ip' needs mode http`;
    warnAt(diagnostics, word, "config/needs-http", message);
  }
  if (proxy.cookie !== null) {
    ignored("cookie", "'cookie'");
    proxy.cookie = null;
  }
  const { name, http } = algorithmOf(proxy.balance);
  if (http) {
    const word = proxy.marks.get("balance") ?? proxy.nameWord;
    warnAt(
      diagnostics,
      word,
      "config/needs-http",
      `'balance ${name}' needs mode http: ${title(proxy)} uses roundrobin`,
    );
    proxy.balance = { ...proxy.balance, algorithm: { kind: "roundrobin" } };
  }
  for (const server of proxy.servers) {
    const word = server.marks.get("name") ?? proxy.nameWord;
    if (server.redir !== null) {
      errorAt(
        diagnostics,
        server.marks.get("redir") ?? word,
        "config/needs-http",
        `'redir' of server '${server.name}' needs mode http`,
      );
    }
    if (server.cookie !== null) {
      warnAt(
        diagnostics,
        server.marks.get("cookie") ?? word,
        "config/needs-http",
        `the cookie of server '${server.name}' is ignored: it needs mode http`,
      );
      server.cookie = null;
    }
    if (server.observe === "layer7") {
      const message = `'observe layer7' of server '${server.name}' is ignored: it needs mode http`;
      warnAt(diagnostics, server.marks.get("observe") ?? word, "config/needs-http", message);
      server.observe = "none";
    }
  }
});

/** Whether sessions of a frontend in mode tcp may turn to HTTP: by `switch-mode`, or a backend of mode http. Its rules apply from then on. */
function becomesHttp(proxy: ProxyDraft, proxies: readonly ProxyDraft[]): boolean {
  if (!hasFrontend(proxy)) return false;
  if (proxy.tcpContent.some(({ action }) => action.kind === "switch-mode")) return true;
  const names = [proxy.defaultBackend, ...proxy.useBackend.map(({ backend }) => backend.text)];
  return proxies.some(
    (target) =>
      hasBackend(target) &&
      target.mode === "http" &&
      // A percent sign makes it a log format, which may lead anywhere.
      names.some((name) => name !== null && (name === target.name || name.includes("%"))),
  );
}

const RULES = [
  ["http-request", "httpRequest"],
  ["http-response", "httpResponse"],
  ["http-after-response", "httpAfterResponse"],
  ["redirect", "redirects"],
] as const;

/** Common in defaults sections; HAProxy says nothing about them in mode tcp. */
const CONNECTION_MODES: ReadonlySet<string> = new Set(["http-keep-alive", "http-server-close", "httpclose"]);
