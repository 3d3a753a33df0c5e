import { parseTime } from "../../lang/units.ts";
import type { HttpFlowStream } from "../flow/types.ts";
import { NOTHING, takeTexts } from "../parts.ts";
import { type ActionRow, Verdict } from "../types.ts";

/** `disable-l7-retry`, `set-timeout` (manual, section 4.2): how the request is tried. */
export const attemptActions: readonly ActionRow[] = [
  {
    name: "disable-l7-retry",
    where: ["http-request"],
    usage: "",
    help: "Send the request once only, whatever 'retry-on' says",
    parse: () => NOTHING,
    compile: () => (stream) => {
      (stream as HttpFlowStream).disableRetry();
      return Verdict.next;
    },
  },
  {
    name: "set-timeout",
    where: ["http-request"],
    usage: "{server|tunnel} {<time>|<expr>}",
    help: "Another timeout for this stream",
    parse: (args) => {
      const parts = takeTexts(args, [
        ["which", "'server' or 'tunnel'"],
        ["value", "a time or an expression"],
      ]);
      if (parts === null) return null;
      const { which, value } = parts.texts;
      if (which!.text !== "server" && which!.text !== "tunnel") {
        return args.error(
          "rule/bad-argument",
          args.words[args.index - 2]!,
          `'${args.label}' knows 'server' and 'tunnel', not '${which!.text}'`,
        );
      }
      const word = args.words[args.index - 1]!;
      if (!/^\d/.test(value!.text)) return parts;
      const time = parseTime(value!.text);
      if (!time.ok || time.trailing >= 0) {
        return args.error("config/bad-value", word, `'${value!.text}' is not a time`);
      }
      if (time.value === 0) return args.error("config/bad-value", word, `'${args.label}' does not take a time of 0`);
      return parts;
    },
    compile: (action, rc) => {
      const { which, value } = action.texts;
      const name = which!.text as "server" | "tunnel";
      if (rc.cc.backend === null) {
        rc.diagnostics.error("rule/needs-backend", action.at, "'set-timeout' is for backends: this is a frontend", {
          endColumn: action.endColumn,
          hint: "write it in the backend",
        });
        return null;
      }
      if (/^\d/.test(value!.text)) {
        const time = parseTime(value!.text);
        const fixed = time.ok ? time.value : 0;
        return (stream) => {
          (stream as HttpFlowStream).setTimeout(name, fixed);
          return Verdict.next;
        };
      }
      const expression = rc.expression(value!, "sint");
      if (expression === null) return null;
      return (stream) => {
        // As in HAProxy, no value is 0, which means no timeout.
        (stream as HttpFlowStream).setTimeout(name, Number(expression.eval(stream) ?? 0) | 0);
        return Verdict.next;
      };
    },
  },
  {
    name: "strict-mode",
    where: ["http-request", "http-response", "http-after-response"],
    usage: "{on|off}",
    help: "Whether a rewrite that fails for want of room ends the exchange by 500; on when a ruleset begins",
    parse: (args) => {
      const parts = takeTexts(args, [["value", "'on' or 'off'"]]);
      if (parts === null || ["on", "off"].includes(parts.texts.value!.text)) return parts;
      const word = args.words[args.index - 1]!;
      return args.error("rule/bad-argument", word, `'${args.label}' knows 'on' and 'off', not '${word.text}'`);
    },
    compile: (action) => {
      const on = action.texts.value!.text === "on";
      return (stream) => {
        (stream as HttpFlowStream).strict = on;
        return Verdict.next;
      };
    },
  },
];
