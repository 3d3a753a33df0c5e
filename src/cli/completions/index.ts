/** Completion scripts, made from the same definitions the commands are parsed with. */
import type { ArgsDef, CommandDef } from "citty";
import { bash } from "./bash.ts";
import { fish } from "./fish.ts";
import { zsh } from "./zsh.ts";

/** The part of the registry a script is made from. */
export type CommandTable = Readonly<Record<string, Pick<CommandDef<ArgsDef>, "meta" | "args">>>;

export interface CommandWords {
  readonly name: string;
  readonly description: string;
  readonly options: readonly OptionWords[];
  /** Whether bare arguments are file names. */
  readonly files: boolean;
  /** Whether it takes a shell's name. */
  readonly shells: boolean;
}

export interface OptionWords {
  readonly long: string;
  /** One letter, or "". */
  readonly short: string;
  readonly description: string;
  /** What its value is; null = it takes none. */
  readonly value: "file" | "other" | null;
}

const scripts = { bash, zsh, fish } as const;

export type Shell = keyof typeof scripts;

export const shells = Object.keys(scripts) as readonly Shell[];

export function isShell(text: string): text is Shell {
  return Object.hasOwn(scripts, text);
}

/** File names the scripts are kept under in completions/. */
export const scriptFiles: Readonly<Record<Shell, string>> = { bash: "tlb.bash", zsh: "_tlb", fish: "tlb.fish" };

export function completionScript(shell: Shell, table: CommandTable): string {
  return scripts[shell](Object.entries(table).map(([name, command]) => wordsOf(name, command)));
}

function wordsOf(name: string, { meta, args }: CommandTable[string]): CommandWords {
  const defs = (args ?? {}) as ArgsDef;
  const options: OptionWords[] = [];
  for (const [long, def] of Object.entries(defs)) {
    if (def.type === "positional") continue;
    const alias = "alias" in def && typeof def.alias === "string" ? def.alias : "";
    const text = def.description ?? "";
    const isPath = def.valueHint === "file" || def.valueHint === "dir" || def.valueHint === "address";
    const value = def.type !== "string" && def.type !== "enum" ? null : isPath ? "file" : "other";
    options.push({ long, short: alias, description: text.replace(/[:;,(].*$/, "").trim(), value });
  }
  const description = meta !== undefined && "description" in meta ? (meta.description ?? "") : "";
  return { name, description, options, files: "files" in defs, shells: "shell" in defs };
}
