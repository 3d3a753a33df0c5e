/** From the rules of `http-check` and `tcp-check` to the check they make (manual section 4.2). */
import type { ProxyDraft } from "./draft.ts";
import type { CheckModel, CheckRule, ConnectRule, ExpectRule, HttpExpect, RequestRule } from "./model.ts";

/** A rule as it was written. What `http-check send` does not name is null. */
export type ScriptLine = Exclude<CheckRule, RequestRule> | RequestLine | CommentLine;

export interface RequestLine extends Omit<RequestRule, "method" | "uri" | "version"> {
  readonly method: string | null;
  readonly uri: RequestRule["uri"] | null;
  readonly version: string | null;
}

export interface CommentLine {
  readonly kind: "comment";
  readonly step: number;
  readonly text: string;
}

/** Whether it is a step: neither a comment nor about variables. */
function acts(line: ScriptLine): line is Extract<ScriptLine, { comment: string | null }> {
  return line.kind !== "comment" && line.kind !== "set" && line.kind !== "unset";
}

/** The first and the last step; undefined = there is none. */
export function firstStep(lines: readonly ScriptLine[]): ScriptLine | undefined {
  return lines.find(acts);
}

export function lastStep(lines: readonly ScriptLine[]): ScriptLine | undefined {
  return lines.findLast(acts);
}

/** Number of the next rule. */
export function nextNumber(lines: readonly ScriptLine[]): number {
  return lines.length + 1;
}

/** A connection as the server's line has it; what begins a script that does not say how. */
export const PLAIN_CONNECT: ConnectRule = {
  kind: "connect",
  step: 0,
  comment: null,
  usesDefaults: true,
  port: null,
  addr: null,
  sendProxy: false,
  viaSocks4: false,
  tls: false,
  sni: null,
  alpn: null,
  proto: null,
  linger: false,
};

/** What `option httpchk` expects when no rule says more. */
export const DEFAULT_EXPECT: ExpectRule = {
  kind: "expect",
  step: 0,
  comment: null,
  negate: false,
  minRecv: -1,
  match: { kind: "status", ranges: [[200, 399]] },
  okStatus: null,
  errorStatus: null,
  timeoutStatus: null,
  onSuccess: null,
  onError: null,
  statusCode: null,
};

/** The check of a section: with the steps of its rules where one connection and one request do not do. */
export function finishCheck(draft: ProxyDraft): CheckModel {
  const { check, httpCheck } = draft;
  if (check.kind === "http") {
    // What `option grpc-check` asks stands in no rule.
    if (draft.marks.has("option grpc-check") || isSimple(draft.httpScript)) return check;
    const { disableOn404, sendState } = httpCheck;
    return { kind: "script", protocol: "http", disableOn404, sendState, rules: httpRules(draft) };
  }
  if (check.kind === "tcp" && draft.marks.has("option tcp-check")) {
    const rules = commented(connected(draft.tcpScript));
    return { kind: "script", protocol: "tcp", disableOn404: false, sendState: false, rules };
  }
  return check;
}

/** All rules of a section, whether its checks use them or not: what is compiled to see their errors. */
export function judgedCheck({ httpScript, tcpScript, check }: ProxyDraft): CheckModel {
  const lines = [...httpScript, ...tcpScript];
  if (lines.length === 0) return check;
  const whole = lines.map((line) =>
    line.kind === "request" ? { ...line, method: "GET", uri: line.uri ?? "/", version: "HTTP/1.0" } : line,
  );
  return { kind: "script", protocol: "http", disableOn404: false, sendState: false, rules: commented(whole) };
}

/** Whether a step speaks TLS of its own accord. */
export function asksForTls(check: CheckModel): boolean {
  return check.kind === "script" && check.rules.some((rule) => rule.kind === "connect" && rule.tls);
}

