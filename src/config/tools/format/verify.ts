/** Whether two texts mean the same: every line lexes to the same words, and the parser makes the same model of them. */
import { Diagnostics } from "../../../lang/diagnostic.ts";
import { lexLine } from "../../../lang/lexer.ts";
import type { Variables } from "../../../lang/environment.ts";
import type { ParseEnv } from "../../env.ts";
import { loadText } from "../../load.ts";

/** Host names stay unresolved: that takes time and depends on the network. */
const NO_LOOKUPS = { resolve: undefined } as Partial<ParseEnv>;

/** What texts are read against. */
export interface FormatEnv {
  readonly variables: Variables;
  /** Replaces parts of the machine, for tests. */
  readonly machine?: Partial<ParseEnv>;
}

/** Null = they mean the same; else what differs. */
export function difference(before: string, after: string, file: string, env: FormatEnv): string | null {
  const a = words(before, file, env.variables);
  const b = words(after, file, env.variables);
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    if (a[i] !== b[i]) return `line of words ${i + 1}: ${a[i] ?? "nothing"} became ${b[i] ?? "nothing"}`;
  }
  const first = model(before, file, env);
  if (first === null) return null;
  const second = model(after, file, env);
  if (second === null) return "the parser refuses the result";
  return first === second ? null : "the model of the result differs";
}

/** Every line that is not blank as JSON of its words, in order; lines that do not lex as they are. */
function words(text: string, file: string, env: Variables): string[] {
  const out: string[] = [];
  text.split("\n").forEach((typed, i) => {
    const diagnostics = new Diagnostics();
    const line = lexLine(typed, file, i + 1, { env, section: "" }, diagnostics);
    if (line !== null) out.push(JSON.stringify(line.words.map((word) => word.text)));
    else if (diagnostics.list.length > 0) out.push(typed);
  });
  return out;
}

/** JSON of the model without positions; null when the text does not parse. */
function model(text: string, file: string, { variables, machine }: FormatEnv): string | null {
  const whole = text === "" || text.endsWith("\n") ? text : `${text}\n`;
  const { model: found, diagnostics } = loadText(whole, file, {
    variables: { ...variables },
    env: { ...NO_LOOKUPS, ...machine },
  });
  if (diagnostics.failed) return null;
  return JSON.stringify(found, (key, value: unknown) => (key === "at" || key === "endColumn" ? undefined : value));
}
