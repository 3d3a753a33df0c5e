import type { Args } from "../../lang/args.ts";
import { textOf, type Word } from "../../lang/line.ts";
import { parseSize, parseTime } from "../../lang/units.ts";
import type { HttpFlowStream } from "../flow/types.ts";
import { atCondition, NOTHING } from "../parts.ts";
import { type ActionParts, type ActionRow, type TextModel, Verdict } from "../types.ts";

function takeValue(args: Args, what: string, good: (text: string) => boolean): Word | null {
  const word = args.take(what);
  if (word === null || good(word.text)) return word;
  return args.error("config/bad-value", word, `'${word.text}' is not ${what}`);
}

function isTime(text: string): boolean {
  const time = parseTime(text);
  return time.ok && time.trailing < 0;
}

function takeBody(args: Args): ActionParts | null {
  const texts: Record<string, TextModel> = {};
  while (!atCondition(args)) {
    const word = args.peek()!;
    if (word.text !== "time" && word.text !== "at-least") break;
    args.next();
    const value =
      word.text === "time"
        ? takeValue(args, "a time", isTime)
        : takeValue(args, "a size", (text) => parseSize(text).ok);
    if (value === null) return null;
    texts[word.text] = textOf(value);
  }
  if (texts.time !== undefined) return { ...NOTHING, texts };
  return args.error("config/missing-argument", args.keyword, `'${args.label}' needs a time`, "time <time>");
}

function valueOf(parse: typeof parseSize, text: TextModel | undefined): number {
  const result = text === undefined ? null : parse(text.text);
  return result !== null && result.ok ? result.value : 0;
}

/** `wait-for-body` and `wait-for-handshake` (manual, section 4.2). */
export const waitActions: readonly ActionRow[] = [
  {
    name: "wait-for-body",
    where: ["http-request", "http-response"],
    usage: "time <time> [at-least <bytes>]",
    help: "Wait for the body before the next rule",
    parse: takeBody,
    compile: ({ texts }) => {
      const time = valueOf((text) => parseTime(text), texts.time);
      const atLeast = valueOf(parseSize, texts["at-least"]);
      return (stream, again) => (stream as HttpFlowStream).waitForBody(time, atLeast, again);
    },
  },
  {
    name: "wait-for-handshake",
    where: ["http-request"],
    usage: "",
    // Only data of TLS 1.3 sent before the end of the handshake would have to wait; none is ever accepted.
    help: "Wait for the end of the TLS handshake: always over, as early data is not accepted",
    parse: () => NOTHING,
    compile: () => () => Verdict.next,
  },
];
