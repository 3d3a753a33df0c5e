import type { TextModel } from "../../config/model.ts";
import { firstValue } from "../lines.ts";
import { textOf } from "../../lang/line.ts";
import { atCondition, unknownWord } from "../parts.ts";
import { type ActionRow, type Answer, type RuleStream, Verdict } from "../types.ts";
import { pathOf, targetOf } from "./target.ts";

const CODES = [301, 302, 303, 307, 308];
const HOST = Buffer.from("host", "latin1");

/** Flag of the keyword `redirect`, whose location is no format. */
export const LITERAL = "literal";

/** `redirect` (manual, section 4.2). As in HAProxy, the format of a location is evaluated before anything is appended to it. */
export const redirectAction: ActionRow = {
  name: "redirect",
  where: ["http-request", "http-response"],
  usage:
    "{location|prefix|scheme} <fmt> [code <code>] [drop-query] [append-slash] [ignore-empty] [set-cookie <cookie>] [clear-cookie <cookie>]",
  help: "Answer with a redirection",
  parse: (args) => {
    const texts: Record<string, TextModel> = {};
    const flags: string[] = [];
    let status = 0;
    let target = "";
    while (!atCondition(args)) {
      const word = args.next()!;
      switch (word.text) {
        case "location":
        case "prefix":
        case "scheme": {
          const to = args.take(`a ${word.text}`);
          if (to === null) return null;
          if (to.text === "") return args.error("config/missing-argument", to, `'${word.text}' expects a value`);
          target = word.text;
          texts.to = textOf(to);
          break;
        }
        case "code": {
          const code = args.take("a code");
          if (code === null) return null;
          status = Number(code.text);
          if (!CODES.includes(status)) {
            return args.error(
              "rule/bad-status",
              code,
              `'${code.text}' is not a redirection`,
              `one of ${CODES.join(", ")}`,
            );
          }
          break;
        }
        case "set-cookie":
        case "clear-cookie": {
          const cookie = args.take("a cookie");
          if (cookie === null) return null;
          texts.cookie = textOf(cookie);
          if (word.text === "clear-cookie") flags.push("clear");
          break;
        }
        case "drop-query":
        case "append-slash":
        case "ignore-empty":
          flags.push(word.text);
          break;
        default:
          return unknownWord(args, word);
      }
    }
    if (texts.to === undefined) {
      return args.error(
        "config/missing-argument",
        args.keyword,
        `'${args.label}' expects 'location', 'prefix' or 'scheme'`,
      );
    }
    return { texts, flags: [target, ...flags], status, headers: [] };
  },
  compile: (action, rc) => {
    const { texts, flags } = action;
    const to = flags.includes(LITERAL) ? () => texts.to!.text : rc.format(texts.to!);
    if (to === null) return null;
    const kind = flags[0];
    if (rc.ruleset !== "http-request" && kind !== "location") {
      const { at, endColumn } = action;
      rc.diagnostics.error("rule/bad-argument", at, `'${rc.ruleset} redirect' only knows 'location'`, { endColumn });
      return null;
    }
    const status = action.status || 302;
    // Elsewhere HAProxy says "Moved Temporarily".
    const reason = status === 302 ? { reason: "Found" } : {};
    const drop = flags.includes("drop-query");
    const slash = flags.includes("append-slash");
    // "/" as a prefix is no prefix at all (manual, redirect prefix), unless a format makes it.
    const bare = texts.to!.text === "/";
    const skipEmpty = flags.includes("ignore-empty");
    const cookie = cookieLine(texts.cookie?.text ?? null, flags.includes("clear"));

    const append = (location: string, path: string): string => {
      let tail = path;
      const mark = drop ? tail.indexOf("?") : -1;
      if (mark >= 0) tail = tail.slice(0, mark);
      // Without drop-query it comes behind the query, as in HAProxy.
      if (slash && !tail.endsWith("/")) tail += "/";
      return location + tail;
    };
    const locate = (stream: RuleStream): string => {
      const text = to(stream);
      if (kind === "location") return text;
      const head = stream.reqHead!;
      const path = pathOf(targetOf(head, stream.reqEdits));
      if (kind === "scheme") {
        const host = firstValue(head, stream.reqEdits, HOST) ?? "";
        return append(`${text}://${host}`, path);
      }
      return append(bare ? "" : text, path);
    };
    return (stream) => {
      const location = locate(stream);
      if (skipEmpty && location === "") return Verdict.next;
      const headers: [string, string][] = [
        ["content-length", "0"],
        ["location", location],
      ];
      if (status === 302 || status === 303 || status === 307) headers.push(["cache-control", "no-cache"]);
      if (cookie !== null) headers.push(["set-cookie", cookie]);
      const answer: Answer = { status, ...reason, headers, body: "", closesBody: true };
      stream.intercept(status, answer);
      return Verdict.done;
    };
  },
};

function cookieLine(cookie: string | null, clear: boolean): string | null {
  if (cookie === null) return null;
  return clear ? `${cookie}; path=/; Max-Age=0;` : `${cookie}; path=/;`;
}
