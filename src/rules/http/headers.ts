import type { Edits } from "../../codec/h1/edits.ts";
import type { Head } from "../../codec/h1/head.ts";
import { compileRegex, RegexError } from "../../expr/acl/regex/index.ts";
import type { Args } from "../../lang/args.ts";
import { cleanField } from "../clean.ts";
import { followHost } from "./authority.ts";
import { changeValues, removeHeader, removeMatching } from "../lines.ts";
import { textOf } from "../../lang/line.ts";
import { atCondition, takeTexts, unknownWord } from "../parts.ts";
import { replaceWith } from "../replace.ts";
import { hasRoom, rewriteFailed } from "../room.ts";
import { type Action, type ActionParts, type ActionRow, type RuleSet, type RuleStream, Verdict } from "../types.ts";

const ALL: readonly RuleSet[] = ["http-request", "http-response", "http-after-response"];

function headOf(stream: RuleStream, request: boolean): Head {
  return request ? stream.reqHead! : stream.resHead!;
}

function editsOf(stream: RuleStream, request: boolean): Edits {
  return request ? stream.reqEdits : stream.resEdits;
}

/** Headers that tell where a message ends and what becomes of the connection: the message is framed anew when rules change them. */
const FRAMING: ReadonlySet<string> = new Set(["connection", "content-length", "transfer-encoding", "upgrade"]);

/**
 * Those whose value only the body can tell. HAProxy writes what a rule puts there, beside the length it has found itself, which
 * invites request smuggling (RFC 9112 section 11.2): refused here. They may be deleted.
 */
const LENGTHS: ReadonlySet<string> = new Set(["content-length", "transfer-encoding"]);

function takeNamed(args: Args, names: readonly (readonly [name: string, what: string])[]): ActionParts | null {
  const first = args.peek();
  if (first !== null && LENGTHS.has(first.text.toLowerCase())) {
    const message = `'${args.label}' on '${first.text}' would contradict the body that follows, which is refused here`;
    return args.error("rule/framing-header", first, message, "the header is written as the body needs it");
  }
  return takeTexts(args, names);
}

function adder(name: "set-header" | "add-header", help: string): ActionRow {
  return {
    name,
    where: ALL,
    usage: "<name> <fmt>",
    help,
    parse: (args) =>
      takeNamed(args, [
        ["name", "a header name"],
        ["value", "a value"],
      ]),
    compile: (action, rc): Action | null => {
      const request = rc.ruleset === "http-request";
      const header = action.texts.name!.text.toLowerCase();
      const bytes = Buffer.from(header, "latin1");
      const literal = rc.literal(action.texts.value!);
      const format = rc.format(action.texts.value!);
      if (format === null) return null;
      const line = literal === null ? null : Buffer.from(`${header}: ${cleanField(literal)}\r\n`, "latin1");
      const set = name === "set-header";
      const framing = FRAMING.has(header);
      const host = request && header === "host";
      return (stream) => {
        const edits = editsOf(stream, request);
        const fresh = line ?? Buffer.from(`${header}: ${cleanField(format(stream))}\r\n`, "latin1");
        if (set) removeHeader(headOf(stream, request), edits, bytes);
        if (!hasRoom(stream, headOf(stream, request), edits, fresh.length)) return rewriteFailed(stream);
        edits.append(fresh);
        if (framing) edits.framed = true;
        if (host) followHost(stream.reqHead!, edits, fresh.toString("latin1", 6, fresh.length - 2));
        return Verdict.next;
      };
    },
  };
}

function replacer(name: "replace-header" | "replace-value", help: string): ActionRow {
  return {
    name,
    where: ALL,
    usage: "<name> <regex> <fmt>",
    help,
    parse: (args) =>
      takeNamed(args, [
        ["name", "a header name"],
        ["regex", "a regular expression"],
        ["value", "a value"],
      ]),
    compile: (action, rc) => {
      const request = rc.ruleset === "http-request";
      const { name: header, regex: pattern, value } = action.texts;
      const regex = compileRegex(pattern!.text, { icase: false, capture: true });
      if (regex instanceof RegexError) {
        rc.diagnostics.error("rule/bad-regex", pattern!.at, regex.error, { endColumn: pattern!.endColumn });
        return null;
      }
      const format = rc.format(value!);
      if (format === null) return null;
      const text = header!.text.toLowerCase();
      const bytes = Buffer.from(text, "latin1");
      const whole = name === "replace-header";
      const framing = FRAMING.has(text);
      const host = request && text === "host";
      return (stream) => {
        const replacement = format(stream);
        if (framing) editsOf(stream, request).framed = true;
        let failed = false;
        const one = (old: string): string | null => {
          const found = regex.exec(old);
          if (found === null) return null;
          const fresh = cleanField(replaceWith(replacement, found));
          if (hasRoom(stream, headOf(stream, request), editsOf(stream, request), fresh.length - old.length))
            return fresh;
          failed = true;
          return null;
        };
        let last: string | null = null;
        const change = (old: string): string | null => {
          const fresh = whole ? one(withoutBlanks(old)) : elements(old, one);
          if (fresh !== null) last = fresh;
          return fresh;
        };
        changeValues(headOf(stream, request), editsOf(stream, request), bytes, text, change);
        if (host && last !== null) followHost(stream.reqHead!, stream.reqEdits, last);
        return failed ? rewriteFailed(stream) : Verdict.next;
      };
    },
  };
}

