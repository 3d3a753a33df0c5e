import type { Word } from "../../lang/line.ts";
import type { Position } from "../../lang/position.ts";
import { didYouMean } from "../../lang/suggest.ts";
import type { SampleContext } from "../context.ts";
import { Acl, type AclResult, type AclTrace, FAIL, MISS, PASS } from "./acl.ts";
import { parseAclExpr } from "./parse.ts";
import type { AclTable } from "./table.ts";

type Test = (ctx: SampleContext) => boolean;

export interface Term {
  readonly acl: Acl;
  readonly negated: boolean;
}

/** `if` or `unless` and what follows: an OR of ANDs of ACLs (manual, section 7.2). */
export class Condition {
  /** Whether the rule applies, when no more bytes can come: rules of HTTP messages. Stops at the first term that decides. */
  readonly test: Test;

  constructor(
    readonly polarity: "if" | "unless",
    readonly suites: readonly (readonly Term[])[],
    readonly at: Position,
  ) {
    const any = either(suites.map((suite) => both(suite.map(compileTerm))));
    this.test = polarity === "if" ? any : (ctx) => !any(ctx);
  }

  /**
   * Whether the rule applies while bytes may still come: MISS asks to wait and evaluate again. With `ctx.final` it never is MISS.
   * A trace is told of every ACL looked at, in order.
   */
  evaluate(ctx: SampleContext, trace: AclTrace | null = null): AclResult {
    let result: AclResult = FAIL;
    for (const suite of this.suites) {
      let all: AclResult = PASS;
      for (const { acl, negated } of suite) {
        const one = acl.evaluate(ctx, trace);
        all = negated ? ((3 >> one) as AclResult) : one;
        if (all !== PASS) break;
      }
      if (all === PASS) {
        result = PASS;
        break;
      }
      if (all === MISS) result = MISS;
    }
    if (result === MISS || this.polarity === "if") return result;
    return result === PASS ? FAIL : PASS;
  }
}

/**
 * Reads the condition after `keyword`, which is `if` or `unless`. Null when something was wrong, which has then been reported; all
 * unknown names are, in one go.
 */
export function parseCondition(keyword: Word, words: readonly Word[], table: AclTable): Condition | null {
  const { diagnostics } = table.env;
  const suites: Term[][] = [];
  let suite: Term[] | null = null;
  let negated = false;
  let ok = true;
  for (let i = 0; i < words.length && words[i]!.text !== ""; i++) {
    const word = words[i]!;
    if (word.text === "||" || word.text.toLowerCase() === "or") {
      suite = null;
      negated = false;
      continue;
    }
    const marks = /^!*/.exec(word.text)![0].length;
    if (marks % 2 === 1) negated = !negated;
    const name = word.text.slice(marks);
    if (name === "") continue;
    let acl: Acl | null;
    if (name === "{") {
      const close = words.findIndex((other, at) => at > i && (other.text === "}" || other.text === ""));
      if (close < 0 || words[close]!.text === "") {
        const message = "missing closing '}' in condition";
        const hint = close < 0 ? "the brace must be a word of its own" : "an empty word ends the condition";
        diagnostics.error("acl/unclosed-brace", word.at, message, { endColumn: word.endColumn, hint });
        return null;
      }
      const expr = parseAclExpr(words.slice(i + 1, close), word, table.env);
      acl = new Acl(null, word.at, false);
      if (expr === null) ok = false;
      else acl.exprs.push(expr);
      i = close;
    } else {
      acl = table.find(word, name);
      if (acl === null) {
        const at = { ...word.at, column: word.at.column + marks };
        const hint = didYouMean(name, table.names()) ?? "acls must be declared above the line that uses them";
        diagnostics.error("acl/undefined", at, `no such ACL: '${name}'`, { endColumn: word.endColumn, hint });
        ok = false;
      }
    }
    if (acl !== null) {
      acl.uses++;
      if (suite === null) suites.push((suite = []));
      suite.push({ acl, negated });
    }
    negated = false;
  }
  if (!ok) return null;
  if (suites.length === 0) {
    const message = `'${keyword.text}' without a condition is ${keyword.text === "unless" ? "always" : "never"} true`;
    diagnostics.warn("acl/empty-condition", keyword.at, message, { endColumn: keyword.endColumn });
  }
  return new Condition(keyword.text === "unless" ? "unless" : "if", suites, keyword.at);
}

/** One ACL and its sign; the usual single line runs its own closure without another around it. */
function compileTerm({ acl, negated }: Term): Test {
  // Lines may be added to a name after its first use, as in HAProxy: then the list is read at run time.
  const { exprs } = acl;
  const first = exprs[0]?.test ?? (() => false);
  const closed = acl.name === null || acl.predefined;
  const positive: Test = closed
    ? first
    : (ctx) => {
        for (let i = 0; i < exprs.length; i++) if (exprs[i]!.test(ctx)) return true;
        return false;
      };
  return negated ? (ctx) => !positive(ctx) : positive;
}

function both(tests: readonly Test[]): Test {
  const [a, b, c] = tests;
  if (a === undefined) return () => true;
  if (b === undefined) return a;
  if (c === undefined) return (ctx) => a(ctx) && b(ctx);
  if (tests.length === 3) return (ctx) => a(ctx) && b(ctx) && c(ctx);
  return (ctx) => {
    for (let i = 0; i < tests.length; i++) if (!tests[i]!(ctx)) return false;
    return true;
  };
}

function either(tests: readonly Test[]): Test {
  const [a, b] = tests;
  if (a === undefined) return () => false;
  if (b === undefined) return a;
  if (tests.length === 2) return (ctx) => a(ctx) || b(ctx);
  return (ctx) => {
    for (let i = 0; i < tests.length; i++) if (tests[i]!(ctx)) return true;
    return false;
  };
}
