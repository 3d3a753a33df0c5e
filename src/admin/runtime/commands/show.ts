/** show info, show stat, show schema json: the statistics. */
import { infoFields, infoJson, infoText, infoTyped } from "../../stats/info.ts";
import { schema } from "../../stats/schema.ts";
import { selectAll, statRows, type Selection } from "../../stats/select.ts";
import { csv, json, typed } from "../../stats/write.ts";
import { atLeast, failure, type Answer, type Call, type Command } from "../command.ts";

/** The last of typed and json that was given, and whether descriptions are wanted. */
function formatOf(words: readonly string[]): { format: "text" | "typed" | "json"; help: boolean } {
  let format: "text" | "typed" | "json" = "text";
  for (const word of words) if (word === "typed" || word === "json") format = word;
  return { format, help: words.includes("desc") };
}

export const showInfo: Command = {
  name: "show info",
  usage: "show info [desc|json|typed|float]*",
  help: "report about the process and its limits",
  run({ ctx, args, nowMs }): string {
    const { format, help } = formatOf(args);
    const fields = infoFields(ctx, nowMs, args.includes("float"));
    if (format === "json") return infoJson(fields);
    return format === "typed" ? infoTyped(fields, help) : infoText(fields, help);
  },
};

/** A number as atoi() reads it: leading digits, else 0. */
function integer(text: string | undefined): number {
  const value = Number.parseInt(text ?? "", 10);
  return Number.isNaN(value) ? 0 : value;
}

function selection({ ctx, session, args, nowMs }: Call): Selection | null {
  const base = selectAll(nowMs, atLeast(session.level, "operator"));
  const filters = { noMaint: args.includes("no-maint"), onlyUp: args.includes("up") };
  // Three values: proxy (number or name), types, server. With fewer, everything is shown.
  if (args.length < 3 || !/^-?\d/.test(args[1]!)) return { ...base, ...filters };
  let iid = integer(args[0]);
  if (!/^-?\d+$/.test(args[0]!)) {
    const proxy = ctx.model().proxies.find((p) => p.name === args[0]);
    if (proxy === undefined) return null;
    iid = proxy.id;
  }
  return { ...base, ...filters, iid, types: integer(args[1]), sid: integer(args[2]) };
}

export const showStat: Command = {
  name: "show stat",
  usage: "show stat [desc|json|no-maint|typed|up]*",
  help: "report the counters of every proxy and server",
  run(call): Answer {
    const chosen = selection(call);
    if (chosen === null) return failure("No such proxy.");
    const rows = statRows(call.ctx, chosen);
    const { format, help } = formatOf(call.args);
    if (format === "json") return json(rows);
    return format === "typed" ? typed(rows, help) : csv(rows);
  },
};

export const showSchema: Command = {
  name: "show schema json",
  usage: "show schema json",
  help: "describe the JSON of show info and show stat",
  run: () => `${JSON.stringify(schema)}\n`,
};
