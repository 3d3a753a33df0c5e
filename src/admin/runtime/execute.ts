/** Runs one command of a session. */
import type { AdminContext } from "../context.ts";
import { atLeast, failure, type Answer, type Session } from "./command.ts";
import type { Request } from "./input.ts";
import { route } from "./master.ts";
import { findCommand, unknownCommand } from "./match.ts";
import { commandsOf } from "./registry.ts";
import { unsupported } from "./unsupported.ts";
import { messageOf } from "../../util/error.ts";

const severityNames: Readonly<Record<number, string>> = { 3: "err", 4: "warning", 5: "notice", 6: "info" };

/** The answer as text pieces, without the line feed that ends it; null = not even that. Never rejects: a bug becomes a message. */
export async function execute(
  ctx: AdminContext,
  session: Session,
  request: Request,
): Promise<string | Iterable<string> | null> {
  return render(session, await answer(ctx, session, request));
}

async function answer(ctx: AdminContext, session: Session, request: Request): Promise<Answer> {
  const routed = session.master === undefined ? null : route(ctx, session, request);
  if (routed !== null && "answer" in routed) return routed.answer;
  const { commands, words, own } = routed ?? { commands: commandsOf(ctx), words: request.words, own: false };
  const found = findCommand(commands, words);
  if (found === null) return unsupported(words) ?? { severity: 6, text: unknownCommand(commands, words) };
  const { command, used } = found;
  if (!atLeast(session.level, command.level ?? "user")) return failure("Permission denied");
  try {
    // Behind a prefix, a command is in a session of its own: it changes nothing of this one.
    const answer = await command.run({
      ctx,
      session: routed === null || own ? session : { ...session },
      commands,
      args: words.slice(used),
      payload: request.payload,
      nowMs: Date.now(),
    });
    return own && answer === "" ? null : answer;
  } catch (error) {
    return failure(`Internal error in '${command.name}': ${messageOf(error)}`);
  }
}

function render(session: Session, given: Answer): string | Iterable<string> | null {
  if (given === null || typeof given === "string" || !("severity" in given)) return given;
  const { severity, text } = given;
  if (session.severity === "number") return `[${severity}]: ${text}`;
  if (session.severity === "string") return `[${severityNames[severity] ?? severity}]: ${text}`;
  return text;
}
