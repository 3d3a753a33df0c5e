import type { AclModel, ConditionModel, ProxyModel, TextModel } from "../config/model.ts";
import { aclKeywords } from "../expr/acl/keywords.ts";
import type { AclExpr, AclFetch } from "../expr/acl/acl.ts";
import { type Condition as ParsedCondition, parseCondition } from "../expr/acl/condition.ts";
import type { PatternStore } from "../expr/acl/store.ts";
import { AclTable } from "../expr/acl/table.ts";
import { type CompiledExpression, compileExpression, type Registries } from "../expr/compile.ts";
import type { CompileContext } from "../expr/fetch/types.ts";
import { parseExpression } from "../expr/parse.ts";
import type { Phase } from "../expr/sample.ts";
import { phaseNames, placesOf, validityOf } from "../expr/validity.ts";
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
  const users = usersOf(proxy);
  // Rules of a defaults section see its ACLs, and no others do.
  compileScope(
    proxy.defaultsAcls,
    users.filter((user) => user.inherited === true),
    proxy,
    context,
    out,
  );
  compileScope(
    proxy.acls,
    users.filter((user) => user.inherited !== true),
    proxy,
    context,
    out,
  );
  return out;
}

/** A line with a condition, and when it is evaluated. */
interface User {
  readonly condition: ConditionModel | null;
  readonly phase: Phase;
  readonly inherited?: true;
}

type Conditional = Omit<User, "phase">;

function usersOf(proxy: ProxyModel): User[] {
  const at = (phase: Phase, list: readonly Conditional[]): User[] =>
    list.map(({ condition, inherited }) => ({ condition, phase, ...(inherited === undefined ? {} : { inherited }) }));
  return [
    ...at("connection", proxy.tcpConnection),
    ...at("session", proxy.tcpSession),
    ...at("request-content", proxy.tcpContent),
    ...at("request", [...proxy.httpRequest, ...proxy.redirects, ...proxy.useBackend, ...proxy.useServer]),
    ...at("request", proxy.persistRules),
    ...at(
      "stick",
      proxy.stickRules.filter(({ response }) => !response),
    ),
    ...at("request", proxy.monitorFail),
    ...at("response-content", proxy.tcpResponse),
    ...at("response", [...proxy.httpResponse, ...proxy.httpAfterResponse]),
    ...at(
      "stick-response",
      proxy.stickRules.filter(({ response }) => response),
    ),
  ];
}

function compileScope(
  acls: readonly AclModel[],
  users: readonly User[],
  proxy: ProxyModel,
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
  const side = proxy.kind === "listen" ? "both" : proxy.kind;
  for (const { condition, phase } of users) {
    if (condition === null) continue;
    const { at, unless, words } = condition;
    const text = unless ? "unless" : "if";
    const keyword = wordOf({ text, at, endColumn: at.column + text.length });
    steps.push({
      line: at.line,
      run: () => {
        const parsed = parseCondition(keyword, words.map(wordOf), table);
        if (parsed === null) return;
        out.set(condition, parsed);
        judge(parsed, condition, phase, side, context.diagnostics);
      },
    });
  }
  steps.sort((a, b) => a.line - b.line);
  for (const { run } of steps) run();
}

/** As HAProxy, warns of the first ACL whose samples cannot be there in this phase. */
function judge(
  { suites }: ParsedCondition,
  { at }: ConditionModel,
  phase: Phase,
  side: "frontend" | "backend" | "both",
  diagnostics: Diagnostics,
): void {
  const places = placesOf(phase, side);
  const fits = ({ fetch }: AclExpr): boolean => fetch.places === undefined || (fetch.places & places) !== 0;
  for (const { acl } of suites.flat()) {
    const wrong = acl.exprs.find((expr) => !fits(expr));
    if (wrong === undefined) continue;
    const name = acl.name === null ? "this ACL" : `ACL '${acl.name}'`;
    const what = acl.exprs.some(fits) ? `${name} has a line that never matches` : `${name} never matches`;
    diagnostics.warn("acl/phase", at, `${what}: '${wrong.text}' is not available in ${phaseNames[phase]}`);
    return;
  }
}

/** An ACL may be used in any phase: that its samples fit is judged where it is used. */
function compileFetch(text: string, at: Position, context: ConditionsContext): AclFetch | null {
  const { diagnostics, cc, registries } = context;
  const parsed = parseExpression(text, at, diagnostics);
  if (parsed === null) return null;
  const found = new Diagnostics();
  const options = { phase: "request", anyPhase: true, invalid: "warning", otherNames: aclKeywords.keys() } as const;
  const compiled = compileExpression(parsed.expression, options, cc, registries, found);
  diagnostics.list.push(...found.list.filter((d) => d.code !== "expr/phase"));
  if (compiled === null) return null;
  const places = validityOf(compiled.fetch.use);
  if (compiled.fetch.makeEach === undefined) return single(compiled, places);
  const values = compiled.fetch.patterns?.(compiled.fetchArgs, cc);
  return values === undefined ? { ...compiled, places } : { ...compiled, places, values };
}

/** Without `some`: ACLs then test the value without a call in between. */
function single({ type, declared, eval: evaluate }: CompiledExpression, places: number): AclFetch {
  return { type, declared, eval: evaluate, places };
}
