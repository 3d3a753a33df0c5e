import { hasFrontend } from "../draft.ts";
import { proxyLogFormat } from "../../expr/logformat/compile.ts";
import type { ProxyModel } from "../model.ts";
import { type Check, eachProxy, title, warnAt } from "./check.ts";

/** A log format without any target has no effect. */
export const checkLogs = eachProxy((proxy, { diagnostics }) => {
  if (!hasFrontend(proxy) || proxy.logs.length > 0 || proxy.logFormat.kind === "default") return;
  const word = proxy.marks.get("log-format") ?? proxy.nameWord;
  warnAt(
    diagnostics,
    word,
    "config/no-log-target",
    `${title(proxy)} has a log format but no 'log' target`,
    "add 'log global' and a 'log' line in the global section",
  );
});

/** Every `log-format` must compile. One that many frontends take from a defaults section is judged once for each mode. */
export const checkLogFormats: Check = ({ proxies, diagnostics }) => {
  const judged = { tcp: new Set<ProxyModel["logFormat"]>(), http: new Set<ProxyModel["logFormat"]>() };
  for (const proxy of proxies) {
    if (!hasFrontend(proxy) || proxy.disabled || judged[proxy.mode].has(proxy.logFormat)) continue;
    judged[proxy.mode].add(proxy.logFormat);
    proxyLogFormat(proxy, { hostname: "", pid: 0 }, diagnostics);
  }
};
