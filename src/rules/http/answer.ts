/** The answer of `deny` and `return` (manual, section 4.2, http-request return), and of `http-error`. */
import type { ActionModel, TextModel } from "../../config/model.ts";
import type { Args } from "../../lang/args.ts";
import { textOf, type Word } from "../../lang/line.ts";
import { atCondition, takeStatus, unknownWord } from "../parts.ts";
import type { ActionEnv, ActionParts, Answer, RuleCompiler, RuleStream, TextMaker } from "../types.ts";
import { ERROR_STATUSES, readPage } from "./page.ts";
import { messageOf } from "../../util/error.ts";

/** Where the body comes from; an answer has one of them at most. */
const CONTENTS = ["string", "lf-string", "file", "lf-file", "errorfile", "errorfiles", "default-errorfiles"] as const;
type Content = (typeof CONTENTS)[number];

/** Headers that follow from the content: HAProxy ignores them. */
const IGNORED: ReadonlySet<string> = new Set(["content-length", "transfer-encoding", "content-type"]);

/** What was read so far. */
class Draft {
  readonly texts: Record<string, TextModel> = {};
  readonly headers: { name: TextModel; value: TextModel }[] = [];
  readonly flags: string[] = [];
  status = 0;
  statusWord: Word | null = null;
  content: Content | null = null;

  constructor(
    private readonly args: Args,
    private readonly env: ActionEnv,
  ) {}

  /** Reads one argument; false after a complaint. */
  take(word: Word, deny: boolean): boolean {
    const { args, texts } = this;
    if (word.text === "status" || (deny && word.text === "deny_status")) {
      const value = takeStatus(args);
      if (value === null) return false;
      this.status = value;
      this.statusWord = args.words[args.index - 1]!;
      // As in HAProxy, only `deny_status` keeps the error page of the status.
      if (word.text === "status") this.flags.push("plain");
      return true;
    }
    if (word.text === "content-type") {
      const type = args.take("a content type");
      if (type === null) return false;
      texts.type = textOf(type);
      return true;
    }
    if (word.text === "hdr") return this.header();
    const content = CONTENTS.find((name) => name === word.text);
    if (content !== undefined) return this.body(content, word);
    unknownWord(args, word);
    return false;
  }

  private header(): boolean {
    const { args } = this;
    const name = args.take("a header name");
    const value = name === null ? null : args.take("a value");
    if (name === null || value === null) return false;
    if (IGNORED.has(name.text.toLowerCase())) {
      args.warn("rule/ignored-header", name, `the header '${name.text}' is ignored: the content decides about it`);
    } else this.headers.push({ name: textOf(name), value: textOf(value) });
    return true;
  }

  private body(content: Content, word: Word): boolean {
    const { args, env, texts, flags } = this;
    if (this.content !== null) {
      args.error("rule/two-bodies", word, `an answer has one body only: '${this.content}' stands before`);
      return false;
    }
    this.content = content;
    if (content === "default-errorfiles") {
      flags.push("page");
      return true;
    }
    const value = args.take(content.endsWith("file") ? "a file" : content === "errorfiles" ? "a name" : "a body");
    if (value === null) return false;
    if (content === "errorfiles") {
      texts.errorfiles = textOf(value);
      return true;
    }
    if (content === "errorfile") {
      const bytes = readPage(args, env, value);
      if (bytes === null) return false;
      texts.page = textOf(value);
      texts.bytes = { ...textOf(value), text: bytes };
      return true;
    }
    texts.body = textOf(value);
    if (content.endsWith("file")) {
      try {
        texts.body = { ...texts.body, text: env.readFile(value.text) };
      } catch (error) {
        const why = messageOf(error);
        args.error("config/unreadable-file", value, `cannot read '${value.text}': ${why}`);
        return false;
      }
    }
    flags.push("body");
    if (content.startsWith("lf-")) flags.push("format");
    return true;
  }

