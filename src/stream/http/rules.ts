/** Where the rules of a configuration meet a stream. Each ruleset that is not there costs its caller one comparison. */
import { Head, parseResponse } from "../../codec/h1/head.ts";
import { defaultLimits, type HeadLimits } from "../../codec/h1/flags.ts";
import { headSize, writeResponseHead } from "../../codec/h1/write.ts";
import type { Backend } from "../../proxy/backend.ts";
import type { ProxyRules } from "../../rules/proxy-rules.ts";
import { firstValue } from "../../rules/lines.ts";
import { latin1 } from "../../util/latin1.ts";
import { runRules } from "../../rules/run.ts";
import { type Rule, Verdict } from "../../rules/types.ts";
import type { Reply } from "./reply.ts";
import type { HttpSettings } from "./settings.ts";
import type { HttpStream } from "./stream.ts";
import { takeConnection } from "./reframe.ts";
import { Step } from "./step.ts";
import { headBytes } from "./wire.ts";

/** Runs a ruleset. False: the exchange was answered, or it waits at `step`. */
function run(rules: readonly Rule[], stream: HttpStream, step: number): boolean {
  const samples = stream.rules();
  if (samples.waitingRule < 0) samples.strict = true;
  const verdict = runRules(rules, samples);
  if (verdict === Verdict.wait) {
    stream.step = step;
    return false;
  }
  return verdict !== Verdict.done;
}

/** http-request rules of one side, then its `redirect`s, which never wait. False: answered, or waiting at `step`. */
export function requestRules(rules: ProxyRules, stream: HttpStream, step: number): boolean {
  if (rules.request !== null && !run(rules.request, stream, step)) return false;
  // What a cache answers is not redirected any more.
  if (stream.cache !== null && stream.cache.hit !== null) return true;
  return rules.redirects === null || !redirected(rules.redirects, stream);
}

/** Those of the keyword `redirect`, which HAProxy does not count as last rules. */
function redirected(rules: readonly Rule[], stream: HttpStream): boolean {
  const samples = stream.rules();
  samples.strict = true;
  for (let i = 0; i < rules.length; i++) {
    const { condition, action } = rules[i]!;
    if ((condition === null || condition(samples)) && action(samples, false) === Verdict.done) return true;
  }
  return false;
}

/** The backend of the first `use_backend` that applies; null = none does (manual, use_backend). */
export function chooseBackend(rules: ProxyRules, stream: HttpStream): Backend | null {
  const { backends } = rules;
  if (backends === null) return null;
  const samples = stream.rules();
  for (let i = 0; i < backends.length; i++) {
    const rule = backends[i]!;
    if (rule.condition !== null && !rule.condition(samples)) continue;
    if (rule.backend !== null) return rule.backend;
    // A name without a backend of the same mode: the default one, without a look at further rules.
    const found = rules.findBackend(rule.name!(samples));
    return found !== null && found.model.mode === "http" ? found : null;
  }
  return null;
}

/** http-response rules of the backend, then of the frontend, from `step` on. The Verdict is `next`, `done` or `wait`. */
export function responseRules(
  stream: HttpStream,
  back: ProxyRules | null,
  front: ProxyRules | null,
  step: number,
): number {
  const samples = stream.rules();
  if (step <= Step.backResponse && back !== null && back.response !== null) {
    if (samples.waitingRule < 0) samples.strict = true;
    const verdict = runRules(back.response, samples);
    if (verdict === Verdict.wait) stream.step = Step.backResponse;
    if (verdict >= Verdict.done) return verdict;
  }
  if (sameProxy(stream) || front === null || front.response === null) return Verdict.next;
  if (samples.waitingRule < 0) samples.strict = true;
  const verdict = runRules(front.response, samples);
  if (verdict === Verdict.wait) stream.step = Step.frontResponse;
  return verdict >= Verdict.done ? verdict : Verdict.next;
}

