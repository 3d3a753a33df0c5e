import type { HttpFlowStream } from "../flow/types.ts";
import { type ActionRow, Verdict } from "../types.ts";
import { compileAnswer, parseAnswer } from "./answer.ts";

/** `tarpit` (manual, section 4.2, http-request tarpit): a denial that takes its time. */
export const tarpitAction: ActionRow = {
  name: "tarpit",
  where: ["http-request"],
  usage:
    "[deny_status <status> | status <status>] [content-type <type>] [{string|lf-string|file|lf-file} <body>] [hdr <name> <fmt>]*",
  help: "Hold the request for 'timeout tarpit', then refuse it",
  parse: (args, env) => parseAnswer(args, env, true),
  compile: (action, rc) => {
    const status = action.status || 500;
    const answer = compileAnswer(action, status, rc);
    if (answer === null) return null;
    const made = answer === "page" ? null : answer;
    return (stream) => {
      (stream as HttpFlowStream).tarpit(status, made);
      // Nobody goes on with the rules: the stream waits at another step.
      return Verdict.done;
    };
  },
};
