import { hasBackend, hasFrontend } from "../draft.ts";
import { eachProxy, title, warnAt } from "./check.ts";

/** Without these timeouts a lost peer holds a connection for ever. */
export const checkTimeouts = eachProxy((proxy, { diagnostics }) => {
  const { timeouts } = proxy;
  const missing: string[] = [];
  if (hasFrontend(proxy) && timeouts.client === 0) missing.push("client");
  if (hasBackend(proxy) && proxy.servers.length > 0) {
    if (timeouts.connect === 0) missing.push("connect");
    if (timeouts.server === 0 && (proxy.mode === "http" || timeouts.tunnel === 0)) missing.push("server");
  }
  if (missing.length === 0) return;
  const list = missing.map((name) => `timeout ${name}`).join(", ");
  warnAt(
    diagnostics,
    proxy.nameWord,
    "config/missing-timeout",
    `${title(proxy)} has no ${list}`,
    "set each of them to more than 0, for instance in a defaults section",
  );
});
