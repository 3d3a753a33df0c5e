import { actionRow, actionsOf, isLater } from "../../rules/actions.ts";
import { LITERAL } from "../../rules/http/redirect.ts";
import type { ActionParts, ActionRow, RuleSet } from "../../rules/types.ts";
import { Args } from "../../lang/args.ts";
import { suggest } from "../../lang/suggest.ts";
import { textOf, type Word } from "../../lang/line.ts";
import type { ProxyContext } from "../context.ts";
import type { ConditionModel, RuleModel, TextModel } from "../model.ts";
import type { Keyword } from "./keyword.ts";
import { BOTH, FRONT_ONLY, PROXY_ONLY } from "./where.ts";

type Row = Keyword<ProxyContext>;
type List = "httpRequest" | "httpResponse" | "httpAfterResponse";

/** Rules and ACLs of a defaults section: only a named one may hold them (manual, section 4). True: it may not, and was told. */
export function refusedInDefaults(c: ProxyContext, args: Args): boolean {
  if (c.proxy.kind !== "defaults" || c.proxy.name !== "") return false;
  args.rest();
  const message = `'${args.label}' is not possible in a defaults section without a name`;
  args.error("config/not-here", args.keyword, message, "give it a name, or write it in the frontend or backend");
  return true;
}

/** `[{if | unless} <condition>]` at the end of a line; undefined after a complaint, null = none. */
export function takeCondition(args: Args): ConditionModel | null | undefined {
  const word = args.peek();
  if (word === null) return null;
  if (word.text !== "if" && word.text !== "unless") {
    args.error(
      "rule/extra-argument",
      word,
      `'${args.label}' expects 'if', 'unless' or the end of the line, not '${word.text}'`,
    );
    return undefined;
  }
  args.next();
  if (args.take("a condition") === null) return undefined;
  args.index--;
  return { at: word.at, unless: word.text === "unless", words: args.rest().map(textOf) };
}

/** The action's word: its row and, for `set-var(txn.x)`, what stands in the parentheses. */
function findAction(args: Args, ruleset: RuleSet): { row: ActionRow; word: Word; argument: TextModel | null } | null {
  const word = args.take("an action");
  if (word === null) return null;
  const open = word.text.indexOf("(");
  const name = open < 0 ? word.text : word.text.slice(0, open);
  const row = actionRow(ruleset, name);
  if (row === undefined || !row.where.includes(ruleset)) {
    if (row === undefined && isLater(ruleset, name)) {
      args.error("config/not-supported", word, `'${ruleset} ${name}' is known to HAProxy, not supported yet`);
      return null;
    }
    const known = actionsOf(ruleset);
    const near = suggest(name, known);
    const hint = near === null ? `one of ${known.join(", ")}` : `did you mean '${near}'?`;
    args.error("rule/unknown-action", word, `'${ruleset}' has no action '${name}'`, hint);
    return null;
  }
  if (open < 0 && row.parenthesis !== "needed") return { row, word, argument: null };
  if (row.parenthesis === undefined) {
    args.error("rule/bad-argument", word, `'${ruleset} ${name}' takes no parentheses`);
    return null;
  }
  if (open < 0 || !word.text.endsWith(")")) {
    args.error(
      "rule/bad-argument",
      word,
      `an argument in parentheses is expected behind '${name}'`,
      `usage: ${name}${row.usage}`,
    );
    return null;
  }
  const from = textOf(word).at.column + open + 1;
  const argument = {
    text: word.text.slice(open + 1, -1),
    at: { ...word.at, column: from },
    endColumn: from + word.text.length - open - 2,
  };
  return { row, word, argument };
}

/** Reads an action and its condition; null after a complaint, with all words read. */
export function takeRule(c: ProxyContext, args: Args, ruleset: RuleSet): RuleModel | null {
  const found = findAction(args, ruleset);
  if (found === null) return null;
  return finishRule(c, args, ruleset, found);
}

function finishRule(
  c: ProxyContext,
  args: Args,
  ruleset: RuleSet,
  { row, word, argument }: { row: ActionRow; word: Word; argument: TextModel | null },
): RuleModel | null {
  if (row.experimental && !c.global.marks.has("expose-experimental-directives")) {
    const hint = "write 'expose-experimental-directives' in the global section above";
    return args.error("rule/experimental", word, `'${ruleset} ${row.name}' is experimental in HAProxy`, hint);
  }
  const sub = new Args(word, args.words, c.diagnostics, `${ruleset} ${row.name}`, row.usage, args.index);
  const read = row.parse(sub, {
    readFile: c.env.readFile,
    bufsize: c.global.bufsize,
    backend: c.proxy.kind === "backend",
  });
  if (read === null) return null;
  const parts = row.name === "capture" ? withSlot(c, args, read) : read;
  if (parts === null) return null;
  const condition = takeCondition(sub);
  if (condition === undefined) return null;
  args.index = sub.index;
  const texts = argument === null ? parts.texts : { ...parts.texts, argument };
  const action = { kind: row.name, at: word.at, endColumn: word.endColumn, ...parts, texts };
  return { at: args.keyword.at, action, condition };
}