function isSimple(lines: readonly ScriptLine[]): boolean {
  let stage = 0;
  for (const line of lines) {
    if (line.kind === "connect") {
      if (
        stage > 0 ||
        !line.usesDefaults ||
        line.addr !== null ||
        line.sendProxy ||
        line.viaSocks4 ||
        line.tls ||
        line.sni !== null ||
        line.alpn !== null ||
        line.proto !== null ||
        line.linger
      )
        return false;
      if (line.port !== null && typeof line.port === "object") return false;
      stage = 1;
    } else if (line.kind === "request") {
      const { uri, headers, body } = line;
      const texts = [uri, body, ...headers.map(([, value]) => value)];
      if (stage > 1 || texts.some((text) => text !== null && typeof text === "object")) return false;
      stage = 2;
    } else if (line.kind === "expect") {
      if (simpleExpect(line) === null || stage === 1) return false;
      stage = 3;
    } else return false;
  }
  return stage !== 1;
}

/** The expectation of a check with one request; null = it depends on more than the answer. */
export function simpleExpect(rule: ExpectRule): HttpExpect | null {
  const { negate, minRecv, match, okStatus, errorStatus, timeoutStatus, comment } = rule;
  const { onSuccess, onError, statusCode } = rule;
  if (match.kind === "binary" || match.kind === "rbinary" || match.kind === "header") return null;
  if (match.kind === "mysql" || match.kind === "ldap") return null;
  if (match.kind === "string-lf" || match.kind === "binary-lf" || statusCode !== null) return null;
  if (isFormat(onSuccess?.text) || isFormat(onError?.text)) return null;
  return {
    negate,
    minRecv,
    match,
    okStatus,
    errorStatus,
    timeoutStatus,
    onSuccess: onSuccess?.text ?? null,
    onError: onError?.text ?? null,
    comment,
  };
}

/** Whether there is more in it than percent signs. */
function isFormat(text: string | undefined): boolean {
  return text !== undefined && text.replaceAll("%%", "").includes("%");
}

/**
 * The rules of an HTTP check. Its first request is made of what `option httpchk` and the first `http-check send` say together; where the
 * first step is no request, that of the option is put before it, behind a `connect` that begins the list.
 */
function httpRules(draft: ProxyDraft): CheckRule[] {
  const { httpScript: lines, httpCheck } = draft;
  const { method, uri, version, headers, body } = httpCheck;
  const first = lines.findIndex(acts);
  const start = lines[first]?.kind === "connect" ? lines.findIndex((line, i) => i > first && acts(line)) : first;
  const merged = lines[start]?.kind === "request" ? start : -1;
  const whole = lines.map((line, i) => {
    if (line.kind !== "request") return line;
    const texts = i === merged ? httpCheck : { method: "OPTIONS", uri: "/", version: "HTTP/1.0" };
    return {
      ...line,
      method: i === merged ? texts.method : (line.method ?? texts.method),
      uri: typeof line.uri === "object" && line.uri !== null ? line.uri : i === merged ? texts.uri : (line.uri ?? "/"),
      version: i === merged ? texts.version : (line.version ?? texts.version),
    };
  });
  if (merged < 0) {
    const request: RequestRule = { kind: "request", step: 0, comment: null, method, uri, version, headers, body };
    whole.splice(lines[first]?.kind === "connect" ? first + 1 : 0, 0, request);
  }
  if (lastStep(whole)?.kind === "request") whole.push(DEFAULT_EXPECT);
  return commented(connected(whole));
}

/** A connection comes before anything else. */
function connected<T extends ScriptLine>(lines: readonly T[]): (T | ConnectRule)[] {
  return firstStep(lines)?.kind === "connect" ? [...lines] : [PLAIN_CONNECT, ...lines];
}

/** A comment is for the steps of one kind that follow it. */
function commented(lines: readonly ScriptLine[]): CheckRule[] {
  const rules: CheckRule[] = [];
  let comment: string | null = null;
  let before = "";
  for (const line of lines) {
    if (before !== line.kind && before !== "comment") comment = null;
    before = line.kind;
    if (line.kind === "comment") comment = line.text;
    else if (acts(line)) rules.push({ ...line, comment: line.comment ?? comment } as CheckRule);
    else {
      comment = null;
      rules.push(line);
    }
  }
  return rules;
}
