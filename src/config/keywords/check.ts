import type { Args } from "../../lang/args.ts";
import type { ProxyContext } from "../context.ts";
import type { ProxyDraft } from "../draft.ts";
import { takeChoice } from "../../lang/values.ts";
import { addLine } from "./check-lines.ts";
import { CONNECT_USAGE, parseConnect } from "./check-connect.ts";
import { parseHttpExpect, parseTcpExpect } from "./check-expect.ts";
import { parseRequest, parseSend } from "./check-send.ts";
import { parseSetVar, parseUnsetVar, VARIABLES } from "./check-variables.ts";
import type { Keyword } from "./keyword.ts";
import { KeywordTable } from "./keyword.ts";
import { BACK } from "./where.ts";

type Row = Keyword<ProxyContext>;

function rule(name: string, usage: string, help: string, parse: Row["parse"]): Row {
  return { name, where: BACK, usage, help, parse };
}

function change(c: ProxyContext, values: Partial<ProxyDraft["httpCheck"]>): void {
  c.proxy.httpCheck = { ...c.proxy.httpCheck, ...values };
  if (c.proxy.check.kind === "http") c.proxy.check = c.proxy.httpCheck;
}

const EXPECT_USAGE =
  "[min-recv <bytes>] [comment <text>] [ok-status <st>] [error-status <st>] [tout-status <st>] [on-success <fmt>] [on-error <fmt>] [status-code <expr>] [!] <match> <pattern>";

/** `http-check …` (manual section 4.2). */
export const httpCheckRules = new KeywordTable<ProxyContext>("http-check", [
  [
    rule("disable-on-404", "", "A 404 takes the server out softly instead of marking it down", (c) => {
      change(c, { disableOn404: true });
    }),
    rule("send-state", "", "Tell the server its state in X-Haproxy-Server-State", (c) => {
      change(c, { sendState: true });
    }),
    ...scriptRules("http"),
    rule(
      "send",
      "[meth <method>] [{uri <uri> | uri-lf <fmt>}] [ver <version>] [hdr <name> <fmt>]* [{body <text> | body-lf <fmt>}] [comment <text>]",
      "A request of the check",
      parseRequest,
    ),
    rule("expect", EXPECT_USAGE, "What a good answer looks like", parseHttpExpect),
  ],
]);

/** `tcp-check …` (manual section 4.2). */
export const tcpCheckRules = new KeywordTable<ProxyContext>("tcp-check", [
  [
    ...scriptRules("tcp"),
    rule("send", "<data> [comment <text>]", "Bytes to send", parseSend),
    rule("send-binary", "<hex> [comment <text>]", "Bytes to send, in hexadecimal digits", parseSend),
    rule("send-lf", "<fmt> [comment <text>]", "A text to send, made by a format", parseSend),
    rule("send-binary-lf", "<fmt> [comment <text>]", "Bytes to send, in digits made by a format", parseSend),
    rule("expect", EXPECT_USAGE, "What a good answer looks like", parseTcpExpect),
  ],
]);

/** Those both have. */
function scriptRules(protocol: "http" | "tcp"): Row[] {
  return [
    rule("comment", "<text>", "Text for reports of the rules that follow", (c, args) => {
      const word = args.take("a text");
      if (word === null) return;
      addLine(c, protocol, args.keyword, { kind: "comment", step: 0, text: word.text });
      args.ignoreRest();
    }),
    rule("connect", CONNECT_USAGE, "Open a connection", (c, args) => parseConnect(c, args, protocol)),
    rule(
      "set-var",
      "(<scope>.<name>[,<condition>…]) <expr>",
      "Keep the value of an expression in a variable",
      (c, args) => parseSetVar(c, args, protocol, false),
    ),
    rule("set-var-fmt", "(<scope>.<name>[,<condition>…]) <fmt>", "Keep the text of a format in a variable", (c, args) =>
      parseSetVar(c, args, protocol, true),
    ),
    rule("unset-var", "(<scope>.<name>)", "Forget a variable", (c, args) => parseUnsetVar(c, args, protocol)),
  ];
}

export const checkKeywords: readonly Row[] = [
  {
    name: "external-check",
    where: BACK,
    usage: "command <command> | path <path>",
    help: "The program that checks the servers, and the variable PATH it gets",
    parse: (c, args) => {
      const what = takeChoice(args, ["command", "path"]);
      if (what === null) return void args.rest();
      const word = args.take(what === "command" ? "the program to run" : "the folders of programs");
      if (word === null) return;
      c.proxy[what === "command" ? "externalCommand" : "externalPath"] = word.text;
      c.proxy.marks.set(`external-check ${what}`, word);
    },
  },
  {
    name: "http-check",
    where: BACK,
    usage: "<rule> [arguments]",
    help: "A rule of the HTTP health check",
    parse: (c, args) => parseRule(c, args, httpCheckRules, "http-check"),
  },
  {
    name: "tcp-check",
    where: BACK,
    usage: "<rule> [arguments]",
    help: "A rule of the TCP health check",
    parse: (c, args) => parseRule(c, args, tcpCheckRules, "tcp-check"),
  },
];

/** `set-var(check.x)` is the rule `set-var`: its parentheses are read by the rule itself. */
function parseRule(c: ProxyContext, args: Args, rules: KeywordTable<ProxyContext>, label: string): void {
  const word = args.take(`one of ${rules.names().join(", ")}`);
  if (word === null) return;
  const paren = word.text.indexOf("(");
  const name = paren < 0 ? word.text : word.text.slice(0, paren);
  const row = paren < 0 || VARIABLES.has(name) ? rules.get(name) : undefined;
  if (row === undefined) {
    args.rest();
    const near = rules.suggest(name);
    args.error(
      "config/unknown-keyword",
      word,
      `there is no rule '${label} ${word.text}'`,
      near === null ? undefined : `did you mean '${near}'?`,
    );
    return;
  }
  c.proxy.marks.set(label, args.keyword);
  const sub = args.sub(word, `${label} ${row.name}`, row.usage);
  row.parse(c, sub);
  args.index = sub.index;
}
