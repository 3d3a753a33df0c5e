/** What HAProxy says about the steps of `option tcp-check`. */
import type { ScriptMatch } from "../../config/model.ts";
import type { ScriptStep } from "./types.ts";

/** How an expectation is named when its connection breaks. */
export function expectTitle(match: ScriptMatch): string {
  switch (match.kind) {
    case "string":
      return `(expect string '${match.text}')`;
    case "binary":
      // As bytes, up to a zero.
      return `(expect binary '${match.text.split("\0", 1)[0]!}')`;
    case "rstring":
      return "(expect regex)";
    case "rbinary":
      return "(expect binary regex)";
    case "string-lf":
      return "(expect log-format string)";
    case "binary-lf":
      return "(expect log-format binary)";
    default:
      return "";
  }
}

/** What did not come, or came without being wanted. */
export function mismatch(match: ScriptMatch, step: number, unwanted: boolean): string {
  const what = unwanted ? "TCPCHK matched unwanted content" : "TCPCHK did not match content";
  return `${what} ${matchTitle(match)} at step ${step}`;
}

function matchTitle(match: ScriptMatch): string {
  switch (match.kind) {
    case "string":
      return `'${match.text}'`;
    case "binary":
      return "(binary)";
    case "rbinary":
      return "(binary regex)";
    case "string-lf":
      return "(log-format string)";
    case "binary-lf":
      return "(log-format binary)";
    default:
      return "(regex)";
  }
}

/** " at step 2 of tcp-check (send) comment: 'x'": where the connection broke or time ran out. */
export function whereOf(step: ScriptStep): string {
  if (step.kind === "action") return "";
  if (step.step === 0) return " at initial connection step of tcp-check";
  let text = ` at step ${step.step} of tcp-check`;
  if (step.kind === "connect") {
    text += typeof step.port === "number" && step.port > 0 ? ` (connect port ${step.port})` : " (connect)";
  } else if (step.kind === "send") text += " (send)";
  else text += ` ${step.title}`;
  if (step.comment !== null) text += ` comment: '${step.comment}'`;
  return text;
}
