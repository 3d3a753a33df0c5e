import { methods, type MethodName } from "../acl/patterns/index.ts";
import type { MatchFlags } from "../acl/patterns/method.ts";
import { parseAddress } from "../acl/patterns/network.ts";
import { RegexIndex } from "../acl/patterns/reg.ts";
import type { Output, PatternSet } from "../acl/set.ts";
import { PatternStore } from "../acl/store.ts";
import type { ArgProblem, ArgSpec, ArgValue } from "../args.ts";
import type { Converter, ConverterRow } from "../converter.ts";
import type { SampleKind, Value } from "../sample.ts";
import { expand } from "./expand.ts";

/** Maps compare with case, and never read abbreviated addresses. */
const flags: MatchFlags = { icase: false, abbreviated: false };

/** The part of a name after "map_", and the type the sample is cast to. */
const inputs: readonly (readonly [MethodName, SampleKind])[] = [
  ["str", "str"],
  ["beg", "str"],
  ["dir", "str"],
  ["dom", "str"],
  ["end", "str"],
  ["int", "sint"],
  ["ip", "addr"],
  ["reg", "str"],
  ["sub", "str"],
];

type Kind = Output | "key";

const kinds: Readonly<Record<Kind, { suffix: string; out: SampleKind; what: string }>> = {
  str: { suffix: "", out: "str", what: "its value" },
  int: { suffix: "_int", out: "sint", what: "its value as a number" },
  ip: { suffix: "_ip", out: "addr", what: "its value as an address" },
  key: { suffix: "_key", out: "str", what: "the pattern itself" },
};

/**
 * The map converters (manual, section 7.3.1) over the files of a store: map, map_regm and map_<method>[_int|_ip|_key]. The first
 * argument is the file, the second what to yield when nothing matches; without it there is no sample then.
 */
export function mapConverters(store: PatternStore): ConverterRow[] {
  const rows: ConverterRow[] = [row(store, "map", "str", "str", "str"), row(store, "map_regm", "regm", "str", "str")];
  for (const [method, input] of inputs) {
    for (const kind of ["str", "int", "ip", "key"] as const) {
      rows.push(row(store, `map_${method}${kinds[kind].suffix}`, method, input, kind));
    }
  }
  return rows;
}

/** The rows by name, for help and tables: their files are never opened. */
export const mapRows: ReadonlyMap<string, ConverterRow> = new Map(
  mapConverters(new PatternStore(() => "")).map((each) => [each.name, each]),
);

function row(store: PatternStore, name: string, method: MethodName, input: SampleKind, kind: Kind): ConverterRow {
  const file: ArgSpec = { name: "file", type: "map" };
  const fallback: ArgSpec = { name: "default", type: kind === "int" ? "int" : "str", optional: true };
  return {
    name,
    args: kind === "key" ? [file] : [file, fallback],
    in: input,
    out: kinds[kind].out,
    help: `looks the sample up in a map file (${methods[method].help}) and yields ${kinds[kind].what}`,
    make: (args) => make(store, name, method, kind, args),
  };
}

function make(
  store: PatternStore,
  name: string,
  method: MethodName,
  kind: Kind,
  args: readonly ArgValue[],
): Converter | ArgProblem {
  const [file, fallback] = args;
  if (file === undefined || file.text === "") return { message: `${name} needs the name of a map file`, arg: 0 };
  const set = store.open(file.text, 2, { kind: "map", name, at: file.at });
  if (typeof set === "string") return { message: set, arg: 0 };
  const index = set.view(methods[method], flags);
  if (typeof index === "string") return { message: index, arg: 0 };
  set.read(methods[method], flags, kind === "key" ? "str" : kind);
  const read = reader(set, kind);
  if (typeof read === "string") return { message: read, arg: 0 };
  const missing = defaultValue(kind, fallback);
  if (missing === undefined) return { message: `'${fallback!.text}' is not an address`, arg: 1 };
  if (method === "regm" && index instanceof RegexIndex) {
    return (value) => {
      const row = index.match(value);
      if (row < 0) return missing;
      return expand(set.value(row), index.groups(row, value as string) ?? []);
    };
  }
  return (value) => {
    const row = index.match(value);
    return row < 0 ? missing : read(row);
  };
}

/** What a map yields of a row. A string tells which line is wrong. */
function reader(set: PatternSet, kind: Kind): ((row: number) => Value) | string {
  if (kind === "str") return (row) => set.value(row);
  if (kind === "key") return (row) => set.pattern(row);
  const output = set.require(kind);
  return typeof output === "string" ? output : (row) => output.values[row]!;
}

/** What a miss yields: null without a default, undefined when the default cannot be read. */
function defaultValue(kind: Kind, arg: ArgValue | undefined): Value | null | undefined {
  if (arg === undefined) return null;
  if (kind === "int") return arg.int;
  if (kind === "ip") return parseAddress(arg.text) ?? undefined;
  return arg.text;
}
