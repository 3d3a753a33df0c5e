import { enabled, hasBack, type LintRule } from "../rule.ts";

export const serverWithoutCheck: LintRule = {
  code: "lint/server-without-check",
  severity: "warning",
  title: "a server among several that is never checked",
  explanation:
    "Without 'check' (or 'track', or an agent) a server counts as up for ever: when it dies, its share of the requests fails although other servers " +
    "could take them. A backend with one server only is not reported, since there is nowhere else to go.",
  bad: `frontend web
    bind :80
    default_backend app
backend app
    server s1 192.0.2.1:80 check
    server s2 192.0.2.2:80`,
  good: `frontend web
    bind :80
    default_backend app
backend app
    server s1 192.0.2.1:80 check
    server s2 192.0.2.2:80 check`,
  run(input, report) {
    for (const { proxy, draft } of enabled(input)) {
      if (!hasBack(proxy) || proxy.servers.length < 2) continue;
      const blind = proxy.servers.filter(
        (server) =>
          !server.check.enabled &&
          server.track === null &&
          !server.disabled &&
          server.redir === null &&
          !watchedByAgent(server),
      );
      const first = blind[0];
      if (first === undefined) continue;
      const word = draft.servers[proxy.servers.indexOf(first)]!.marks.get("name");
      const others = blind.length === 1 ? "" : ` (nor ${listed(blind.slice(1).map(({ name }) => name))})`;
      const message = `server '${first.name}' has no 'check'${others}: it gets requests even when it is dead`;
      report(word?.at ?? first.at, message, { ...(word && { endColumn: word.endColumn }), hint: "add 'check'" });
    }
  },
};

/** At most three names, and how many more there are. */
function listed(names: readonly string[]): string {
  const shown = names.slice(0, 3).map((name) => `'${name}'`);
  const more = names.length - shown.length;
  return more === 0 ? shown.join(", ") : `${shown.join(", ")} and ${more} more`;
}

/** An agent decides about the server: `agent-check`, however the model calls it. */
function watchedByAgent(server: object): boolean {
  const { agent } = server as { agent?: { enabled?: boolean } | null };
  return agent?.enabled === true;
}
