import { cleanField } from "../clean.ts";
import { textOf } from "../../lang/line.ts";
import { atCondition, takeStatus, takeTexts, unknownWord } from "../parts.ts";
import { type ActionRow, Verdict } from "../types.ts";
import { reasonOf } from "../reasons.ts";
import { LEVELS, type LevelName } from "../../log/record.ts";

/** `set-status` and `set-log-level` (manual, section 4.2). */
export const statusActions: readonly ActionRow[] = [
  {
    name: "set-status",
    where: ["http-response", "http-after-response"],
    usage: "<status> [reason <text>]",
    help: "Replace the status",
    parse: (args) => {
      const status = takeStatus(args, 100, 999);
      if (status === null) return null;
      const parts = { texts: {}, flags: [], status, headers: [] };
      if (atCondition(args)) return parts;
      const word = args.next()!;
      if (word.text !== "reason") return unknownWord(args, word);
      const reason = args.take("a reason");
      return reason === null ? null : { ...parts, texts: { reason: textOf(reason) } };
    },
    compile: (action) => {
      const status = Buffer.from(String(action.status), "latin1");
      const reason = Buffer.from(cleanField(action.texts.reason?.text ?? reasonOf(action.status)), "latin1");
      return (stream) => {
        const { resEdits } = stream;
        resEdits.status = status;
        resEdits.reason = reason;
        resEdits.touched = true;
        return Verdict.next;
      };
    },
  },
  {
    name: "set-log-level",
    where: ["http-request", "http-response"],
    usage: "{emerg|alert|crit|err|warning|notice|info|debug|silent}",
    help: "Severity of the log line of this stream; silent: no line",
    parse: (args) => {
      const parts = takeTexts(args, [["level", "a level"]]);
      if (parts === null) return null;
      const { text } = parts.texts.level!;
      if (text === "silent" || Object.hasOwn(LEVELS, text)) return parts;
      return args.error("rule/bad-argument", args.words[args.index - 1]!, `'${text}' is no log level`);
    },
    compile: (action) => {
      const level = action.texts.level!.text as LevelName | "silent";
      return (stream) => {
        stream.setLogLevel(level);
        return Verdict.next;
      };
    },
  },
];
