/** show table, set table, clear table (management manual, section 9.3), in the words of HAProxy 2.6. */
import type { Table } from "../../../table/table.ts";
import type { Answer, Call, Command } from "../command.ts";
import { atLeast, failure } from "../command.ts";
import { dumpTable, tableLine, withoutEntries } from "./table-dump.ts";
import { readFilters } from "./table-filter.ts";
import { readKey } from "./table-key.ts";
import { fieldOf, readNumber } from "./table-value.ts";

type Action = "show" | "set" | "clear";

const USAGE: Readonly<Record<Action, string>> = {
  show: 'Optional argument only supports "data.<store_data_type>" <operator> <value> and key <key>',
  set: "Required arguments: <table> key <key> [data.<store_data_type> <value>]*",
  clear: 'Required arguments: <table> "data.<store_data_type>" <operator> <value> or <table> key <key>',
};

export const showTable: Command = {
  name: "show table",
  usage: "show table <table> [<filter>]*",
  help: "report table usage stats or dump this table's contents",
  run: (call) => {
    if (call.args[0] !== undefined && call.args[0] !== "") return onTable(call, "show");
    return summaries(call);
  },
};

export const setTable: Command = {
  name: "set table",
  usage: "set table <table> key <k> [data.* <v>]*",
  help: "update or create a table entry's data",
  level: "operator",
  run: (call) => onTable(call, "set"),
};

export const clearTable: Command = {
  name: "clear table",
  usage: "clear table <table> [<filter>]*",
  help: "remove an entry from a table (filter: data/key)",
  level: "operator",
  run: (call) => onTable(call, "clear"),
};

/** As in HAProxy, the table written last comes first. */
function* summaries({ ctx, nowMs }: Call): Generator<string> {
  for (const table of [...ctx.stickTables()].reverse()) yield tableLine(table, nowMs);
}

function onTable({ ctx, session, args, nowMs }: Call, action: Action): Answer {
  const [name = "", what = ""] = args;
  if (name === "") return failure(USAGE[action]);
  const table = ctx.stickTables().find((one) => one.name === name);
  if (table === undefined) return failure("No such table");
  const trusted = atLeast(session.level, "operator");
  if (what === "key") return trusted ? onKey(table, args, action, nowMs) : failure("Permission denied");
  if (what.startsWith("data.")) {
    if (action === "set") return failure('content-based lookup is only supported with the "show" and "clear" actions');
    const filters = readFilters(table, args.slice(1));
    if (typeof filters === "string") return failure(filters);
    if (!trusted) return withoutEntries(table, nowMs);
    return action === "show" ? dumpTable(table, filters, nowMs) : clearEntries(table, filters, nowMs);
  }
  if (what !== "") return failure(USAGE[action]);
  if (action === "set") return "";
  if (!trusted) return withoutEntries(table, nowMs);
  return action === "show" ? dumpTable(table, [], nowMs) : clearEntries(table, [], nowMs);
}

function clearEntries(table: Table, filters: readonly ((entry: number) => boolean)[], nowMs: number): string {
  for (let entry = table.next(0, nowMs); entry >= 0; entry = table.next(entry + 1, nowMs)) {
    if (filters.every((passes) => passes(entry))) table.remove(entry);
  }
  return "";
}

function onKey(table: Table, args: readonly string[], action: Action, nowMs: number): Answer {
  const [, , text = ""] = args;
  if (text === "") return failure("Key value expected");
  const key = readKey(table, text, action);
  if (typeof key === "object" && "error" in key) return failure(key.error);
  if (action === "set") {
    const entry = table.obtain(key, nowMs);
    if (entry < 0) return failure("Unable to allocate a new entry");
    const problem = setData(table, entry, args, nowMs);
    table.touch(entry, nowMs);
    return problem === null ? "" : failure(problem);
  }
  const entry = table.lookup(key, nowMs);
  if (entry < 0) return "";
  if (action === "clear") return table.remove(entry) ? "" : failure("Entry currently in use, cannot remove");
  return dumpTable(table, [(one) => one === entry], nowMs);
}

/** What was set before the first problem stays set. */
function setData(table: Table, entry: number, args: readonly string[], nowMs: number): string | null {
  for (let i = 3; i < args.length && args[i] !== ""; i += 2) {
    const word = args[i]!;
    if (!word.startsWith("data.")) return '"data.<type>" followed by a value expected';
    const field = fieldOf(table, word.slice("data.".length));
    if (typeof field === "string") return field;
    const value = readNumber(args[i + 1] ?? "");
    if (value === null) return "Require a valid integer value to store";
    if (field.kind !== "text") table.set(entry, field, value, nowMs);
  }
  return null;
}
