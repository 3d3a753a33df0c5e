import type { Args } from "../../lang/args.ts";
import { suggest } from "../../lang/suggest.ts";
import { textOf } from "../../lang/line.ts";
import type { RuleSet } from "../../rules/types.ts";
import type { ProxyContext } from "../context.ts";
import { takeTime } from "../../lang/values.ts";
import type { Keyword } from "./keyword.ts";
import { refusedInDefaults, takeCondition, takeRule } from "./rules.ts";
import { BACK, BACK_ONLY, BOTH } from "./where.ts";

type List = "tcpConnection" | "tcpSession" | "tcpContent" | "tcpResponse";

/** Rulesets by the word behind the keyword. */
const requestLists: Readonly<Record<string, List>> = {
  connection: "tcpConnection",
  session: "tcpSession",
  content: "tcpContent",
};
const responseLists: Readonly<Record<string, List>> = { content: "tcpResponse" };

function parse(c: ProxyContext, args: Args, lists: Readonly<Record<string, List>>): void {
  const keyword = args.keyword.text;
  const names = ["inspect-delay", ...Object.keys(lists)];
  const what = args.take(`one of ${names.join(", ")}`);
  if (what === null) return;
  if (what.text === "inspect-delay") {
    if (c.proxy.kind === "defaults" && c.proxy.name === "") refusedInDefaults(c, args);
    else parseDelay(c, args, keyword);
    return;
  }
  const list = Object.hasOwn(lists, what.text) ? lists[what.text] : undefined;
  if (list === undefined) {
    const near = suggest(what.text, names);
    const hint = near === null ? `one of ${names.join(", ")}` : `did you mean '${near}'?`;
    args.error("config/bad-value", what, `'${keyword}' does not know '${what.text}'`, hint);
    return void args.rest();
  }
  if (refusedInDefaults(c, args)) return;
  if ((list === "tcpConnection" || list === "tcpSession") && c.proxy.kind === "backend") {
    const message = `'${keyword} ${what.text}' is possible only in a frontend or listen: a backend has no connections of clients`;
    args.error("config/not-here", what, message);
    return void args.rest();
  }
  const ruleset = `${keyword} ${what.text}` as RuleSet;
  const rule = takeRule(c, args, ruleset);
  if (rule === null) return void args.rest();
  c.proxy.marks.set(ruleset, args.keyword);
  c.proxy[list].push(rule);
}

function parseDelay(c: ProxyContext, args: Args, keyword: string): void {
  const time = takeTime(args);
  if (time === null) return;
  if (keyword === "tcp-request") c.proxy.inspectDelay = time;
  else c.proxy.responseDelay = time;
  c.proxy.marks.set(`${keyword} inspect-delay`, args.keyword);
}

/** Rules about connections, sessions and raw bytes, and the choice of a server (manual, section 4.2). */
export const tcpRuleKeywords: readonly Keyword<ProxyContext>[] = [
  {
    name: "tcp-request",
    where: BOTH,
    usage: "{inspect-delay <time> | {connection|session|content} <action> [{if | unless} <condition>]}",
    help: "A rule about new connections, sessions or the bytes they begin with",
    parse: (c, args) => parse(c, args, requestLists),
  },
  {
    name: "tcp-response",
    where: BACK,
    usage: "{inspect-delay <time> | content <action> [{if | unless} <condition>]}",
    help: "A rule about the first bytes of a server",
    misplaced: "error",
    parse: (c, args) => parse(c, args, responseLists),
  },
  {
    name: "use-server",
    where: BACK_ONLY,
    usage: "<server> {if | unless} <condition>",
    help: "Send what meets a condition to this server; the first match with a server that is up counts",
    misplaced: "error",
    parse: (c, args) => {
      const server = args.take("the name of a server");
      if (server === null) return;
      const condition = takeCondition(args);
      if (condition === undefined) return void args.rest();
      if (condition === null) return void args.take("'if' or 'unless' and a condition");
      c.proxy.marks.set("use-server", args.keyword);
      c.proxy.useServer.push({ at: args.keyword.at, server: textOf(server), condition });
    },
  },
];
