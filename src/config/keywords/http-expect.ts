import type { Args } from "../../lang/args.ts";
import type { Word } from "../../lang/line.ts";
import type { Draft } from "../draft.ts";
import type { HttpExpect } from "../model.ts";
import { takeChoice, takeInteger } from "../../lang/values.ts";
import { messageOf } from "../../util/error.ts";

type Match = HttpExpect["match"];
type Method = "str" | "beg" | "end" | "sub" | "reg";

const METHODS: readonly Method[] = ["str", "beg", "end", "sub", "reg"];

/** Result names a rule may report (manual section 4.2, http-check expect). */
const OK_STATUSES = ["L7OK", "L7OKC", "L6OK", "L4OK"] as const;
const ERROR_STATUSES = ["L7OKC", "L7RSP", "L7STS", "L6RSP", "L4CON"] as const;
const TIMEOUT_STATUSES = ["L7TOUT", "L6TOUT", "L4TOUT"] as const;

/** The arguments of `http-check expect`. Null after a complaint. */
export function takeExpect(args: Args): HttpExpect | null {
  const expect: Draft<Omit<HttpExpect, "match">> = {
    negate: false,
    minRecv: -1,
    okStatus: null,
    errorStatus: null,
    timeoutStatus: null,
    onSuccess: null,
    onError: null,
    comment: null,
  };
  let match: Match | null = null;
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
        expect[word.text === "comment" ? "comment" : word.text === "on-error" ? "onError" : "onSuccess"] = value.text;
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
    match = takeMatch(args, word, kind);
    if (match === null) return null;
  }
  if (match === null) {
    args.take("a match and a pattern");
    return null;
  }
  return { ...expect, match };
}

function takeMatch(args: Args, word: Word, kind: string): Match | null {
  switch (kind) {
    case "status": {
      const codes = args.take("status codes behind 'status'");
      return codes === null ? null : statusRanges(args, codes);
    }
    case "string": {
      const text = args.take("a text behind 'string'");
      return text === null ? null : { kind, text: text.text };
    }
    case "rstatus":
    case "rstring": {
      const regex = args.take(`a regular expression behind '${kind}'`);
      return regex === null || !goodRegex(args, regex) ? null : { kind, regex: regex.text };
    }
    case "hdr":
    case "fhdr":
      return takeHeader(args, kind);
    case "string-lf":
    case "status-code":
      args.rest();
      return args.error(
        "config/not-supported",
        word,
        `'http-check expect ${kind}' is known to HAProxy, not supported yet`,
      );
  }
  args.rest();
  return args.error(
    "config/bad-value",
    word,
    `'http-check expect' does not know '${word.text}'`,
    "one of status, rstatus, string, rstring, hdr, fhdr, with '!' before it to negate",
  );
}

/** Status codes and ranges, e.g. `200,201,300-399`. */
function statusRanges(args: Args, word: Word): Match | null {
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

/** `name [-m <method>] <name> [value [-m <method>] <value>]`. */
function takeHeader(args: Args, kind: "hdr" | "fhdr"): Match | null {
  if (args.peek()?.text === "name-lf") {
    return args.error("config/not-supported", args.next()!, "'name-lf' is known to HAProxy, not supported yet");
  }
  if (takeChoice(args, ["name"]) === null) return null;
  const name = takeString(args);
  if (name === null) return null;
  let value: { text: string; method: Method } | null = null;
  if (args.peek()?.text === "value") {
    args.next();
    value = takeString(args);
    if (value === null) return null;
  } else if (args.peek()?.text === "value-lf") {
    return args.error("config/not-supported", args.next()!, "'value-lf' is known to HAProxy, not supported yet");
  }
  return {
    kind,
    name: name.text,
    nameMatch: name.method,
    value: value?.text ?? null,
    valueMatch: value?.method ?? "str",
  };
}

function takeString(args: Args): { text: string; method: Method } | null {
  let method: Method = "str";
  if (args.peek()?.text === "-m") {
    args.next();
    const chosen = takeChoice(args, METHODS);
    if (chosen === null) return null;
    method = chosen;
  }
  const word = args.take("a text");
  if (word === null || (method === "reg" && !goodRegex(args, word))) return null;
  return { text: word.text, method };
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
