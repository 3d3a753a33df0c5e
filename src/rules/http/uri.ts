import { encodeLine } from "../../codec/h1/edits.ts";
import { NORMALIZED_URI } from "../../codec/h1/flags.ts";
import { compileRegex, RegexError } from "../../expr/acl/regex/index.ts";
import { cleanMethod } from "../clean.ts";
import { takeTexts } from "../parts.ts";
import { replaceWith } from "../replace.ts";
import { type ActionRow, type RuleStream, Verdict } from "../types.ts";
import { hasRoom, rewriteFailed } from "../room.ts";
import { pathStart, setTarget, targetOf } from "./target.ts";

function setter(name: string, help: string, change: (target: string, text: string) => string): ActionRow {
  return {
    name,
    where: ["http-request"],
    usage: "<fmt>",
    help,
    parse: (args) => takeTexts(args, [["value", "a format"]]),
    compile: (action, rc) => {
      const format = rc.format(action.texts.value!);
      if (format === null) return null;
      return (stream) => {
        const verdict = rewriteTarget(stream, change(targetOf(stream.reqHead!, stream.reqEdits), format(stream)));
        if (name === "set-uri" && verdict === Verdict.next) followUri(stream);
        return verdict;
      };
    },
  };
}

/** A URI that a rule has given goes out as it stands, and its authority is the Host. */
function followUri({ reqHead: head, reqEdits: edits }: RuleStream): void {
  head!.flags &= ~NORMALIZED_URI;
  const target = targetOf(head!, edits);
  const scheme = target.indexOf("://");
  const { host } = head!;
  if (scheme <= 0 || target.startsWith("/") || host < 0 || edits.isDeleted(host)) return;
  const authority = target.slice(scheme + 3, pathStart(target));
  edits.replace(host, encodeLine("host", authority.slice(authority.lastIndexOf("@") + 1)));
}

function rewriteTarget(stream: RuleStream, target: string): number {
  const { reqHead: head, reqEdits: edits } = stream;
  if (!hasRoom(stream, head!, edits, target.length - (edits.target?.length ?? 0))) return rewriteFailed(stream);
  setTarget(edits, target);
  return Verdict.next;
}

/** Start and end of the part a replace action works on. */
type Part = (target: string) => readonly [from: number, to: number];

function replacer(name: string, help: string, part: Part): ActionRow {
  return {
    name,
    where: ["http-request"],
    usage: "<regex> <fmt>",
    help,
    parse: (args) =>
      takeTexts(args, [
        ["regex", "a regular expression"],
        ["value", "a format"],
      ]),
    compile: (action, rc) => {
      const { regex: pattern, value } = action.texts;
      const regex = compileRegex(pattern!.text, { icase: false, capture: true });
      if (regex instanceof RegexError) {
        rc.diagnostics.error("rule/bad-regex", pattern!.at, regex.error, { endColumn: pattern!.endColumn });
        return null;
      }
      const format = rc.format(value!);
      if (format === null) return null;
      return (stream: RuleStream) => {
        const { reqEdits } = stream;
        const target = targetOf(stream.reqHead!, reqEdits);
        const [from, to] = part(target);
        const found = regex.exec(target.slice(from, to));
        if (found !== null) {
          return rewriteTarget(stream, target.slice(0, from) + replaceWith(format(stream), found) + target.slice(to));
        }
        return Verdict.next;
      };
    },
  };
}

function queryStart(target: string): number {
  const mark = target.indexOf("?");
  return mark < 0 ? target.length : mark;
}

/** Actions on the request target (manual, section 4.2: http-request set-uri, set-path, …). */
export const uriActions: readonly ActionRow[] = [
  setter("set-uri", "Replace the whole target", (_, text) => text),
  setter("set-path", "Replace the path, not the query", (target, text) => {
    const from = pathStart(target);
    return target.slice(0, from) + text + target.slice(Math.max(from, queryStart(target)));
  }),
  setter("set-pathq", "Replace path and query", (target, text) => target.slice(0, pathStart(target)) + text),
  setter("set-query", "Replace the query", (target, text) => {
    const bare = target.slice(0, queryStart(target));
    // A leading question mark is needless but accepted; an empty query leaves none.
    return text === "" ? bare : `${bare}?${text}`;
  }),
  replacer("replace-uri", "Replace the target by a regular expression", (target) => [0, target.length]),
  replacer("replace-path", "Replace the path by a regular expression", (target) => {
    const from = pathStart(target);
    return [from, Math.max(from, queryStart(target))];
  }),
  replacer("replace-pathq", "Replace path and query by a regular expression", (target) => [
    pathStart(target),
    target.length,
  ]),
  {
    name: "set-method",
    where: ["http-request"],
    usage: "<fmt>",
    help: "Replace the method",
    parse: (args) => takeTexts(args, [["value", "a format"]]),
    compile: (action, rc) => {
      const format = rc.format(action.texts.value!);
      if (format === null) return null;
      return (stream) => {
        const method = cleanMethod(format(stream));
        if (method === null) return Verdict.next;
        stream.reqEdits.method = Buffer.from(method, "latin1");
        stream.reqEdits.touched = true;
        return Verdict.next;
      };
    },
  },
];
