import { NORMALIZED_URI } from "../../codec/h1/flags.ts";
import { compileRegex, RegexError } from "../../expr/acl/regex/index.ts";
import { cleanMethod } from "../clean.ts";
import { takeTexts } from "../parts.ts";
import { replaceWith } from "../replace.ts";
import { type ActionRow, type RuleStream, Verdict } from "../types.ts";
import { hasRoom, rewriteFailed } from "../room.ts";
import { followTarget } from "./authority.ts";
import { pathAt, setTarget, targetOf } from "./target.ts";

function setter(
  name: string,
  help: string,
  change: (target: string, text: string) => string,
  rewrite = rewriteTarget,
): ActionRow {
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
        return rewrite(stream, change(targetOf(stream.reqHead!, stream.reqEdits), format(stream)));
      };
    },
  };
}

function rewriteTarget(stream: RuleStream, target: string): number {
  const { reqHead: head, reqEdits: edits } = stream;
  if (!hasRoom(stream, head!, edits, target.length - (edits.target?.length ?? 0))) return rewriteFailed(stream);
  setTarget(edits, target);
  return Verdict.next;
}

/** As `rewriteTarget`, of the whole target: it goes out as it stands, and an authority in it becomes the Host. */
function rewriteWhole(stream: RuleStream, target: string): number {
  const verdict = rewriteTarget(stream, target);
  if (verdict !== Verdict.next) return verdict;
  const head = stream.reqHead!;
  head.flags &= ~NORMALIZED_URI;
  return followTarget(head, stream.reqEdits) ? Verdict.next : rewriteFailed(stream);
}

/** Start and end of the part a replace action works on; a start below 0: there is no such part. */
type Part = (target: string) => readonly [from: number, to: number];

function replacer(name: string, help: string, part: Part, rewrite = rewriteTarget): ActionRow {
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
        if (from < 0) return Verdict.next;
        const found = regex.exec(target.slice(from, to));
        if (found !== null) {
          return rewrite(stream, target.slice(0, from) + replaceWith(format(stream), found) + target.slice(to));
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
  setter("set-uri", "Replace the whole target", (_, text) => text, rewriteWhole),
  // As in HAProxy, a target without a path is taken for one.
  setter("set-path", "Replace the path, not the query", (target, text) => {
    const from = Math.max(0, pathAt(target));
    return target.slice(0, from) + text + target.slice(Math.max(from, queryStart(target)));
  }),
  setter("set-pathq", "Replace path and query", (target, text) => target.slice(0, Math.max(0, pathAt(target))) + text),
  setter("set-query", "Replace the query", (target, text) => {
    const mark = queryStart(target);
    // As in HAProxy, the question mark stays once it is there.
    return mark === target.length && text === "" ? target : `${target.slice(0, mark)}?${text}`;
  }),
  replacer("replace-uri", "Replace the target by a regular expression", (target) => [0, target.length], rewriteWhole),
  replacer("replace-path", "Replace the path by a regular expression", (target) => {
    const from = pathAt(target);
    return [from, Math.max(from, queryStart(target))];
  }),
  replacer("replace-pathq", "Replace path and query by a regular expression", (target) => [
    pathAt(target),
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
