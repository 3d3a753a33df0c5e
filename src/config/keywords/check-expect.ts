import type { Args } from "../../lang/args.ts";
import { textOf, type Word } from "../../lang/line.ts";
import { takeExpression } from "../../rules/parts.ts";
import { simpleExpect } from "../check-script.ts";
import type { ProxyContext } from "../context.ts";
import type { Draft } from "../draft.ts";
import type { ExpectRule, HeaderMatch, ScriptMatch } from "../model.ts";
import { addLine, misplaced } from "./check-lines.ts";
import { hexOf } from "./check-send.ts";
import { takeChoice, takeInteger } from "../../lang/values.ts";
import { messageOf } from "../../util/error.ts";

type Method = "str" | "beg" | "end" | "sub" | "reg";

const METHODS: readonly Method[] = ["str", "beg", "end", "sub", "reg"];

/** Result names a rule may report (manual section 4.2, http-check expect). */
const OK_STATUSES = ["L7OK", "L7OKC", "L6OK", "L4OK"] as const;
const ERROR_STATUSES = ["L7OKC", "L7RSP", "L7STS", "L6RSP", "L4CON"] as const;
const TIMEOUT_STATUSES = ["L7TOUT", "L6TOUT", "L4TOUT"] as const;

const HTTP_MATCHES = ["status", "rstatus", "string", "rstring", "string-lf", "hdr", "fhdr"];
const TCP_MATCHES = ["string", "binary", "rstring", "rbinary", "string-lf", "binary-lf"];

export function parseHttpExpect(c: ProxyContext, args: Args): void {
  const wrong = misplaced(c, "http", "expect");
  if (wrong !== null) {
    args.rest();
    return void args.error("config/bad-order", args.keyword, wrong);
  }
  const rule = takeExpect(args, HTTP_MATCHES);
  if (rule === null) return;
  addLine(c, "http", args.keyword, rule);
  // A check with one request has them here.
  const { proxy } = c;
  const simple = simpleExpect(rule);
  if (simple === null) return;
  proxy.httpCheck = { ...proxy.httpCheck, expects: [...proxy.httpCheck.expects, simple] };
  if (proxy.check.kind === "http") proxy.check = proxy.httpCheck;
}

export function parseTcpExpect(c: ProxyContext, args: Args): void {
  const rule = takeExpect(args, TCP_MATCHES);
  if (rule !== null) addLine(c, "tcp", args.keyword, rule);
}

/** The arguments of `expect`. Null after a complaint. */
function takeExpect(args: Args, kinds: readonly string[]): ExpectRule | null {
  const expect: Draft<Omit<ExpectRule, "match">> = {
    kind: "expect",
    step: 0,
    negate: false,
    minRecv: -1,
    okStatus: null,
    errorStatus: null,
    timeoutStatus: null,
    onSuccess: null,
    onError: null,
    statusCode: null,
    comment: null,
  };
  let match: ScriptMatch | null = null;
  for (let word = args.next(); word !== null; word = args.next()) {
    switch (word.text) {
      case "min-recv": {
        const value = takeInteger(args, { min: -1, lax: true });
        if (value === null) return null;
        expect.minRecv = value;
        continue;
      }
      case "comment":
      case "on-success":
      case "on-error": {
        const value = args.take(`a text behind '${word.text}'`);
        if (value === null) return null;
        if (word.text === "comment") expect.comment = value.text;
        else expect[word.text === "on-error" ? "onError" : "onSuccess"] = textOf(value);
        continue;
      }
      case "ok-status":
        if ((expect.okStatus = takeChoice(args, OK_STATUSES)) === null) return null;
        continue;
      case "error-status":
        if ((expect.errorStatus = takeChoice(args, ERROR_STATUSES)) === null) return null;
        continue;
      case "tout-status":
        if ((expect.timeoutStatus = takeChoice(args, TIMEOUT_STATUSES)) === null) return null;
        continue;
      case "status-code":
        if ((expect.statusCode = takeExpression(args, "an expression behind 'status-code'")) === null) return null;
        continue;
      case "!":
        expect.negate = !expect.negate;
        continue;
    }
    let kind = word.text;
    while (kind.startsWith("!")) {
      expect.negate = !expect.negate;
      kind = kind.slice(1);
    }
    if (match !== null) return args.error("config/conflict", word, "only one match is possible in a rule");
    if (!kinds.includes(kind)) {
      args.rest();
      return args.error(
        "config/bad-value",
        word,
        `'${args.label}' does not know '${word.text}'`,
        `one of ${kinds.join(", ")}, with '!' before it to negate`,
      );
    }
    match = takeMatch(args, kind);
    if (match === null) return null;
  }
  if (match === null) {
    args.take("a match and a pattern");
    return null;
  }
  return { ...expect, match };
}