  /** What fits together; `fallback` is the status without one. False after a complaint. */
  check(fallback: number): boolean {
    const { args, content, texts, headers, flags } = this;
    const status = this.status || fallback;
    const word = this.statusWord ?? args.keyword;
    if (content === null || texts.body?.text === "") {
      if (texts.type !== undefined) {
        args.warn("rule/unused-content-type", args.keyword, "the content type is ignored: the answer has no body");
      }
    } else if (texts.body === undefined) {
      if (content !== "errorfile" && !ERROR_STATUSES.includes(status)) {
        const hint = `write 'status ${status}' alone for an answer without a body`;
        args.error("rule/bad-status", word, `there is no error page for status ${status}`, hint);
        return false;
      }
      if (texts.type !== undefined) {
        args.warn("rule/unused-content-type", args.keyword, "the content type is ignored: an error file has its own");
      }
      if (headers.length > 0) {
        args.warn("rule/ignored-header", args.keyword, "headers are ignored: an error file has its own");
        headers.length = 0;
      }
    } else if (texts.type === undefined) {
      args.error("rule/missing-content-type", args.keyword, "an answer with a body needs a 'content-type'");
      return false;
    } else if (status === 204) {
      args.error("rule/bad-status", word, "an answer of status 204 has no body");
      return false;
    }
    // The size is that of a buffer: what is larger could not be sent in one piece.
    if (!flags.includes("format") && (texts.body?.text.length ?? 0) > this.env.bufsize) {
      args.error("config/file-too-big", args.keyword, `the body is larger than a buffer: ${this.env.bufsize} bytes`);
      return false;
    }
    return true;
  }

  parts(): ActionParts {
    const { texts, flags, status, headers } = this;
    return { texts, flags, status, headers };
  }
}

/** Reads `status`, `content-type`, the body and `hdr`s up to the condition. `deny` also knows `deny_status`. */
export function parseAnswer(args: Args, env: ActionEnv, deny: boolean): ActionParts | null {
  const draft = new Draft(args, env);
  // `deny_status` is an argument of the action, so it stands before those of the answer.
  for (let first = true; !atCondition(args); first = false) if (!draft.take(args.next()!, deny && first)) return null;
  // Without anything about its content, the error page of the status is sent; `return` never sends one by itself.
  if (deny && draft.flags.length === 0 && draft.content === null && draft.headers.length === 0) {
    draft.flags.push("page");
    draft.content = "default-errorfiles";
  }
  return draft.check(deny ? 403 : 200) ? draft.parts() : null;
}

/** `http-error status <status> …` (manual, section 4.2). */
export function parseHttpError(args: Args, env: ActionEnv): ActionParts | null {
  const draft = new Draft(args, env);
  const first = args.peek();
  if (first?.text !== "status") {
    return args.error(
      "config/missing-argument",
      first ?? args.keyword,
      "'http-error' expects 'status' and a status",
      `usage: http-error ${args.usage}`,
    );
  }
  for (let word = args.next(); word !== null; word = args.next()) if (!draft.take(word, false)) return null;
  if (!draft.check(draft.status)) return null;
  if (ERROR_STATUSES.includes(draft.status)) return draft.parts();
  const message = `there is no error page for status ${draft.status}`;
  return args.error("rule/bad-status", draft.statusWord!, message, `one of ${ERROR_STATUSES.join(", ")}`);
}

/** "page": the error page of the status. */
export function compileAnswer(
  action: ActionModel,
  status: number,
  rc: RuleCompiler,
): ((stream: RuleStream) => Answer) | "page" | null {
  const { texts, flags } = action;
  if (flags.includes("page")) return "page";
  if (texts.errorfiles !== undefined) {
    const page = rc.errorPage(texts.errorfiles, status);
    if (page === null) return null;
    // As in HAProxy: nothing but the status when the section has no page for it.
    return page === "none" ? () => ({ status, headers: EMPTY, body: "" }) : constant(status, page.bytes);
  }
  if (texts.bytes !== undefined) return constant(status, texts.bytes.text);
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
    stream.announce(status);
    const headers: [string, string][] = [];
    for (let i = 0; i < names.length; i++) {
      const value = values[i]!(stream);
      // As in HAProxy, a header without a value is left out.
      if (value !== "") headers.push([names[i]!, value]);
    }
    const text = body(stream);
    headers.push(["content-length", String(text.length)]);
    if (text.length > 0 && type !== null) headers.push(["content-type", type]);
    return { status, headers, body: text };
  };
}

const EMPTY: Answer["headers"] = [["content-length", "0"]];

/** Always the same page. */
function constant(status: number, page: string): () => Answer {
  const answer: Answer = { status, headers: [], body: "", page };
  return () => answer;
}
