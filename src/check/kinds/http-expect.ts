/** `http-check expect` (manual section 4.2): compiled once, asked for every answer. */
import type { HttpExpect } from "../../config/model.ts";
import { CheckStatus, checkStatusByName } from "../status.ts";
import type { Verdict } from "../types.ts";

/** An answer whose head is complete. Header names are lower case; one character a byte. */
export interface Answer {
  readonly status: number;
  /** The code as it came, for regular expressions. */
  readonly statusText: string;
  readonly reason: string;
  readonly headers: readonly (readonly [string, string])[];
  /** What has come of the body, without its transfer coding. */
  readonly body: string;
  /** Nothing more of it will come. */
  readonly complete: boolean;
}

/** Null: passed. "wait": the rest of the body may tell. */
export type Expectation = (answer: Answer) => Verdict | "wait" | null;

export interface Rule {
  readonly test: Expectation;
  /** What to report when every rule has passed and this was the last one. */
  readonly success: { readonly status: CheckStatus; readonly info: string };
  readonly timeoutStatus: CheckStatus;
}

type Test = (text: string) => boolean;
type Match = HttpExpect["match"];

/** Without any rule 2xx and 3xx are fine. */
export const DEFAULT_EXPECT: HttpExpect = {
  negate: false,
  minRecv: -1,
  match: { kind: "status", ranges: [[200, 399]] },
  okStatus: null,
  errorStatus: null,
  timeoutStatus: null,
  onSuccess: null,
  onError: null,
  comment: null,
};

export function compileExpect(model: HttpExpect): Rule {
  return {
    test: compileTest(model),
    success: { status: named(model.okStatus, CheckStatus.l7ok), info: message(model.onSuccess) },
    timeoutStatus: named(model.timeoutStatus, CheckStatus.l7timeout),
  };
}

function named(name: string | null, otherwise: CheckStatus): CheckStatus {
  return name === null ? otherwise : checkStatusByName(name);
}

/** Texts are log formats in HAProxy: of those, `%%` is understood here. */
function message(text: string | null): string {
  return text === null ? "" : text.replaceAll("%%", "%");
}

/** What a failed rule says: its own text, or what was seen; then the comment. */
function complaint(model: HttpExpect, seen: string): string {
  const text = model.onError === null ? seen : message(model.onError);
  return model.comment === null ? text : `${text} comment: ${model.comment}`;
}

function compileTest(model: HttpExpect): Expectation {
  const { match } = model;
  switch (match.kind) {
    case "status":
      return headTest(model, ({ status }) => match.ranges.some(([low, high]) => status >= low && status <= high));
    case "rstatus": {
      const regex = new RegExp(match.regex);
      return headTest(model, ({ statusText }) => regex.test(statusText));
    }
    case "hdr":
    case "fhdr":
      return headTest(model, headerTest(match));
    case "string":
      return bodyTest(model, match.text.length, (body) => body.includes(match.text));
    case "rstring": {
      const regex = new RegExp(match.regex);
      return bodyTest(model, 0, (body) => regex.test(body));
    }
  }
}

/** What the head alone decides, so it never waits. */
function headTest(model: HttpExpect, matches: (answer: Answer) => boolean): Expectation {
  const status = named(model.errorStatus, CheckStatus.l7status);
  return (answer) =>
    matches(answer) === model.negate ? { status, code: answer.status, info: complaint(model, answer.reason) } : null;
}

function headerTest(match: Extract<Match, { kind: "hdr" | "fhdr" }>): (answer: Answer) => boolean {
  // Names are compared without regard to case: they are lower case by now. An expression sees them so.
  const named = textTest(match.nameMatch, match.nameMatch === "reg" ? match.name : match.name.toLowerCase());
  const valued = match.value === null ? null : textTest(match.valueMatch, match.value);
  const whole = match.kind === "fhdr";
  return ({ headers }) =>
    headers.some(
      ([name, value]) =>
        named(name) && (valued === null || (whole ? valued(value) : listElements(value).some((part) => valued(part)))),
    );
}

function textTest(how: "str" | "beg" | "end" | "sub" | "reg", pattern: string): Test {
  switch (how) {
    case "str":
      return (text) => text === pattern;
    case "beg":
      return (text) => text.startsWith(pattern);
    case "end":
      return (text) => text.endsWith(pattern);
    case "sub":
      return (text) => text.includes(pattern);
    case "reg": {
      const regex = new RegExp(pattern);
      return (text) => regex.test(text);
    }
  }
}

/** RFC 9110 section 5.6.1: the elements of a list, commas in quoted strings left alone. */
function listElements(value: string): string[] {
  const found: string[] = [];
  let from = 0;
  let quoted = false;
  for (let i = 0; i <= value.length; i++) {
    const c = value[i];
    if (quoted && c === "\\") i++;
    else if (c === '"') quoted = !quoted;
    else if (i === value.length || (c === "," && !quoted)) {
      found.push(value.slice(from, i).trim());
      from = i + 1;
    }
  }
  if (from <= value.length && quoted) found.push(value.slice(from).trim());
  return found;
}

/** `shortest`: a body of fewer bytes cannot match. */
function bodyTest(model: HttpExpect, shortest: number, matches: Test): Expectation {
  const least = Math.max(shortest, model.minRecv);
  const status = named(model.errorStatus, CheckStatus.l7rsp);
  const fail = (answer: Answer, text: string): Verdict => ({
    status,
    code: answer.status,
    info: complaint(model, text),
  });
  return (answer) => {
    const { body, complete } = answer;
    if (body === "") return complete ? fail(answer, "HTTP content check could not find a response body") : "wait";
    if (!complete && body.length < least) return "wait";
    const found = matches(body);
    // With `min-recv` the absence is conclusive as soon as that much has come.
    if (!found && !complete && model.minRecv === -1) return "wait";
    if (found !== model.negate) return null;
    return fail(answer, model.negate ? "HTTP check matched unwanted content" : "HTTP content check did not match");
  };
}
