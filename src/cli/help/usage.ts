/** `tlb help COMMAND` and `tlb COMMAND --help`: made from the definitions the command line is parsed with. */
import type { ArgDef, ArgsDef } from "citty";
import { createColors } from "picocolors";
import type { CommandHelp, Notes } from "../command.ts";
import { type HelpStyle, wrap } from "./render.ts";

const MAX_WIDTH = 100;
/** Descriptions need this much beside their option, or get lines of their own. */
const MIN_TEXT = 30;

/** The help text of one command; lines fit the width where their words do. */
export function renderUsage(name: string, { meta, args, exits, examples }: CommandHelp, style: HelpStyle): string {
  const { bold } = createColors(style.color);
  const width = style.width > 0 ? Math.min(style.width, MAX_WIDTH) : MAX_WIDTH;
  const defs = Object.entries((args ?? {}) as ArgsDef);
  const positional = defs.filter(([, def]) => def.type === "positional");
  const options = defs.filter(([, def]) => def.type !== "positional");
  const description = meta !== undefined && "description" in meta ? (meta.description ?? "") : "";
  const words = positional.map(([arg, def]) => placeholder(arg, def));
  const section = (title: string, rows: readonly (readonly [string, string])[]): string =>
    rows.length === 0 ? "" : `\n${bold(title)}\n${table(rows, width, style)}`;
  return [
    wrapped(description, 0, width),
    `\n${bold("Usage")}  ${["tlb", name, "[options]", ...words].join(" ")}\n`,
    section(
      "Arguments",
      positional.map(([arg, def]) => [arg.toUpperCase(), def.description ?? ""]),
    ),
    section("Options", [
      ...options.map(([option, def]) => [flags(option, def), def.description ?? ""] as const),
      ["-h, --help", "Show this"],
    ]),
    section("Exit codes", withUsageErrors(exits)),
    examples.length === 0 ? "" : `\n${bold("Examples")}\n${examples.map((line) => `  ${line}\n`).join("")}`,
  ].join("");
}

/** In the order of their numbers. */
function withUsageErrors(exits: Notes["exits"]): Notes["exits"] {
  if (exits.some(([code]) => code === "2")) return exits;
  const all = [...exits, ["2", "a mistake in the command line"] as const];
  return all.sort(([a], [b]) => Number(a) - Number(b));
}

function placeholder(name: string, def: ArgDef): string {
  const word = `${name.toUpperCase()}${def.type === "positional" && def.valueHint === "..." ? "..." : ""}`;
  return def.required === false ? `[${word}]` : word;
}

function flags(name: string, def: ArgDef): string {
  const alias = "alias" in def && typeof def.alias === "string" ? `-${def.alias}, ` : "    ";
  const value = def.type === "string" && def.valueHint !== undefined ? ` <${def.valueHint}>` : "";
  return `${alias}--${name}${value}`;
}

/** Names on the left, what they are on the right, or below in narrow terminals. */
function table(rows: readonly (readonly [string, string])[], width: number, style: HelpStyle): string {
  const { cyan } = createColors(style.color);
  const longest = Math.max(...rows.map(([name]) => name.length));
  const column = Math.min(longest, 30) + 4;
  if (width - column < MIN_TEXT) {
    return rows.map(([name, text]) => `  ${cyan(name)}\n${wrapped(text, 6, width)}`).join("");
  }
  return rows
    .map(([name, text]) => {
      const right = wrapped(text, column, width);
      return name.length + 4 > column
        ? `  ${cyan(name)}\n${right}`
        : `  ${cyan(name)}${" ".repeat(column - 2 - name.length)}${right.trimStart()}`;
    })
    .join("");
}

function wrapped(text: string, indent: number, width: number): string {
  return wrap(text, Math.max(20, width - indent))
    .map((line) => `${" ".repeat(indent)}${line}\n`)
    .join("");
}
