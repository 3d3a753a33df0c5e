import type { Args } from "../../lang/args.ts";
import { parseAnswer, compileAnswer } from "./answer.ts";
import { NOTHING } from "../parts.ts";
import { type ActionRow, Verdict } from "../types.ts";

/** `allow`, `deny` and `return` (manual, section 4.2, http-request): those that end a ruleset. */
export const verdictActions: readonly ActionRow[] = [
  {
    name: "allow",
    where: ["http-request", "http-response", "http-after-response"],
    usage: "",
    help: "Stop evaluating the rules of this ruleset and go on",
    parse: () => NOTHING,
    compile: () => () => Verdict.stop,
  },
  {
    name: "deny",
    where: ["http-request", "http-response"],
    usage:
      "[deny_status <status> | status <status>] [content-type <type>] [{string|lf-string|file|lf-file} <body>] [hdr <name> <fmt>]*",
    help: "Refuse the message and answer with an error",
    parse: (args, env) => parseAnswer(args, env, true),
    compile: (action, rc) => {
      // HAProxy denies requests by 403 and responses by 502 (manual, http-response deny).
      const status = action.status || (rc.ruleset === "http-request" ? 403 : 502);
      const answer = compileAnswer(action, status, rc);
      if (answer === null) return null;
      if (answer === "page") {
        return (stream) => {
          stream.deny(status, null);
          return Verdict.done;
        };
      }
      return (stream) => {
        stream.deny(status, answer(stream));
        return Verdict.done;
      };
    },
  },
  {
    name: "return",
    where: ["http-request", "http-response"],
    usage: "[status <status>] [content-type <type>] [{string|lf-string|file|lf-file} <body>] [hdr <name> <fmt>]*",
    help: "Answer at once instead of forwarding",
    parse: (args: Args, env) => parseAnswer(args, env, false),
    compile: (action, rc) => {
      const status = action.status || 200;
      const answer = compileAnswer(action, status, rc);
      if (answer === null) return null;
      if (answer === "page") {
        return (stream) => {
          stream.intercept(status, null);
          return Verdict.done;
        };
      }
      return (stream) => {
        stream.intercept(status, answer(stream));
        return Verdict.done;
      };
    },
  },
];
