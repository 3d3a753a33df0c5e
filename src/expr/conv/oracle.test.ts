/** The same expressions here and in the real HAProxy 2.6. */
import { afterAll, describe, expect, test } from "bun:test";
import { castValue } from "../cast.ts";
import { ExpressionOracle, haveHaproxy } from "../oracle.helper.ts";
import type { SampleType, Value } from "../sample.ts";
import { compileText, PlainContext, plainCompileContext } from "../testing.helper.ts";
import { families, longHeader } from "./cases.ts";
import { converters } from "./index.ts";

if (!haveHaproxy) console.log("skipped: no HAProxy to compare with");

const oracles: ExpressionOracle[] = [];
afterAll(async () => {
  for (const oracle of oracles) await oracle.stop();
});

const bufsize = 262144;
const cc = plainCompileContext({ bufsize });
const rows = [...converters.values()];

/** Variables that the expressions read. */
const given: readonly string[] = [
  "set-var(txn.abc) str(abc)",
  "set-var(txn.seven) int(7)",
  "set-var(txn.text5) str(5)",
  "set-var(txn.empty) str()",
  "set-var(txn.ip) ipv4(192.0.2.9)",
  "set-var(txn.key) str(a2V5)",
  "set-var(txn.long) req.hdr(x-long)",
  ...Array.from({ length: 8 }, (_, i) => [
    `set-var(txn.seven${i}) int(7)`,
    `set-var(txn.blank${i}) str()`,
    `set-var(txn.abc${i}) str(abc)`,
    `set-var(txn.abd${i}) str(abd)`,
  ]).flat(),
];

function evaluate(text: string, ctx: PlainContext): { readonly value: Value; readonly type: SampleType } | null {
  const { expression, diagnostics } = compileText(text, {}, cc, rows);
  if (expression === null) throw new Error(`${text}: ${diagnostics.list.map((d) => d.message).join()}`);
  const value = expression.eval(ctx);
  if (value === null) return null;
  if (expression.type === "any") return { value, type: ctx.valueType };
  if (expression.type === "addr") return { value, type: (value as Uint8Array).length === 4 ? "ipv4" : "ipv6" };
  return { value, type: expression.type };
}

/** The value as HAProxy prints it. */
function ours(text: string, ctx: PlainContext): string | null {
  const sample = evaluate(text, ctx);
  return sample === null ? null : (castValue(sample.value, sample.type, "str") as string);
}

/** Where HAProxy's answer is an accident, by the expression: none is compared. */
const accidents: ReadonlySet<string> = new Set<string>([]);

describe.skipIf(!haveHaproxy)("as HAProxy", () => {
  const long = "ab/c,".repeat(longHeader / 5);
  for (const [name, expressions] of Object.entries(families)) {
    test(`${name}: ${expressions.length} expressions`, async () => {
      const request = `GET / HTTP/1.1\r\nhost: x\r\n${name === "limits" ? `x-long: ${long}\r\n` : ""}\r\n`;
      const oracle = new ExpressionOracle({ expressions, rules: given.map((rule) => `http-request ${rule}`) });
      oracles.push(oracle);
      const theirs = await oracle.evaluate(request);
      const ctx = new PlainContext().request(request);
      ctx.source = Uint8Array.of(127, 0, 0, 1);
      for (const rule of given) {
        const [, variable, expression] = /^set-var\(([^)]*)\) (.*)$/.exec(rule)!;
        evaluate(`${expression},set-var(${variable})`, ctx);
      }
      const wrong: string[] = [];
      expressions.forEach((text, i) => {
        if (accidents.has(text)) return;
        const mine = ours(text, ctx);
        const their = theirs[i];
        // HAProxy's text of bytes ends at a NUL; so does ours.
        if (mine !== their) wrong.push(`${text}: ours ${JSON.stringify(mine)}, HAProxy ${JSON.stringify(their)}`);
      });
      expect(wrong).toEqual([]);
      expect(theirs.length).toBe(expressions.length);
    }, 30_000);
  }
});
