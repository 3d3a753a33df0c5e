/** get map, get acl: what a value matches, once for each way in which the set is read. */
import { castOf } from "../../../expr/cast.ts";
import type { SampleContext } from "../../../expr/context.ts";
import { methods } from "../../../expr/acl/patterns/index.ts";
import { parseAddress } from "../../../expr/acl/patterns/network.ts";
import type { PatternSet, Reading } from "../../../expr/acl/set.ts";
import type { Value } from "../../../expr/sample.ts";
import { failure, type Command } from "../command.ts";
import { anySet, fromBytes, type Kind, TITLE, toBytes, unknown } from "./pattern-sets.ts";

function get(kind: Kind, help: string): Command {
  return {
    name: `get ${kind}`,
    usage: `get ${kind} <acl> <value>`,
    help,
    async run({ ctx, args }) {
      const [reference = "", value = ""] = args;
      if (reference === "" || value === "") return failure(`Missing ${TITLE[kind]} identifier and/or key.`);
      const set = anySet(await ctx.patterns(), reference);
      if (set === null) return unknown(kind);
      return set
        .indexes()
        .map((reading) => lookup(set, reading, kind, toBytes(value)))
        .join("");
    },
  };
}

export const getMap = get("map", "report the keys and values matching a sample for a map");
export const getAcl = get("acl", "report the patterns matching a sample for an ACL");

function lookup(set: PatternSet, reading: Reading, kind: Kind, text: string): string {
  const { method, flags, index, output } = reading;
  const head = `type=${method.name}, case=${flags.icase ? "insensitive" : "sensitive"}`;
  const word = kind === "map" ? "found" : "match";
  const value = sampleOf(reading, text);
  if (method === methods.bool) {
    return `${head}, ${word}=${Number(value) === 1 ? `yes, idx=tree, ${kind === "map" ? "key=unknown, value=none" : "pattern=unknown"}` : "no"}\n`;
  }
  const row = value === null || method === methods.found ? -1 : index.match(value);
  if (row < 0) return `${head}, ${word}=no\n`;
  const { pattern, value: stored } = set.entry(row);
  const found = `${head}, ${word}=yes, idx=${index.kind}`;
  if (kind === "acl") return `${found}, pattern="${fromBytes(pattern)}"\n`;
  const told = output === null ? "none" : `"${fromBytes(stored)}", type="${typeOf(output, stored)}"`;
  return `${found}, key="${fromBytes(pattern)}", value=${told}\n`;
}

function typeOf(output: "str" | "int" | "ip", value: string): string {
  if (output === "str") return "str";
  if (output === "int") return "sint";
  const address = parseAddress(value);
  return address !== null && address.length === 16 ? "ipv6" : "ipv4";
}

/** The text as the type that the method compares; null when it is none. */
function sampleOf({ method: { expects } }: Reading, text: string): Value | null {
  if (expects === null) return text;
  const cast = castOf("str", expects);
  if (cast === "=") return text;
  // Texts are cast without a look at the rest.
  return cast(text, {} as SampleContext);
}
