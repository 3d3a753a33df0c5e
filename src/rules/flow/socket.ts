import type { Args } from "../../lang/args.ts";
import { takeTexts } from "../parts.ts";
import { type ActionParts, type ActionRow, type RuleSet, Verdict } from "../types.ts";
import type { FlowStream } from "./types.ts";

/** `set-nice`, `set-mark`, `set-tos` (manual, section 4.2): how the client's connection is treated by scheduler and kernel. */
export function socketActions(where: readonly RuleSet[], nice: readonly RuleSet[]): readonly ActionRow[] {
  return [
    {
      name: "set-nice",
      where: nice,
      usage: "<nice>",
      help: "Weight of the stream in HAProxy's scheduler; accepted without effect",
      parse: (args) => {
        const parts = takeTexts(args, [["value", "a number"]]);
        if (parts !== null) {
          args.warn("config/no-effect", args.keyword, `'${args.label}' has no effect: all streams are served in turn`);
        }
        return parts;
      },
      compile: () => () => Verdict.next,
    },
    number("set-mark", where, "<mark>", "Netfilter mark of what is sent to the client", (stream, mark) =>
      stream.setMark(mark >>> 0),
    ),
    number("set-tos", where, "<tos>", "TOS or traffic class of what is sent to the client", (stream, tos) =>
      stream.setTos(tos & 0xff),
    ),
  ];
}

/** Decimal, hexadecimal behind `0x`, octal behind `0`, as strtoul(3) reads them. */
function takeNumber(args: Args): ActionParts | null {
  const parts = takeTexts(args, [["value", "a number"]]);
  if (parts === null) return null;
  const { text } = parts.texts.value!;
  if (/^(0x[0-9a-f]+|0[0-7]*|[1-9][0-9]*)$/i.test(text)) return parts;
  return args.error("rule/bad-argument", args.words[args.index - 1]!, `'${text}' is no number`);
}

function valueOf(text: string): number {
  if (/^0x/i.test(text)) return Number.parseInt(text.slice(2), 16);
  return Number.parseInt(text, text.startsWith("0") ? 8 : 10);
}

function number(
  name: string,
  where: readonly RuleSet[],
  usage: string,
  help: string,
  set: (stream: FlowStream, value: number) => void,
): ActionRow {
  return {
    name,
    where,
    usage,
    help,
    parse: takeNumber,
    compile: (action) => {
      const value = valueOf(action.texts.value!.text);
      return (stream) => {
        set(stream as FlowStream, value);
        return Verdict.next;
      };
    },
  };
}
