/**
 * What citty leaves open for this program: options may be given several times, unknown ones are mistakes, and a
 * command answers with its exit code.
 */
import type { ArgDef, ArgsDef, CommandDef } from "citty";
import { didYouMean } from "../lang/suggest.ts";

/** A subcommand whose `run` returns its exit code. Positional arguments hinted "..." take all that are left. */
// The registry holds commands of differing arguments; citty's own registry type is as wide.
export type Command<T extends ArgsDef = ArgsDef> = CommandDef<T>;

/** A mistake of the caller, told in one line; `exitCode` defaults to 2, as for usage errors. */
export class UsageError extends Error {
  constructor(
    message: string,
    readonly exitCode = 2,
  ) {
    super(message);
  }
}

/** A command line cut into options and the rest, in order and with repetitions. */
export interface Scanned {
  readonly options: readonly { readonly name: string; readonly value: string }[];
  readonly positionals: readonly string[];
}

function aliases(def: ArgDef): readonly string[] {
  const alias = "alias" in def ? def.alias : undefined;
  return alias === undefined ? [] : typeof alias === "string" ? [alias] : alias;
}

function takesValue(def: ArgDef): boolean {
  return def.type === "string" || def.type === "enum";
}

/** Cuts `raw` by the definitions. Throws UsageError for what no definition allows. */
export function scan(raw: readonly string[], defs: ArgsDef): Scanned {
  const options: { name: string; value: string }[] = [];
  const positionals: string[] = [];
  const byFlag = new Map<string, string>();
  for (const [name, def] of Object.entries(defs)) {
    if (def.type === "positional") continue;
    byFlag.set(`--${name}`, name);
    for (const alias of aliases(def)) byFlag.set(alias.length === 1 ? `-${alias}` : `--${alias}`, name);
  }
  for (let i = 0; i < raw.length; i++) {
    const word = raw[i]!;
    if (word === "--") {
      positionals.push(...raw.slice(i + 1));
      break;
    }
    if (!word.startsWith("-") || word === "-") {
      positionals.push(word);
      continue;
    }
    const cluster = clustered(word, defs, byFlag);
    if (cluster !== null) {
      options.push(...cluster.flags.map((name) => ({ name, value: "true" })));
      if (cluster.last !== null) {
        const value = cluster.value ?? raw[++i];
        if (value === undefined) throw new UsageError(`option '-${cluster.letter}' needs a value`);
        options.push({ name: cluster.last, value });
      }
      continue;
    }
    const equals = word.startsWith("--") ? word.indexOf("=") : -1;
    const flag = equals < 0 ? word : word.slice(0, equals);
    const name = byFlag.get(flag);
    if (name === undefined) {
      const hint = didYouMean(flag, byFlag.keys());
      throw new UsageError(`unknown option '${flag}'${hint === undefined ? "" : `; ${hint}`}`);
    }
    const inline = equals < 0 ? undefined : word.slice(equals + 1);
    if (takesValue(defs[name]!)) {
      const value = inline ?? raw[++i];
      if (value === undefined) throw new UsageError(`option '${flag}' needs a value`);
      options.push({ name, value });
    } else {
      if (inline !== undefined) throw new UsageError(`option '${flag}' takes no value`);
      options.push({ name, value: "true" });
    }
  }
  return { options, positionals };
}

interface Cluster {
  /** Options without a value. */
  readonly flags: readonly string[];
  /** The one with a value that ends it, its letter, and the value when it stands in the same word. */
  readonly last: string | null;
  readonly letter: string;
  readonly value: string | null;
}

/** "-qf" is "-q -f", and "-flb.cfg" is "-f lb.cfg"; null for any other word. */
function clustered(word: string, defs: ArgsDef, byFlag: ReadonlyMap<string, string>): Cluster | null {
  if (word.startsWith("--") || word.length < 3) return null;
  const flags: string[] = [];
  for (let i = 1; i < word.length; i++) {
    const letter = word[i]!;
    const name = byFlag.get(`-${letter}`);
    if (name === undefined) return null;
    if (takesValue(defs[name]!)) {
      const value = i + 1 < word.length ? word.slice(i + 1) : null;
      return { flags, last: name, letter, value };
    }
    flags.push(name);
  }
  return { flags, last: null, letter: "", value: null };
}

/** As scan, and too many or too few positional arguments are mistakes too. */
export function scanStrictly(raw: readonly string[], defs: ArgsDef): Scanned {
  const scanned = scan(raw, defs);
  const positional = Object.entries(defs).filter(([, def]) => def.type === "positional");
  const rest = positional.some(([, def]) => def.valueHint === "...");
  const required = positional.filter(([, def]) => def.required !== false && def.default === undefined);
  const missing = required[scanned.positionals.length];
  if (missing !== undefined) throw new UsageError(`missing argument ${missing[0].toUpperCase()}`);
  const extra = scanned.positionals[positional.length];
  if (extra !== undefined && !rest) throw new UsageError(`unexpected argument '${extra}'`);
  return scanned;
}

/** Every value of a repeatable option, in order. */
export function valuesOf(scanned: Scanned, name: string): string[] {
  return scanned.options.filter((option) => option.name === name).map(({ value }) => value);
}

/** A number of an option, or its default; UsageError unless it is an integer of at least `min`. */
export function integerOption(text: string | undefined, name: string, fallback: number, min: number): number {
  if (text === undefined) return fallback;
  if (!/^\d+$/.test(text) || Number(text) < min) throw new UsageError(`--${name} needs an integer of at least ${min}`);
  return Number(text);
}

/** What the help says of a command beside its options. */
export interface Notes {
  /** What exit codes mean, beside 2, which is the same for all commands. */
  readonly exits: readonly (readonly [code: string, meaning: string])[];
  readonly examples: readonly string[];
}

/** What the help of a command is made from. */
export type CommandHelp = Pick<CommandDef<ArgsDef>, "meta" | "args"> & Notes;

/** What exit codes of commands say that talk to the running program. */
export const UNREACHED = "the running tlb cannot be reached";

/** A subcommand: one of these a file, and a line in index.ts. */
export function defineCommand<const T extends ArgsDef>(definition: CommandDef<T> & Notes): CommandDef<T> & Notes {
  return definition;
}
