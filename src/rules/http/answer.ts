/** The answer of `deny` and `return` (manual, section 4.2, http-request return). */
import type { ActionModel, TextModel } from "../../config/model.ts";
import type { Args } from "../../lang/args.ts";
import { atCondition, takeStatus, textOf, unknownWord } from "../parts.ts";
import type { ActionEnv, ActionParts, Answer, RuleCompiler, RuleStream, TextMaker } from "../types.ts";

const BODIES = ["string", "lf-string", "file", "lf-file"];

/** Reads `status`, `content-type`, the body and `hdr`s. `deny` also knows `deny_status`. */
export function parseAnswer(args: Args, env: ActionEnv, deny: boolean): ActionParts | null {
  const texts: Record<string, TextModel> = {};
  const headers: { name: TextModel; value: TextModel }[] = [];
  const flags: string[] = [];
  let status = 0;
  while (!atCondition(args)) {
    const word = args.next()!;
    if (word.text === "status" || (deny && word.text === "deny_status")) {
      const value = takeStatus(args);
      if (value === null) return null;
      status = value;
      // As in HAProxy, only `deny_status` keeps the error page of the status.
      if (word.text === "status") flags.push("plain");
    } else if (word.text === "content-type") {
      const type = args.take("a content type");
      if (type === null) return null;
      texts.type = textOf(type);
    } else if (BODIES.includes(word.text)) {
      if (texts.body !== undefined) return args.error("rule/two-bodies", word, "an answer has one body only");
      const body = args.take(word.text.endsWith("file") ? "a file" : "a body");
      if (body === null) return null;
      texts.body = textOf(body);
      if (word.text.endsWith("file")) {
        try {
          texts.body = { ...texts.body, text: env.readFile(body.text) };
        } catch (error) {
          const why = error instanceof Error ? error.message : String(error);
          return args.error("config/unreadable-file", body, `cannot read '${body.text}': ${why}`);
        }
      }
      flags.push("body");
      if (word.text.startsWith("lf-")) flags.push("format");
    } else if (word.text === "hdr") {
      const name = args.take("a header name");
      if (name === null) return null;
      const value = args.take("a value");
      if (value === null) return null;
      headers.push({ name: textOf(name), value: textOf(value) });
    } else if (["errorfile", "errorfiles", "default-errorfiles"].includes(word.text)) {
      return args.error("config/not-supported", word, `'${word.text}' is known to HAProxy, not supported yet`);
    } else return unknownWord(args, word);
  }
  const body = texts.body;
  if (body === undefined) {
    if (texts.type !== undefined) {
      args.warn("rule/unused-content-type", args.keyword, "the content type is ignored: the answer has no body");
    }
  } else if (body.text !== "" && texts.type === undefined) {
    return args.error("rule/missing-content-type", args.keyword, "an answer with a body needs a 'content-type'");
  }
  // Without anything about its content, the error page of the status is sent; `return` never sends one.
  if (deny && flags.length === 0 && headers.length === 0) {
    flags.push("page");
    if (status !== 0 && !PAGES.has(status)) {
      return args.error(
        "rule/bad-status",
        args.words[args.index - 1]!,
        `there is no error page for status ${status}`,
        `write 'status ${status}' for an answer without a body`,
      );
    }
  }
  return { texts, flags, status, headers };
}

/** Statuses HAProxy has a page for; a `deny` with another one answers without a body. */
const PAGES: ReadonlySet<number> = new Set([
  200, 400, 401, 403, 404, 405, 407, 408, 410, 413, 421, 422, 425, 429, 500, 501, 502, 503, 504,
]);

/** "page": the error page of the status. */
export function compileAnswer(
  action: ActionModel,
  status: number,
  rc: RuleCompiler,
): ((stream: RuleStream) => Answer) | "page" | null {
  const { texts, flags } = action;
  if (flags.includes("page")) return "page";
  const names: string[] = [];
  const values: TextMaker[] = [];
  for (const { name, value } of action.headers) {
    const format = rc.format(value);
    if (format === null) return null;
    names.push(name.text.toLowerCase());
    values.push(format);
  }
  let body: TextMaker = () => "";
  if (texts.body !== undefined) {
    const fixed = texts.body.text;
    const format = flags.includes("format") ? rc.format(texts.body) : () => fixed;
    if (format === null) return null;
    body = format;
  }
  const type = texts.type?.text ?? null;
  return (stream) => {
    const headers: [string, string][] = [];
    for (let i = 0; i < names.length; i++) headers.push([names[i]!, values[i]!(stream)]);
    const text = body(stream);
    headers.push(["content-length", String(text.length)]);
    if (text.length > 0 && type !== null) headers.push(["content-type", type]);
    return { status, headers, body: text };
  };
}
