import { hasBackend, hasFrontend } from "../draft.ts";
import type { ProxyDraft } from "../draft.ts";
import { suggest } from "../../lang/suggest.ts";
import type { Word } from "../../lang/line.ts";
import type { ParseState } from "../sections/section.ts";
import { eachProxy, errorAt, title, warnAt } from "./check.ts";

/** Rules that may choose a backend or answer. */
function hasRules(proxy: ProxyDraft): boolean {
  return proxy.useBackend.length + proxy.httpRequest.length + proxy.redirects.length + proxy.tcpContent.length > 0;
}

/** Every frontend must lead somewhere, and to a backend that speaks its mode. */
export const checkBackends = eachProxy((proxy, state) => {
  if (!hasFrontend(proxy)) {
    const { defaultBackend: ignored } = proxy.ignored;
    if (ignored !== null) judgeDefault(proxy, ignored.text, ignored, state);
    return;
  }
  const { diagnostics } = state;
  const { defaultBackend } = proxy;
  if (defaultBackend === null) {
    const served =
      hasRules(proxy) ||
      (hasBackend(proxy) && (proxy.servers.length > 0 || proxy.dispatch !== null || proxy.options.transparent));
    const rule = proxy.tcpContent.find(({ action }) => action.kind === "switch-mode");
    if (rule !== undefined && proxy.mode === "tcp" && proxy.servers.length > 0 && proxy.useBackend.length === 0) {
      const message = `what 'switch-mode' makes requests has no backend: the servers of ${title(proxy)} are in mode tcp`;
      diagnostics.warn("config/no-backend", rule.at, message, { hint: "add a default_backend in mode http" });
    }
    if (served || (proxy.mode === "http" && proxy.monitorUri !== null)) return;
    const why = hasBackend(proxy) ? "has neither servers nor a default_backend" : "has no default_backend";
    warnAt(
      diagnostics,
      proxy.nameWord,
      "config/no-backend",
      `${title(proxy)} ${why}: nothing can be answered but errors`,
    );
    return;
  }
  const word = proxy.marks.get("default_backend") ?? proxy.nameWord;
  const target = judgeDefault(proxy, defaultBackend, word, state);
  if (target !== null && hasBackend(proxy) && proxy.servers.length > 0) {
    const message = `the servers of ${title(proxy)} are never used: its default_backend goes first`;
    warnAt(diagnostics, word, "config/unused-servers", message);
  }
});

/** The backend a `default_backend` names; null after an error. A line that is ignored is judged as well. */
function judgeDefault(
  proxy: ProxyDraft,
  defaultBackend: string,
  word: Word,
  { proxies, diagnostics }: ParseState,
): ProxyDraft | null {
  const target = proxies.find((p) => hasBackend(p) && p.name === defaultBackend);
  if (target === undefined) {
    const near = suggest(
      defaultBackend,
      proxies.filter(hasBackend).map((p) => p.name),
    );
    const hint = near === null ? undefined : `did you mean '${near}'?`;
    errorAt(
      diagnostics,
      word,
      "config/unknown-backend",
      `there is no backend '${defaultBackend}' for ${title(proxy)}`,
      hint,
    );
    return null;
  }
  if (target === proxy) {
    const message = `${title(proxy)} is its own default_backend`;
    errorAt(diagnostics, word, "config/loop", message, "leave the line out: its servers are used anyway");
    return null;
  }
  // From mode tcp to mode http the connection is upgraded (manual, section 4, "mode").
  if (proxy.mode === target.mode || proxy.mode === "tcp") return target;
  const message = `${title(proxy)} is in mode http, its default_backend '${target.name}' (line ${target.at.line}) in mode tcp`;
  errorAt(diagnostics, word, "config/mode-mismatch", message, "give both the same mode");
  return null;
}

/** A `use_backend` with a fixed name must lead to a backend of its mode; names made at run time fall through. */
export const checkUseBackend = eachProxy((proxy, { proxies, diagnostics }) => {
  for (const { backend } of [...proxy.useBackend, ...(proxy.ignoredRules.useBackend ?? [])]) {
    const { text, at, endColumn } = backend;
    // A percent sign makes it a log format.
    if (text.includes("%")) continue;
    const target = proxies.find((p) => hasBackend(p) && p.name === text);
    if (target === undefined) {
      const near = suggest(
        text,
        proxies.filter(hasBackend).map((p) => p.name),
      );
      const hint = near === null ? {} : { hint: `did you mean '${near}'?` };
      const message = `there is no backend '${text}' for ${title(proxy)}`;
      diagnostics.error("config/unknown-backend", at, message, { endColumn, ...hint });
    } else if (target === proxy) {
      const message = `${title(proxy)} sends requests to itself`;
      diagnostics.error("config/loop", at, message, { endColumn, hint: "its servers are used when no rule applies" });
    } else if (target.mode !== proxy.mode && proxy.mode === "http") {
      const message = `${title(proxy)} is in mode ${proxy.mode}, the backend '${text}' (line ${target.at.line}) in mode ${target.mode}`;
      diagnostics.error("config/mode-mismatch", at, message, { endColumn, hint: "give both the same mode" });
    }
  }
});

/** A `use-server` with a fixed name must name a server of its backend. */
export const checkUseServer = eachProxy((proxy, { diagnostics }) => {
  for (const { server } of proxy.useServer) {
    const { text, at, endColumn } = server;
    if (text.includes("%") || proxy.servers.some(({ name }) => name === text)) continue;
    const near = suggest(
      text,
      proxy.servers.map(({ name }) => name),
    );
    const hint = near === null ? {} : { hint: `did you mean '${near}'?` };
    const message = `there is no server '${text}' in ${title(proxy)}`;
    diagnostics.error("config/unknown-server", at, message, { endColumn, ...hint });
  }
});
