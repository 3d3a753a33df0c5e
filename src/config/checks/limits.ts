import { hasBackend, hasFrontend } from "../draft.ts";
import { type Check, errorAt, title, warnAt } from "./check.ts";

/** Numbers that contradict each other. */
export const checkLimits: Check = ({ global, proxies, diagnostics }) => {
  const rewrite = global.marks.get("tune.maxrewrite");
  // As HAProxy: at most half of a buffer is kept for added headers.
  if (global.maxrewrite >= global.bufsize / 2) {
    const half = Math.floor(global.bufsize / 2);
    if (rewrite !== undefined) {
      warnAt(
        diagnostics,
        rewrite,
        "config/limits",
        `tune.maxrewrite ${global.maxrewrite} is more than half of tune.bufsize: ${half} is used`,
      );
    }
    global.maxrewrite = half;
  }
  for (const proxy of proxies) {
    const { captureCookie } = proxy;
    if (captureCookie === null || captureCookie.len <= global.cookieLen) continue;
    const word = proxy.marks.get("capture cookie len") ?? proxy.nameWord;
    const message = `captured cookies are cut to ${global.cookieLen} bytes, the name included`;
    warnAt(diagnostics, word, "config/cut", message, "tune.http.cookielen sets the limit");
    proxy.captureCookie = { ...captureCookie, len: global.cookieLen };
  }
  for (const proxy of proxies) {
    if (!hasFrontend(proxy) || proxy.disabled || global.maxconn === 0 || proxy.maxconn <= global.maxconn) continue;
    const word = proxy.marks.get("maxconn") ?? proxy.nameWord;
    warnAt(
      diagnostics,
      word,
      "config/limits",
      `maxconn ${proxy.maxconn} of ${title(proxy)} is above the global maxconn ${global.maxconn}`,
    );
  }
};

/** Check rules without the option that puts them to work. */
export const checkUnusedRules: Check = ({ proxies, diagnostics }) => {
  for (const proxy of proxies) {
    if (proxy.disabled || !hasBackend(proxy)) continue;
    const rules = proxy.marks.get("http-check");
    if (rules !== undefined && proxy.check.kind !== "http") {
      warnAt(
        diagnostics,
        rules,
        "config/unused-rules",
        `${title(proxy)} has http-check rules without 'option httpchk': they are ignored`,
      );
    }
    const tcp = proxy.marks.get("tcp-check");
    if (tcp !== undefined && !proxy.marks.has("option tcp-check")) {
      warnAt(
        diagnostics,
        tcp,
        "config/unused-rules",
        `${title(proxy)} has tcp-check rules without 'option tcp-check': they are ignored`,
      );
    }
  }
};

/** `balance`, `dispatch` and `option transparent` are three answers to one question: where does a connection go? */
export const checkDestinations: Check = ({ proxies, diagnostics }) => {
  for (const proxy of proxies) {
    if (proxy.disabled || !hasBackend(proxy)) continue;
    const balanced = proxy.marks.has("balance");
    if (balanced && proxy.options.transparent) {
      const word = proxy.marks.get("option transparent") ?? proxy.nameWord;
      errorAt(
        diagnostics,
        word,
        "config/conflict",
        `${title(proxy)} cannot use both 'option transparent' and 'balance'`,
      );
    }
    if (proxy.dispatch === null) continue;
    const word = proxy.marks.get("dispatch") ?? proxy.nameWord;
    if (balanced) {
      warnAt(diagnostics, word, "config/unused-dispatch", `'dispatch' of ${title(proxy)} is ignored: it has 'balance'`);
      proxy.dispatch = null;
    } else if (proxy.servers.length > 0) {
      const message = `'dispatch' goes before the servers of ${title(proxy)}: they get only what a cookie sends them`;
      warnAt(diagnostics, word, "config/unused-servers", message, "write 'balance' to use the servers");
    }
  }
};
