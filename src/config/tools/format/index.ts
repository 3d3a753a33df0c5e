/** `tlb fmt`: the canonical layout of a configuration. Comments and the order of lines stay; the meaning does too, which is verified. */
import { Diagnostics } from "../../../lang/diagnostic.ts";
import { layout } from "./layout.ts";
import { type RawLine, scanLine } from "./scan.ts";
import { difference, type FormatEnv } from "./verify.ts";

export type { FormatEnv } from "./verify.ts";

/** What became of a text. */
export interface Formatted {
  /** The text in its canonical layout; the one given when `refused` is set. One character per byte, as the one given. */
  readonly text: string;
  /** Lines the lexer refuses; they are left as they are. */
  readonly findings: Diagnostics;
  /** Why the layout was not taken: it would change what the text means. Null = it was. */
  readonly refused: string | null;
}

/** With this variable a text depends on how many lines it has. */
const LINE_VARIABLE = /\$\{?\.LINE\b/;

/** Lays out `text`. Never throws. */
export function formatText(text: string, file: string, env: FormatEnv): Formatted {
  const findings = new Diagnostics();
  const result = layoutText(text, file, env, findings);
  if (result === text) return { text, findings, refused: null };
  const refused = difference(text, result, file, env);
  return { text: refused === null ? result : text, findings, refused };
}

function layoutText(text: string, file: string, { variables }: FormatEnv, findings: Diagnostics): string {
  const typed = text.split("\n");
  if (typed[typed.length - 1] === "") typed.pop();
  const context = { env: variables, section: "" };
  const lines: RawLine[] = typed.map((line, i) => scanLine(line, file, i + 1, context, findings));
  return layout(lines, LINE_VARIABLE.test(text));
}
