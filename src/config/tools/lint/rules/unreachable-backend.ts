import { enabled, hasBack, hasFront, type LintInput, type LintRule, named } from "../rule.ts";
import { rulesetsOf, textsOf } from "../terms.ts";

/** A name made at run time, as what it may become: `%[…]` and `%tag` stand for anything. */
export function namePattern(text: string): RegExp {
  const parts = text.split(/%(?:\{[^}]*\})?(?:\[[^\]]*\]|[A-Za-z]+)/);
  return new RegExp(`^${parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join(".*")}$`, "s");
}

/** Whether some frontend may send traffic there, by any name it can make. */
function reachable(input: LintInput): (name: string) => boolean {
  const names = new Set<string>();
  const patterns: RegExp[] = [];
  for (const { proxy } of enabled(input)) {
    if (!hasFront(proxy)) continue;
    if (proxy.defaultBackend !== null) names.add(proxy.defaultBackend);
    for (const { backend } of proxy.useBackend) {
      if (backend.text.includes("%")) patterns.push(namePattern(backend.text));
      else names.add(backend.text);
    }
  }
  // What other places name may be a stick table, a health state or a tracked server: such a backend has a purpose.
  const mentioned: string[] = [];
  for (const { proxy } of enabled(input)) {
    for (const server of proxy.servers) if (server.track?.includes("/")) names.add(server.track.split("/")[0]!);
    mentioned.push(...textsOf(proxy).map(({ text }) => text));
  }
  const words = new Set(mentioned.flatMap((text) => text.split(/[^A-Za-z0-9_.:-]+/)));
  return (name) => names.has(name) || words.has(name) || patterns.some((pattern) => pattern.test(name));
}

export const unreachableBackend: LintRule = {
  code: "lint/unreachable-backend",
  severity: "warning",
  title: "a backend that no frontend can reach",
  explanation:
    "No default_backend and no use_backend names it, no name made at run time (use_backend %[…]) could become its name, and nothing refers to its " +
    "servers or tables. Its servers are checked, but never get a request. Remove it, or write the use_backend that was forgotten.",
  bad: `frontend web
    bind :80
    default_backend app
backend app
    server s1 192.0.2.1:80
backend api
    server s1 192.0.2.2:80`,
  good: `frontend web
    bind :80
    use_backend api if { path_beg /api/ }
    default_backend app
backend app
    server s1 192.0.2.1:80
backend api
    server s1 192.0.2.2:80`,
  run(input, report) {
    const listening = [...enabled(input)].some(({ proxy }) => hasFront(proxy));
    // A file of backends alone is one of several.
    if (!listening) return;
    const reached = reachable(input);
    for (const { proxy, draft } of enabled(input)) {
      if (!hasBack(proxy) || proxy.kind === "listen") continue;
      const serves = proxy.servers.length > 0 || proxy.dispatch !== null || rulesetsOf(proxy).length > 0;
      if (!serves || reached(proxy.name)) continue;
      const { at, endColumn } = draft.nameWord;
      report(at, `${named(proxy)} is never used: no frontend leads to it`, { endColumn });
    }
  },
};