function takeMatch(args: Args, kind: string): ScriptMatch | null {
  if (kind === "hdr" || kind === "fhdr") return takeHeader(args, kind);
  const word = args.take(`a pattern behind '${kind}'`);
  if (word === null) return null;
  switch (kind) {
    case "status":
      return statusRanges(args, word);
    case "string":
      return { kind, text: word.text };
    case "binary": {
      const text = hexOf(args, word);
      return text === null ? null : { kind, text };
    }
    case "string-lf":
      return { kind, format: textOf(word) };
    case "binary-lf":
      return { kind, format: textOf(word) };
    case "rbinary":
      return goodRegex(args, word) ? { kind, regex: word.text } : null;
    default:
      return goodRegex(args, word) ? { kind: kind === "rstatus" ? kind : "rstring", regex: word.text } : null;
  }
}

/** Status codes and ranges, e.g. `200,201,300-399`. */
function statusRanges(args: Args, word: Word): ScriptMatch | null {
  const ranges: [number, number][] = [];
  for (const text of word.text.split(",")) {
    const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
    const low = Number(match?.[1]);
    const high = match?.[2] === undefined ? low : Number(match[2]);
    if (match === null || high < low) {
      return args.error(
        "config/bad-value",
        word,
        `'${text}' is not a status or a range of them`,
        "for instance 200,300-399",
      );
    }
    ranges.push([low, high]);
  }
  return { kind: "status", ranges };
}

/** `{name | name-lf} [-m <method>] <name> [{value | value-lf} [-m <method>] <value>]`. */
function takeHeader(args: Args, kind: "hdr" | "fhdr"): ScriptMatch | null {
  const named = takeChoice(args, ["name", "name-lf"]);
  const name = named === null ? null : takeString(args, named === "name-lf");
  if (name === null) return null;
  let value: HeaderMatch | null = null;
  const next = args.peek()?.text;
  if (next === "value" || next === "value-lf") {
    args.next();
    value = takeString(args, next === "value-lf");
    if (value === null) return null;
  }
  if (typeof name.text !== "string" || (value !== null && typeof value.text !== "string")) {
    return { kind: "header", whole: kind === "fhdr", name, value };
  }
  return {
    kind,
    name: name.text,
    nameMatch: name.how,
    value: value === null ? null : (value.text as string),
    valueMatch: value?.how ?? "str",
  };
}

function takeString(args: Args, format: boolean): HeaderMatch | null {
  let how: Method = "str";
  if (args.peek()?.text === "-m") {
    const option = args.next()!;
    const chosen = takeChoice(args, METHODS);
    if (chosen === null) return null;
    how = chosen;
    if (format && how === "reg") return args.error("config/conflict", option, "a format is no regular expression");
  }
  const word = args.take("a text");
  if (word === null || (how === "reg" && !goodRegex(args, word))) return null;
  return { how, text: format ? textOf(word) : word.text };
}

function goodRegex(args: Args, word: Word): boolean {
  try {
    new RegExp(word.text);
    return true;
  } catch (error) {
    const why = messageOf(error);
    args.error("config/bad-regex", word, `'${word.text}' is not a regular expression: ${why}`);
    return false;
  }
}
