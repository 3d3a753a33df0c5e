import type { AclModel, ConditionModel, ProxyModel, TextModel } from "../config/model.ts";
import type { AclFetch } from "../expr/acl/acl.ts";
import { type Condition as ParsedCondition, parseCondition } from "../expr/acl/condition.ts";
import type { PatternStore } from "../expr/acl/store.ts";
import { AclTable } from "../expr/acl/table.ts";
import { type CompiledExpression, compileExpression, type Registries } from "../expr/compile.ts";
import type { CompileContext } from "../expr/fetch/types.ts";
import { parseExpression } from "../expr/parse.ts";
import { rulesOf } from "./lists.ts";
import { Diagnostics } from "../lang/diagnostic.ts";
import type { Word } from "../lang/line.ts";
import type { Position } from "../lang/position.ts";

/** A word for the readers of conditions, which look at its text and place. */
function wordOf({ text, at, endColumn }: TextModel): Word {
  return { text, at, endColumn, quoted: false };
}

/** What compiling the conditions of a proxy needs. */
export interface ConditionsContext {
  readonly cc: CompileContext;
  readonly registries: Registries;
  readonly store: PatternStore;
  readonly diagnostics: Diagnostics;
}

/**
 * Every condition of a proxy, compiled in the order of its lines: an ACL is known from its own line on (manual, section 7.2). The ACLs
 * of other proxies are not seen. A condition with an error is missing in the result.
 */
export function compileConditions(
  proxy: ProxyModel,
  context: ConditionsContext,
): ReadonlyMap<ConditionModel, ParsedCondition> {
  const out = new Map<ConditionModel, ParsedCondition>();
  const rules = rulesOf(proxy);
  // Rules of a defaults section see its ACLs, and no others do.
  compileScope(
    proxy.defaultsAcls,
    rules.filter((rule) => rule.inherited === true),
    context,
    out,
  );
  const own = rules.filter((rule) => rule.inherited !== true);
  compileScope(proxy.acls, [...own, ...proxy.useBackend, ...proxy.useServer, ...proxy.monitorFail], context, out);
  return out;
}

function compileScope(
  acls: readonly AclModel[],
  users: readonly { readonly condition: ConditionModel | null }[],
  context: ConditionsContext,
  out: Map<ConditionModel, ParsedCondition>,
): void {
  if (acls.length + users.length === 0) return;
  const table = new AclTable({
    store: context.store,
    diagnostics: context.diagnostics,
    compileFetch: (text, at) => compileFetch(text, at, context),
  });
  const steps: { readonly line: number; readonly run: () => void }[] = [];
  for (const { at, name, words } of acls) {
    const keyword = wordOf({ text: "acl", at, endColumn: at.column + 3 });
    steps.push({ line: at.line, run: () => void table.define([keyword, wordOf(name), ...words.map(wordOf)]) });
  }
  for (const { condition } of users) {
    if (condition === null) continue;
    const { at, unless, words } = condition;
    const text = unless ? "unless" : "if";
    const keyword = wordOf({ text, at, endColumn: at.column + text.length });
    steps.push({
      line: at.line,
      run: () => {
        const parsed = parseCondition(keyword, words.map(wordOf), table);
        if (parsed !== null) out.set(condition, parsed);
      },
    });
  }
  steps.sort((a, b) => a.line - b.line);
  for (const { run } of steps) run();
}

/** An ACL may be used in any phase: that its samples fit is judged where it is used. */
function compileFetch(text: string, at: Position, context: ConditionsContext): AclFetch | null {
  const { diagnostics, cc, registries } = context;
  const parsed = parseExpression(text, at, diagnostics);
  if (parsed === null) return null;
  const found = new Diagnostics();
  const options = { phase: "request", invalid: "warning" } as const;
  const compiled = compileExpression(parsed.expression, options, cc, registries, found);
  diagnostics.list.push(...found.list.filter((d) => d.code !== "expr/phase"));
  if (compiled === null || compiled.fetch.makeEach === undefined) return compiled === null ? null : single(compiled);
  const values = compiled.fetch.patterns?.(compiled.fetchArgs, cc);
  return values === undefined ? compiled : { ...compiled, values };
}

/** Without `some`: ACLs then test the value without a call in between. */
function single({ type, declared, eval: evaluate }: CompiledExpression): AclFetch {
  return { type, declared, eval: evaluate };
}
