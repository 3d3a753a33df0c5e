import type { Word } from "../../lang/line.ts";
import type { MatchMethod } from "./patterns/method.ts";
import { INT64_MAX, INT64_MIN } from "./patterns/range.ts";

const names = new Set(["eq", "ge", "gt", "le", "lt"]);

export function isOperator(text: string): boolean {
  return names.has(text);
}

/** One value of an ACL as a pattern: with an operator before it, the range it stands for. */
export interface Operand {
  readonly text: string;
  readonly word: Word;
  readonly problem: string | null;
  readonly warning: string | null;
}

/**
 * The values of an ACL. Where numbers are matched, an operator applies to all values after it up to the next one: "gt 5" is the
 * pattern "6:" (manual, section 7.1.2). A value with ":" or "-" is taken as it is, whatever the operator.
 */
export function operands(words: readonly Word[], kind: MatchMethod["operators"]): Operand[] {
  let operator = "eq";
  const out: Operand[] = [];
  for (const word of words) {
    const { text } = word;
    if (kind !== null && isOperator(text)) {
      operator = text;
      continue;
    }
    if (kind === null || operator === "eq" || /[:-]/.test(text)) {
      out.push({ text, word, problem: null, warning: kind === null ? null : surprise(text, operator) });
      continue;
    }
    const range = bound(text, operator, kind);
    const problem = range === null ? `'${text}' is neither a number nor a supported operator` : null;
    out.push({ text: range ?? text, word, problem, warning: null });
  }
  return out;
}

function surprise(text: string, operator: string): string | null {
  if (/^-\d+$/.test(text)) {
    return `'${operator} ${text}' is read as the range ':${text.slice(1)}', not as a negative number`;
  }
  return operator === "eq" ? null : `'${operator}' has no effect on the range '${text}'`;
}

function bound(text: string, operator: string, kind: "integer" | "dotted"): string | null {
  const parts = /^(\d+)(?:\.(\d+))?$/.exec(text);
  if (parts === null) return null;
  const [, major, minor = "0"] = parts;
  let value = kind === "dotted" ? BigInt(major!) * 0x10000n + BigInt(minor) : BigInt(major!);
  if (operator === "gt") value++;
  else if (operator === "lt") value--;
  if (value > INT64_MAX || value < INT64_MIN) return null;
  if (kind === "dotted" && value < 0n) value = 0n;
  const shown = kind === "dotted" ? `${value >> 16n}.${value & 0xffffn}` : `${value}`;
  return operator.startsWith("g") ? `${shown}:` : `:${shown}`;
}