/** http-after-response rules of the backend, then of the frontend. */
export function afterRules(stream: HttpStream, back: ProxyRules | null, front: ProxyRules | null): void {
  const samples = stream.rules();
  samples.inAfter = true;
  samples.replaced = false;
  samples.startResponse();
  if (back !== null && back.after !== null) runRules(back.after, samples);
  if (!sameProxy(stream) && front !== null && front.after !== null) runRules(front.after, samples);
  samples.inAfter = false;
}

/** What rules have written has no limit. */
const ownLimits: HeadLimits = { ...defaultLimits, maxHeaders: 0x7fffffff, maxBytes: 0x7fffffff };

/** Of "HTTP/1.1 200". */
const STATUS_AT = 9;
const CRLF: Buffer = Buffer.from("\r\n", "latin1");
const CONNECTION: Buffer = Buffer.from("connection", "latin1");
/** As long as the name it stands for, and nothing to the parser. */
const STAND_IN = "x-hop-x-by";
const CONTENT_LENGTH: Buffer = Buffer.from("content-length", "latin1");

/** Both sides of one `listen`: its rules count once. */
export function sameProxy(stream: HttpStream): boolean {
  return stream.backend !== null && stream.backend.model === stream.frontend.model;
}

/** A page as a response that rules can work on: with the headers the parser takes off. False: it is none. */
function parseAnswer(res: Head, page: Reply): boolean {
  const { head, connection } = page;
  const { at, value } = connection ?? { at: head.length, value: "" };
  const line = connection === null ? "" : `${STAND_IN}: ${value}\r\n`;
  const bytes = Buffer.concat([head.subarray(0, at), Buffer.from(line, "latin1"), head.subarray(at), CRLF]);
  const bare = latin1(bytes, STATUS_AT, STATUS_AT + 3) === "204";
  if (bare) bytes.write("200", STATUS_AT);
  res.reset();
  if (parseResponse(res, bytes, 0, bytes.length, defaultLimits) <= 0) return false;
  if (bare) {
    bytes.write("204", STATUS_AT);
    res.status = 204;
  }
  if (connection !== null) CONNECTION.copy(bytes, at);
  return true;
}

/** The answer as it leaves: with what the http-after-response rules make of it. */
export function afterAnswer(stream: HttpStream, page: Reply): Reply {
  const back = stream.backend === null ? null : (stream.backend.http as HttpSettings).rules;
  const front = stream.http.rules;
  if ((back === null || back.after === null) && (front === null || front.after === null)) return page;
  if (page.size === 0) return page;
  const { res, resEdits } = stream;
  resEdits.clear();
  if (!parseAnswer(res, page)) return page;
  // What the log counts of headers that are not part of the page.
  let extra = page.size - headBytes(res) - page.body.length;
  stream.status = page.status;
  const samples = stream.rules();
  samples.ownAnswer = !stream.responded;
  samples.answerBody = page.body;
  afterRules(stream, back, front);
  samples.answerBody = null;
  let { closes } = page;
  if (resEdits.framed || page.connection !== null) {
    const connection = firstValue(res, resEdits, CONNECTION);
    const close = takeConnection(res, resEdits);
    if (close) stream.clientKeep = false;
    else if (page.connection !== null) closes = false;
    if (connection !== null && firstValue(res, resEdits, CONNECTION) === null) {
      extra += CONNECTION.length + connection.length;
    }
    // Without its length only the end of the connection ends the answer.
    if (firstValue(res, resEdits, CONTENT_LENGTH) === null) stream.clientKeep = false;
  }
  const out = Buffer.allocUnsafe(headSize(res, resEdits));
  // Without the blank line: what follows is the Connection header.
  const end = writeResponseHead(out, 0, res, resEdits) - 2;
  const head = out.subarray(0, end);
  const after = new Head();
  const copy = Buffer.concat([head, Buffer.from("\r\n", "latin1")]);
  parseResponse(after, copy, 0, copy.length, ownLimits);
  const status = resEdits.status === undefined ? page.status : after.status;
  return { ...page, status, head, closes, size: headBytes(after) + page.body.length + extra };
}
