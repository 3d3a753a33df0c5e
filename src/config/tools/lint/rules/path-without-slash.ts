import { enabled, type LintRule } from "../rule.ts";
import { allCriteria } from "../terms.ts";

export const pathWithoutSlash: LintRule = {
  code: "lint/path-without-slash",
  severity: "warning",
  title: "a path is compared with a text that does not begin with a slash",
  explanation:
    "The path of a request begins with '/', so 'path api' and 'path_beg api' never match. Write '/api', or use path_sub or path_end for a text that may stand further on.",
  bad: `frontend web
    bind :80
    http-request deny if { path_beg admin }
    default_backend app
backend app
    server s1 192.0.2.1:80`,
  good: `frontend web
    bind :80
    http-request deny if { path_beg /admin }
    default_backend app
backend app
    server s1 192.0.2.1:80`,
  run(input, report) {
    for (const { proxy } of enabled(input)) {
      for (const { fetch, method, patterns, converters } of allCriteria(proxy)) {
        if ((fetch !== "path" && fetch !== "pathq") || converters) continue;
        if (method !== "" && method !== "beg" && method !== "str") continue;
        for (const { text, at, endColumn } of patterns) {
          // An OPTIONS request may be about '*', a CONNECT request has no path; a prefix may be empty.
          if (text.startsWith("/") || text.startsWith("*") || text === "") continue;
          report(at, `'${text}' matches no path: paths begin with '/'`, { endColumn, hint: `is '/${text}' meant?` });
        }
      }
    }
  },
};