function ruleset(name: RuleSet, list: List, help: string): Row {
  return {
    name,
    where: BOTH,
    usage: "<action> [{if | unless} <condition>]",
    help,
    parse: (c, args) => {
      if (refusedInDefaults(c, args)) return;
      const rule = takeRule(c, args, name);
      if (rule === null) return void args.rest();
      c.proxy.marks.set(name, args.keyword);
      c.proxy[list].push(rule);
    },
  };
}

/** `capture … len <length>` makes room of its own: a slot behind those the frontend has so far. */
function withSlot(c: ProxyContext, args: Args, parts: ActionParts): ActionParts | null {
  const { len } = parts.texts;
  if (len === undefined) return parts;
  if (c.proxy.kind === "backend") {
    args.diagnostics.error("rule/bad-argument", len.at, "a backend has no capture slots of its own", {
      endColumn: len.endColumn,
      hint: "declare one in the frontend and name it by 'id <slot>'",
    });
    return null;
  }
  const slot = c.proxy.requestCaptures.push({ header: null, len: Number(len.text) }) - 1;
  return { ...parts, texts: { ...parts.texts, id: { ...len, text: String(slot) } } };
}

const RESERVED = new Set(["if", "unless", "or", "||", "!"]);

/** ACLs, rules and the choice of a backend (manual, sections 4.2 and 7). */
export const ruleKeywords: readonly Row[] = [
  {
    name: "acl",
    where: BOTH,
    usage: "<name> <expression> [<flag>]* [<pattern>]*",
    help: "Name a test that conditions of this section use",
    parse: (c, args) => {
      if (refusedInDefaults(c, args)) return;
      const name = args.take("a name");
      if (name === null) return;
      const bad = /[^A-Za-z0-9_:.-]/.exec(name.text);
      if (bad !== null) {
        args.error(
          "config/bad-name",
          name,
          `'${bad[0]}' is not possible in the ACL name '${name.text}'`,
          "letters, digits, '-', '_', '.' and ':'",
        );
        return void args.rest();
      }
      if (RESERVED.has(name.text)) {
        args.error(
          "config/bad-name",
          name,
          `an ACL named '${name.text}' could not be used: conditions read the word otherwise`,
        );
        return void args.rest();
      }
      if (args.take("a sample expression") === null) return;
      args.index--;
      c.proxy.acls.push({ at: args.keyword.at, name: textOf(name), words: args.rest().map(textOf) });
    },
  },
  ruleset("http-request", "httpRequest", "A rule about requests"),
  ruleset("http-response", "httpResponse", "A rule about responses"),
  ruleset("http-after-response", "httpAfterResponse", "A rule about responses, those made here included"),
  {
    name: "redirect",
    where: PROXY_ONLY,
    usage: "{location|prefix|scheme} <fmt> [options] [{if | unless} <condition>]",
    help: "Answer with a redirection",
    parse: (c, args) => {
      const row = actionRow("http-request", "redirect")!;
      const rule = finishRule(c, args, "http-request", { row, word: args.keyword, argument: null });
      if (rule === null) return void args.rest();
      c.proxy.marks.set("redirect", args.keyword);
      c.proxy.redirects.push({ ...rule, action: { ...rule.action, flags: [...rule.action.flags, LITERAL] } });
    },
  },
  {
    name: "monitor",
    where: FRONT_ONLY,
    usage: "fail {if | unless} <condition>",
    help: "When the monitor URI is answered with 503",
    parse: (c, args) => {
      const word = args.take("'fail'");
      if (word === null) return;
      if (word.text !== "fail") return void args.error("config/bad-value", word, "'monitor' only knows 'fail'");
      const condition = takeCondition(args);
      if (condition === undefined) return void args.rest();
      if (condition === null) return void args.take("'if' or 'unless' and a condition");
      c.proxy.monitorFail = [...c.proxy.monitorFail, { at: args.keyword.at, condition }];
    },
  },
  {
    name: "use_backend",
    where: FRONT_ONLY,
    usage: "<backend> [{if | unless} <condition>]",
    help: "Send requests that meet a condition to this backend; the first match counts",
    parse: (c, args) => {
      const backend = args.take("the name of a backend");
      if (backend === null) return;
      const condition = takeCondition(args);
      if (condition === undefined) return void args.rest();
      c.proxy.marks.set("use_backend", args.keyword);
      c.proxy.useBackend.push({ at: args.keyword.at, backend: textOf(backend), condition });
    },
  },
];
