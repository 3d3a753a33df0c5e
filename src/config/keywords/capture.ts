import { textOf } from "../../lang/line.ts";
import type { Args } from "../../lang/args.ts";
import type { ProxyContext } from "../context.ts";
import { takeChoice, takeInteger } from "../../lang/values.ts";
import { markFormat } from "./format-mark.ts";
import type { Keyword } from "./keyword.ts";
import { FRONT, FRONT_ONLY } from "./where.ts";

type Row = Keyword<ProxyContext>;

/** `len <number>`; null after a complaint. A length of 0 keeps nothing of the value. */
function takeLength(args: Args, min: number): number | null {
  const word = args.take("'len' and a length");
  if (word === null) return null;
  if (word.text !== "len") {
    return args.error("config/bad-value", word, `'${args.label}' expects 'len', not '${word.text}'`);
  }
  return takeInteger(args, { min, lax: true });
}

function captureCookie(c: ProxyContext, args: Args): void {
  const name = args.take("the name of a cookie, or how it starts");
  if (name === null) return;
  const len = takeLength(args, 0);
  if (len === null) return;
  c.proxy.captureCookie = { name: name.text, len };
  c.proxy.marks.set("capture cookie len", args.words[args.index - 1]!);
  c.proxy.marks.set("capture cookie", args.keyword);
}

function captureHeader(c: ProxyContext, args: Args, list: "requestCaptures" | "responseCaptures"): void {
  const header = args.take("'header' and a name");
  if (header === null) return;
  if (header.text !== "header") {
    args.error("config/bad-value", header, `'${args.label}' captures a 'header', not '${header.text}'`);
    return void args.rest();
  }
  const name = args.take("the name of a header");
  if (name === null) return;
  const len = takeLength(args, 0);
  if (len !== null) c.proxy[list].push({ header: name.text.toLowerCase(), len });
}

function format(name: string, help: string, set: (c: ProxyContext, text: ReturnType<typeof textOf>) => void): Row {
  return {
    name,
    where: FRONT,
    usage: "<format>",
    help,
    parse: (c, args) => {
      const word = args.take("one word: quote the format or escape its spaces");
      if (word === null) return;
      if (name === "error-log-format") markFormat(c, args, name);
      else c.proxy.marks.set(name, args.keyword);
      set(c, textOf(word));
    },
  };
}

/** What of a stream is kept for its log line, and the formats beside `log-format` (manual, sections 4.2 and 8.8). */
export const captureKeywords: readonly Row[] = [
  {
    name: "capture",
    where: FRONT_ONLY,
    usage: "{cookie <name> | request header <name> | response header <name>} len <length>",
    help: "Keep a header or a cookie for the log line",
    parse: (c, args) => {
      const what = takeChoice(args, ["cookie", "request", "response"]);
      if (what === null) return void args.rest();
      const cookie = what === "cookie";
      const usage = cookie ? "<name> len <length>" : "header <name> len <length>";
      const sub = args.sub(args.words[args.index - 1]!, `capture ${what}`, usage);
      if (cookie) captureCookie(c, sub);
      else captureHeader(c, sub, what === "request" ? "requestCaptures" : "responseCaptures");
      args.index = sub.index;
    },
  },
  {
    name: "declare",
    where: FRONT_ONLY,
    misplaced: "error",
    extra: "warning",
    usage: "capture {request | response} len <length>",
    help: "Make room for a value that rules capture",
    parse: (c, args) => {
      if (takeChoice(args, ["capture"]) === null) return void args.rest();
      const side = takeChoice(args, ["request", "response"]);
      if (side === null) return void args.rest();
      const len = takeLength(args, 1);
      if (len === null) return;
      c.proxy[side === "request" ? "requestCaptures" : "responseCaptures"].push({ header: null, len });
    },
  },
  format("log-format-sd", "Structured data of rfc5424 log lines", (c, text) => {
    c.proxy.logFormatSd = text;
  }),
  format("error-log-format", "What lines about connections without a stream look like", (c, text) => {
    c.proxy.errorLogFormat = text;
  }),
  format("unique-id-format", "Text that identifies a request", (c, text) => {
    c.proxy.uniqueIdFormat = text;
  }),
  {
    name: "unique-id-header",
    where: FRONT,
    extra: "warning",
    usage: "<name>",
    help: "Header that carries the unique id to the server",
    parse: (c, args) => {
      const name = args.take("the name of a header");
      if (name !== null) c.proxy.uniqueIdHeader = name.text;
    },
  },
];
