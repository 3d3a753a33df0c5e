import type { Args } from "../../lang/args.ts";
import type { ProxyContext } from "../context.ts";
import type { Draft, ProxyDraft } from "../draft.ts";
import { takeChoice, takeInteger } from "../../lang/values.ts";
import { beginOwnCheck } from "./own-check.ts";
import { takeExpect } from "./http-expect.ts";
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

/** `http-check …` (manual section 4.2). */
export const httpCheckRules = new KeywordTable<ProxyContext>("http-check", [
  [
    rule("disable-on-404", "", "A 404 takes the server out softly instead of marking it down", (c) => {
      change(c, { disableOn404: true });
    }),
    rule("send-state", "", "Tell the server its state in X-Haproxy-Server-State", (c) => {
      change(c, { sendState: true });
    }),
    rule("comment", "<text>", "Text for reports of a failed rule", (_, args) => void args.take("a text")),
    rule("connect", "[default] [port <port>] [linger]", "Open the connection of the check", parseConnect),
    rule(
      "send",
      "[meth <method>] [uri <uri>] [ver <version>] [hdr <name> <value>]* [body <text>]",
      "The request of the check",
      parseSend,
    ),
    rule("expect", "[min-recv <bytes>] [!] <match> <pattern>", "What a good answer looks like", (c, args) => {
      const expect = takeExpect(args);
      if (expect === null) return;
      beginOwnCheck(c.proxy, args.keyword, false);
      change(c, { expects: [...c.proxy.httpCheck.expects, expect] });
    }),
  ],
]);

const LATER: ReadonlySet<string> = new Set(["set-var", "set-var-fmt", "unset-var"]);

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
    parse: parseHttpCheck,
  },
  {
    name: "tcp-check",
    where: BACK,
    usage: "connect",
    help: "A rule of the TCP health check; only the bare connection so far",
    parse: (c, args) => {
      const word = args.take("a rule");
      if (word === null) return;
      c.proxy.marks.set("tcp-check", args.keyword);
      if (word.text === "comment") void args.take("a text");
      else if (word.text !== "connect" || !args.done) {
        args.rest();
        args.error(
          "config/not-supported",
          word,
          `'tcp-check ${word.text}' with arguments is known to HAProxy, not supported yet`,
        );
      }
    },
  },
];

function parseHttpCheck(c: ProxyContext, args: Args): void {
  const word = args.take(`one of ${httpCheckRules.names().join(", ")}`);
  if (word === null) return;
  const row = httpCheckRules.get(word.text);
  if (row === undefined) {
    args.rest();
    if (LATER.has(word.text.replace(/\(.*$/, ""))) {
      args.error("config/not-supported", word, `'http-check ${word.text}' is known to HAProxy, not supported yet`);
      return;
    }
    const near = httpCheckRules.suggest(word.text);
    args.error(
      "config/unknown-keyword",
      word,
      `there is no rule 'http-check ${word.text}'`,
      near === null ? undefined : `did you mean '${near}'?`,
    );
    return;
  }
  c.proxy.marks.set("http-check", args.keyword);
  const sub = args.sub(word, `http-check ${row.name}`, row.usage);
  row.parse(c, sub);
  args.index = sub.index;
}

function parseConnect(c: ProxyContext, args: Args): void {
  // It would open a connection of its own for what follows: a check has one here.
  const { marks, httpCheck } = c.proxy;
  if (marks.has("http-check connect") || (marks.has("own check rules") && httpCheck.expects.length > 0)) {
    args.rest();
    args.error(
      "config/not-supported",
      args.keyword,
      "more than one 'http-check connect', or one behind an 'http-check expect', is known to HAProxy, not supported yet",
    );
    return;
  }
  marks.set("http-check connect", args.keyword);
  for (let word = args.next(); word !== null; word = args.next()) {
    if (word.text === "default" || word.text === "linger") continue;
    if (word.text === "comment") void args.take("a text");
    else if (word.text === "port") {
      const port = takeInteger(args, { min: 1, max: 65535 });
      if (port === null) return;
      change(c, { connectPort: port });
    } else {
      args.rest();
      args.error("config/not-supported", word, `'http-check connect ${word.text}' is not supported yet`);
      return;
    }
  }
}

function parseSend(c: ProxyContext, args: Args): void {
  if (c.proxy.marks.has("http-check send")) {
    args.rest();
    args.error(
      "config/not-supported",
      args.keyword,
      "a second 'http-check send' is known to HAProxy, not supported yet",
    );
    return;
  }
  const headers: [string, string][] = [];
  const values: Partial<Draft<ProxyDraft["httpCheck"]>> = {};
  let body: string | null = null;
  for (let word = args.next(); word !== null; word = args.next()) {
    switch (word.text) {
      case "meth":
      case "uri":
      case "ver":
      case "body": {
        const value = args.take(`a value behind '${word.text}'`);
        if (value === null) return;
        if (word.text === "body") body = value.text;
        else values[word.text === "meth" ? "method" : word.text === "uri" ? "uri" : "version"] = value.text;
        c.proxy.marks.set(`http-check send ${word.text}`, word);
        break;
      }
      case "hdr": {
        const name = args.take("a name and a value behind 'hdr'");
        const value = name === null ? null : args.take("a name and a value behind 'hdr'");
        if (name === null || value === null) return;
        if (/%\[/.test(value.text)) {
          args.error(
            "config/not-supported",
            value,
            "expressions in check headers are known to HAProxy, not supported yet",
          );
          return;
        }
        headers.push([name.text, value.text]);
        break;
      }
      case "comment":
        if (args.take("a text") === null) return;
        break;
      case "uri-lf":
      case "body-lf":
        args.rest();
        args.error("config/not-supported", word, `'${word.text}' is known to HAProxy, not supported yet`);
        return;
      default:
        args.rest();
        args.error(
          "config/bad-value",
          word,
          `'http-check send' has no parameter '${word.text}'`,
          `usage: ${args.label} ${args.usage}`,
        );
        return;
    }
  }
  beginOwnCheck(c.proxy, args.keyword, true);
  change(c, { ...values, headers, body });
  c.proxy.marks.set("http-check send", args.keyword);
}