/** A value as HAProxy finds it; a rule may have written blanks around it. */
function withoutBlanks(value: string): string {
  let from = 0;
  let to = value.length;
  while (from < to && blank(value.charCodeAt(from))) from++;
  while (to > from && blank(value.charCodeAt(to - 1))) to--;
  return from === 0 && to === value.length ? value : value.slice(from, to);
}

function blank(c: number): boolean {
  return c === 32 || c === 9;
}

/**
 * Changes the comma-separated elements of a value, empty ones too; commas in quoted strings do not separate. As in HAProxy, the blanks around a
 * changed element go.
 */
function elements(value: string, change: (element: string) => string | null): string | null {
  let out = "";
  let changed = false;
  let at = 0;
  while (at <= value.length) {
    let end = at;
    let quoted = false;
    while (end < value.length && (quoted || value[end] !== ",")) {
      if (value[end] === "\\" && quoted) end++;
      else if (value[end] === '"') quoted = !quoted;
      end++;
    }
    const raw = value.slice(at, end);
    const fresh = change(withoutBlanks(raw));
    if (fresh !== null) changed = true;
    out += fresh ?? raw;
    if (end >= value.length) break;
    out += ",";
    at = end + 1;
  }
  return changed ? out : null;
}

const METHODS = ["str", "beg", "end", "sub", "reg"];

/** Actions on header lines (manual, section 4.2). */
export const headerActions: readonly ActionRow[] = [
  adder("set-header", "Add a header, without those that have its name"),
  adder("add-header", "Add a header"),
  {
    name: "del-header",
    where: ALL,
    usage: "<name> [-m {str|beg|end|sub|reg}]",
    help: "Delete the headers of this name",
    parse: (args) => {
      const parts = takeTexts(args, [["name", "a header name"]]);
      if (parts === null || atCondition(args)) return parts;
      const word = args.next()!;
      if (word.text !== "-m") return unknownWord(args, word);
      const method = args.take("a method");
      if (method === null) return null;
      if (!METHODS.includes(method.text)) {
        return args.error(
          "rule/bad-argument",
          method,
          `'${method.text}' is no method here`,
          `one of ${METHODS.join(", ")}`,
        );
      }
      return { ...parts, texts: { ...parts.texts, method: textOf(method) } };
    },
    compile: (action, rc) => {
      const request = rc.ruleset === "http-request";
      const { name, method } = action.texts;
      // Names are compared as they are on the wire here: in lower case. Patterns of -m are not: as in HAProxy.
      const text = name!.text.toLowerCase();
      const test = matcher(method?.text ?? "str", text, name!.text);
      if (typeof test === "string") {
        rc.diagnostics.error("rule/bad-regex", name!.at, test, { endColumn: name!.endColumn });
        return null;
      }
      const bytes = Buffer.from(text, "latin1");
      if (test === null) {
        const framing = FRAMING.has(text);
        return (stream) => {
          if (framing) editsOf(stream, request).framed = true;
          removeHeader(headOf(stream, request), editsOf(stream, request), bytes);
          return Verdict.next;
        };
      }
      return (stream) => {
        const edits = editsOf(stream, request);
        edits.framed = true;
        removeMatching(headOf(stream, request), edits, test);
        return Verdict.next;
      };
    },
  },
  replacer("replace-header", "Replace the whole values of headers by a regular expression"),
  replacer("replace-value", "Replace the elements of comma-separated values by a regular expression"),
];

/** Null: by equality. A string: what is wrong with the expression. */
function matcher(method: string, text: string, raw: string): ((name: string) => boolean) | string | null {
  switch (method) {
    case "beg":
      return (name) => name.startsWith(text);
    case "end":
      return (name) => name.endsWith(text);
    case "sub":
      return (name) => name.includes(text);
    case "reg": {
      // The case counts, and names are in lower case by now.
      const regex = compileRegex(raw, { icase: false, capture: false });
      return regex instanceof RegexError ? regex.error : (name) => regex.test(name);
    }
    default:
      return null;
  }
}
