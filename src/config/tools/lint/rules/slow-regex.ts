import { Columns } from "../../../../expr/acl/columns.ts";
import { regexRisk } from "../../../../expr/acl/regex/index.ts";
import { parseExpression } from "../../../../expr/parse.ts";
import { Diagnostics } from "../../../../lang/diagnostic.ts";
import type { Model, ProxyModel, TextModel } from "../../../model.ts";
import { enabled, type LintRule, type Report } from "../rule.ts";
import { allCriteria, rulesetsOf, textsOf } from "../terms.ts";

function judge({ text, at, endColumn }: TextModel, icase: boolean, report: Report): void {
  const risk = regexRisk(text, icase);
  if (risk === null) return;
  const place = { ...at, column: at.column + risk.offset };
  // Escapes and quotes make a word longer as typed than it is: then the whole word is the place.
  const exact = endColumn - at.column >= text.length && endColumn - at.column <= text.length + 1;
  const message = `this regular expression may need exponential time: ${risk.message}`;
  report(exact ? place : at, message, { endColumn: exact ? place.column + 1 : endColumn });
}

/** The first dangerous line of a file of patterns, told where the file is named. */
function judgeFile(word: TextModel, icase: boolean, { patternFiles }: Model, report: Report): void {
  const text = patternFiles[word.text.replace(/^(?:file|opt|virt)@/, "")] ?? "";
  const lines = Columns.load(text, 1);
  for (let row = 0; row < lines.count; row++) {
    const risk = regexRisk(lines.pattern(row), icase);
    if (risk === null) continue;
    const line = lines.line(row);
    const message = `the regular expression at line ${line} of '${word.text}' may need exponential time: ${risk.message}`;
    report(word.at, message, { endColumn: word.endColumn });
    return;
  }
}

/** `regsub(…)` within expressions: words of ACLs, and `%[…]` of formats. */
function converters(proxy: ProxyModel, report: Report): void {
  for (const { text, at } of textsOf(proxy)) {
    for (let from = text.indexOf("regsub("); from >= 0; from = text.indexOf("regsub(", from + 1)) {
      // Read as if it were a fetch: only its first argument matters.
      const parsed = parseExpression(text, at, new Diagnostics(), { from, embedded: true });
      const pattern = parsed?.expression.fetch.args?.[0];
      const flags = parsed?.expression.fetch.args?.[2]?.text ?? "";
      if (pattern !== undefined) judge(pattern, flags.includes("i"), report);
    }
  }
}

export const slowRegex: LintRule = {
  code: "lint/slow-regex",
  severity: "warning",
  title: "a regular expression that may need exponential time",
  explanation:
    "A loop inside of a loop, as in (a+)+, or a loop over alternatives that match the same text, as in (\\w|\\d)+, can be matched in a number of ways that " +
    "doubles with every character. One request with a text of some forty characters that almost matches then stops the worker for minutes. Write it without the inner loop, or " +
    "use path_beg, -m sub, -m end, which cannot explode.",
  bad: `frontend web
    bind :80
    http-request deny if { path_reg ^/(a+)+$ }
    default_backend app
backend app
    server s1 192.0.2.1:80`,
  good: `frontend web
    bind :80
    http-request deny if { path_reg ^/a+$ }
    default_backend app
backend app
    server s1 192.0.2.1:80`,
  run(input, report) {
    for (const { proxy } of enabled(input)) {
      for (const { method, patterns, files, icase } of allCriteria(proxy)) {
        if (method !== "reg" && method !== "regm") continue;
        for (const pattern of patterns) judge(pattern, icase, report);
        for (const file of files) judgeFile(file, icase, input.model, report);
      }
      for (const { rules } of rulesetsOf(proxy)) {
        for (const { action } of rules) {
          const pattern = action.texts["regex"] ?? action.texts["match"];
          if (pattern !== undefined) judge(pattern, false, report);
        }
      }
      converters(proxy, report);
    }
  },
};
