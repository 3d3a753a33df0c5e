import type { TextModel } from "../../config/model.ts";
import type { CompiledExpression } from "../../expr/compile.ts";
import { placesOf, validityOf } from "../../expr/validity.ts";
import type { RuleCompiler } from "../types.ts";

/** Where a session can be asked for it already. */
const SESSION = placesOf("session", "frontend");

/**
 * As HAProxy, warns of `tcp-request content` rules of a frontend that look at a request without an `inspect-delay` to wait for it. Returns
 * whether the sample could be had before.
 */
export function judgeDelay(text: TextModel, { fetch }: CompiledExpression, rc: RuleCompiler): boolean {
  const early = (validityOf(fetch.use) & SESSION) !== 0;
  const { frontend } = rc.cc;
  if (rc.ruleset !== "tcp-request content" || frontend === null || early || frontend.model.inspectDelay > 0)
    return early;
  const { at, endColumn } = text;
  rc.diagnostics.warn(
    "rule/no-inspect-delay",
    at,
    `'${text.text}' looks at bytes of the request, which may not be there yet: nothing waits for them`,
    { endColumn, hint: "set 'tcp-request inspect-delay'" },
  );
  return early;
}
