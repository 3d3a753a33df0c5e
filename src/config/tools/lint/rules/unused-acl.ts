import type { TextModel } from "../../../model.ts";
import { enabled, type LintRule } from "../rule.ts";
import { conditionsOf, suitesOf } from "../terms.ts";

export const unusedAcl: LintRule = {
  code: "lint/unused-acl",
  severity: "warning",
  title: "an ACL that no condition uses",
  explanation:
    "The ACL is declared, but no rule of its section names it: ACLs of one proxy are not seen by others. Often the rule that was to use it has a " +
    "misspelt or an anonymous test, or stands in another section. Remove the ACL, or use it.",
  bad: `frontend web
    bind :80
    acl internal src 10.0.0.0/8
    default_backend app
backend app
    server s1 192.0.2.1:80`,
  good: `frontend web
    bind :80
    acl internal src 10.0.0.0/8
    http-request deny unless internal
    default_backend app
backend app
    server s1 192.0.2.1:80`,
  run(input, report) {
    // A line of a defaults section is in several proxies: one use anywhere counts.
    const lines = new Map<string, { readonly name: TextModel; used: boolean }>();
    for (const { proxy } of enabled(input)) {
      const used = new Set(
        conditionsOf(proxy).flatMap(({ words }) => suitesOf(words).flatMap((suite) => suite.map(({ name }) => name))),
      );
      const seen = new Set<string>();
      for (const { name } of proxy.acls) {
        // Further lines of the name are the same ACL.
        if (seen.has(name.text)) continue;
        seen.add(name.text);
        const key = `${name.at.file}:${name.at.line}`;
        const line = lines.get(key) ?? { name, used: false };
        if (used.has(name.text)) line.used = true;
        lines.set(key, line);
      }
    }
    for (const { name, used } of lines.values()) {
      if (used) continue;
      report(name.at, `no rule of this section uses the ACL '${name.text}'`, { endColumn: name.endColumn });
    }
  },
};
