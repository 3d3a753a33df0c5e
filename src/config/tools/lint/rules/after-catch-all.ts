import { enabled, type LintRule, markOf } from "../rule.ts";
import { signedSuites } from "../terms.ts";

export const afterCatchAll: LintRule = {
  code: "lint/after-catch-all",
  severity: "warning",
  title: "a use_backend or default_backend below a catch-all use_backend",
  explanation:
    "The first use_backend whose condition is met chooses the backend. One without condition (or with an always true one) takes everything, so " +
    "the lines below it, and default_backend, have no effect. Make the catch-all the default_backend, or put it last.",
  bad: `frontend web
    bind :80
    use_backend app
    use_backend api if { path_beg /api/ }
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
    for (const { proxy, draft } of enabled(input)) {
      const rules = proxy.useBackend;
      // A name made at run time may be that of no backend: then the next rule is asked.
      const all = rules.findIndex(
        ({ condition, backend }) =>
          !backend.text.includes("%") && signedSuites(condition).some((suite) => suite.length === 0),
      );
      if (all < 0) continue;
      const { line } = rules[all]!.at;
      const hint = `make line ${line} the default_backend, or give it a condition`;
      const next = rules[all + 1];
      if (next !== undefined) {
        const more = rules.length - all - 2;
        const others = more === 0 ? "" : more === 1 ? ", nor is the one below it" : `, nor are the ${more} below it`;
        const message = `this use_backend is never reached: the one at line ${line} takes everything${others}`;
        report(next.at, message, { endColumn: next.at.column + "use_backend".length, hint });
      } else if (proxy.defaultBackend !== null) {
        const { at, endColumn } = markOf(draft, "default_backend");
        report(at, `default_backend is never used: the use_backend at line ${line} takes everything`, {
          endColumn,
          hint,
        });
      }
    }
  },
};
