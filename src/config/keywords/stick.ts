import type { Args } from "../../lang/args.ts";
import { suggest } from "../../lang/suggest.ts";
import { textOf } from "../../lang/line.ts";
import { takeExpression } from "../../rules/parts.ts";
import type { ProxyContext } from "../context.ts";
import type { StickModel, TextModel } from "../model.ts";
import type { Keyword } from "./keyword.ts";
import { takeCondition } from "./rules.ts";
import { BACK_ONLY } from "./where.ts";

type Kind = Pick<StickModel, "match" | "store" | "response">;

const kinds: Readonly<Record<string, Kind>> = {
  on: { match: true, store: true, response: false },
  match: { match: true, store: false, response: false },
  // Not in the manual, but HAProxy takes it.
  store: { match: false, store: true, response: false },
  "store-request": { match: false, store: true, response: false },
  "store-response": { match: false, store: true, response: true },
};

function takeKind(args: Args): Kind | null {
  const names = Object.keys(kinds).filter((name) => name !== "store");
  const word = args.take(`one of ${names.join(", ")}`);
  if (word === null) return null;
  if (Object.hasOwn(kinds, word.text)) return kinds[word.text]!;
  const near = suggest(word.text, names);
  const hint = near === null ? `one of ${names.join(", ")}` : `did you mean '${near}'?`;
  return args.error("config/bad-value", word, `'stick' does not know '${word.text}'`, hint);
}

/** Null after a complaint. */
function takeStick(args: Args): StickModel | null {
  const kind = takeKind(args);
  if (kind === null) return null;
  const expression = takeExpression(args, "a sample expression");
  if (expression === null) return null;
  let table: TextModel | null = null;
  if (args.peek()?.text === "table") {
    args.next();
    const word = args.take("the name of a stick table");
    if (word === null) return null;
    table = textOf(word);
  }
  const condition = takeCondition(args);
  if (condition === undefined) return null;
  return { at: args.keyword.at, ...kind, expression, table, condition };
}

function persistRow(kind: "force" | "ignore", help: string): Keyword<ProxyContext> {
  return {
    name: `${kind}-persist`,
    where: BACK_ONLY,
    usage: "{if | unless} <condition>",
    help,
    parse: ({ proxy }, args) => {
      const condition = takeCondition(args);
      if (condition === undefined) return void args.rest();
      if (condition === null) return void args.take("'if' or 'unless' and a condition");
      proxy.persistRules.push({ at: args.keyword.at, kind, condition });
    },
  };
}

/** Persistence by stick tables, and its exceptions (manual, section 4.2). */
export const stickKeywords: readonly Keyword<ProxyContext>[] = [
  {
    name: "stick",
    where: BACK_ONLY,
    usage: "{on | match | store-request | store-response} <expression> [table <name>] [{if | unless} <condition>]",
    misplaced: "unread",
    help: "Send clients where the table says they were before, or remember where they went",
    parse: ({ proxy }, args) => {
      const rule = takeStick(args);
      if (rule === null) args.rest();
      else proxy.stickRules.push(rule);
    },
  },
  persistRow("force", "Clients that meet a condition stick to servers that are down"),
  persistRow("ignore", "Cookies of clients that meet a condition choose no server"),
];
