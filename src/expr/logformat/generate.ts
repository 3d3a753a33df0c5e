/**
 * The function that writes a line, generated for its format: the calls of its values have places of their own in it, which made it
 * a third faster than a loop over them (0.61 µs instead of 0.93 for the fields of httplog; written by hand 0.63).
 */
import type { Formatter } from "./format.ts";

/** `Optional` is a value that may be empty: the spaces around it are then one. */
export const Op = { Text: 0, Space: 1, Value: 2, Optional: 3 } as const;

export interface Step {
  readonly op: number;
  /** Of `Text`. */
  readonly text: string;
  /** Of `Value` and `Optional`. */
  readonly value: Formatter | null;
}

/** The end of the line so far: a space is not printed at the start of a line or behind another one. */
type Spaced = "yes" | "no" | "known at run time";

/** Joins texts, spaces and values. The source holds nothing of the configuration but texts as string literals. */
export function generate(steps: readonly Step[]): Formatter {
  const [first] = steps;
  if (steps.length === 1 && first!.op === Op.Value) return first!.value!;
  const values: Formatter[] = [];
  const statements: string[] = [];
  let parts: string[] = [];
  let spaced: Spaced = "yes";
  const flush = (): void => {
    if (parts.length > 0) statements.push(`out+=${parts.join("+")};`);
    parts = [];
  };
  for (const { op, text, value } of steps) {
    switch (op) {
      case Op.Text:
        parts.push(JSON.stringify(text));
        spaced = "no";
        break;
      case Op.Value:
        parts.push(`v${values.push(value!) - 1}(r)`);
        spaced = "no";
        break;
      case Op.Space:
        if (spaced === "no") parts.push('" "');
        else if (spaced !== "yes") {
          flush();
          statements.push('if(!spaced)out+=" ";');
        }
        spaced = "yes";
        break;
      default: {
        flush();
        const name = `v${values.push(value!) - 1}`;
        if (spaced === "no") statements.push(`out+=${name}(r);`);
        else {
          if (spaced === "yes") statements.push("spaced=true;");
          statements.push(`value=${name}(r);if(value!==""){out+=value;spaced=false;}`);
          spaced = "known at run time";
        }
      }
    }
  }
  if (values.length === 0) {
    const line = parts.map((part) => JSON.parse(part) as string).join("");
    return () => line;
  }
  flush();
  const names = values.map((_, i) => `v${i}`);
  const body = `return(r)=>{let out="",spaced=true,value="";${statements.join("")}return out;}`;
  const make = new Function(...names, body) as (...values: readonly Formatter[]) => Formatter;
  return make(...values);
}
