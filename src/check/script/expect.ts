/** `tcp-check expect` and `http-check expect` of scripts (manual section 4.2). */
import type { ExpectRule, HeaderMatch, HttpExpect, ScriptMatch, ScriptProtocol } from "../../config/model.ts";
import { readAnswer } from "../kinds/http-answer.ts";
import { compileExpect } from "../kinds/http-expect.ts";
import { judgeLdap } from "../kinds/ldap.ts";
import { judgeMysql, mysqlVersion } from "../kinds/mysql.ts";
import { CheckStatus, checkStatusByName } from "../status.ts";
import type { CompileText } from "./request.ts";
import type { ExpectStep, Failure, Judgement, ScriptScope, ScriptText } from "./types.ts";
import { expectTitle, mismatch } from "./words.ts";

type Judge = ExpectStep["judge"];
type Plain = HttpExpect["match"];

function named(name: string | null, otherwise: CheckStatus): CheckStatus {
  return name === null ? otherwise : checkStatusByName(name);
}

/** Null after an error was reported. */
export function compileExpectStep(
  rule: ExpectRule,
  protocol: ScriptProtocol,
  compile: CompileText,
  statusCode: ExpectStep["statusCode"],
): ExpectStep {
  const onError = rule.onError === null ? null : compile(rule.onError);
  return {
    kind: "expect",
    step: rule.step,
    comment: rule.comment,
    judge: protocol === "http" ? httpJudge(rule, compile, onError) : tcpJudge(rule, protocol, compile, onError),
    answerCode: protocol === "http" ? codeOf : () => 0,
    okStatus: named(rule.okStatus, CheckStatus.l7ok),
    errorStatus: named(rule.errorStatus, CheckStatus.l7rsp),
    timeoutStatus: named(rule.timeoutStatus, CheckStatus.l7timeout),
    onSuccess:
      rule.match.kind === "mysql"
        ? (scope) => mysqlVersion(scope.received)
        : rule.onSuccess === null
          ? null
          : compile(rule.onSuccess),
    statusCode,
    title: expectTitle(rule.match),
  };
}

function codeOf(scope: ScriptScope, method: string): number {
  const answer = readAnswer(scope.received, method, true);
  return typeof answer === "string" ? 0 : answer.status;
}

/** What a format yields when it is needed. */
function made(compile: CompileText, text: HeaderMatch["text"]): ScriptText {
  if (typeof text === "string") return () => text;
  return compile(text) ?? (() => "");
}

const NO_TEXT: Failure = { status: CheckStatus.l7rsp, text: "log-format string evaluated to an empty string" };
const NO_HEX: Failure = {
  status: CheckStatus.l7rsp,
  text: "Failed to parse hexastring resulting of eval of a log-format string",
};

/** Bytes of hexadecimal digits; null = it is something else. */
export function fromHex(text: string): string | null {
  if (text.length % 2 !== 0 || !/^[0-9A-Fa-f]*$/.test(text)) return null;
  return Buffer.from(text, "hex").toString("latin1");
}

function tcpJudge(rule: ExpectRule, protocol: ScriptProtocol, compile: CompileText, onError: ScriptText | null): Judge {
  const { negate, minRecv, match, step } = rule;
  const status = named(rule.errorStatus, CheckStatus.l7rsp);
  const shortest = match.kind === "string" || match.kind === "binary" ? match.text.length : 0;
  const seen = matcher(match, compile);
  return (scope, _method, last) => {
    const { received } = scope;
    if (!last && (received.length < shortest || (minRecv > 0 && received.length < minRecv))) return "wait";
    const found = seen(scope, last);
    if (found === "more" && !last) return "wait";
    if (typeof found === "object") return found;
    const matched = found === true;
    // With `min-recv` the absence is conclusive as soon as that much has come.
    if (!matched && !last && minRecv === -1) return "wait";
    if (matched !== negate) return "pass";
    if (onError !== null) return { status, text: onError(scope) };
    return { status, text: protocol === "tcp" ? mismatch(match, step, matched) : "" };
  };
}

/** "more": less has come than could match. */
type Matcher = (scope: ScriptScope, last: boolean) => boolean | "more" | Failure;

function matcher(match: ScriptMatch, compile: CompileText): Matcher {
  switch (match.kind) {
    case "string":
    case "binary": {
      const needle = Buffer.from(match.text, "latin1");
      return ({ received }) => received.includes(needle);
    }
    case "rstring": {
      const regex = new RegExp(match.regex);
      return ({ received }) => regex.test(received.toString("latin1"));
    }
    case "rbinary": {
      // Digits are written in upper case, and compared so.
      const regex = new RegExp(match.regex);
      return ({ received }) => regex.test(received.toString("hex").toUpperCase());
    }
    case "mysql":
      return ({ received }, last) => judgeMysql(received, match.packet, last);
    case "ldap":
      return ({ received }) => judgeLdap(received);
    case "string-lf":
    case "binary-lf": {
      const format = made(compile, match.format);
      return (scope) => {
        const text = format(scope);
        if (text === "") return NO_TEXT;
        const bytes = match.kind === "binary-lf" ? fromHex(text) : text;
        if (bytes === null) return NO_HEX;
        if (scope.received.length < bytes.length) return "more";
        return scope.received.includes(Buffer.from(bytes, "latin1"));
      };
    }
    default:
      return () => false;
  }
}

function httpJudge(rule: ExpectRule, compile: CompileText, onError: ScriptText | null): Judge {
  const model = plainOf(rule, compile);
  return (scope, method, last): Judgement => {
    const answer = readAnswer(scope.received, method, last);
    if (answer === "wait") return "wait";
    if (answer === "bad") return { status: CheckStatus.l7rsp, text: "" };
    const match = model(scope);
    if (match === null) return NO_TEXT;
    const { negate, minRecv, errorStatus } = rule;
    const plain: HttpExpect = {
      negate,
      minRecv,
      match,
      errorStatus,
      okStatus: null,
      timeoutStatus: null,
      onSuccess: null,
      onError: null,
      comment: null,
    };
    const verdict = compileExpect(plain).test(answer);
    if (verdict === "wait") return "wait";
    if (verdict === null) return "pass";
    return { status: verdict.status, text: onError === null ? verdict.info : onError(scope) };
  };
}

/** The match with its formats filled in; null = one of them yields nothing. */
function plainOf({ match }: ExpectRule, compile: CompileText): (scope: ScriptScope) => Plain | null {
  switch (match.kind) {
    case "string-lf": {
      const format = made(compile, match.format);
      return (scope) => {
        const text = format(scope);
        return text === "" ? null : { kind: "string", text };
      };
    }
    case "header": {
      const name = made(compile, match.name.text);
      const value = match.value === null ? null : made(compile, match.value.text);
      const kind = match.whole ? "fhdr" : "hdr";
      const nameMatch = match.name.how;
      const valueMatch = match.value?.how ?? "str";
      return (scope) => {
        const wanted = value === null ? null : value(scope);
        const called = name(scope);
        if (called === "" || wanted === "") return null;
        return { kind, name: called, nameMatch, value: wanted, valueMatch };
      };
    }
    case "binary":
    case "rbinary":
    case "binary-lf":
    case "mysql":
    case "ldap":
      return () => null;
    default:
      return () => match;
  }
}
