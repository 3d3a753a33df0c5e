/** Runs one command of a session. */
import type { AdminContext } from "../context.ts";
import { atLeast, failure, type Answer, type Session } from "./command.ts";
import type { Request } from "./input.ts";
import { findCommand, unknownCommand } from "./match.ts";
import { commandsOf } from "./registry.ts";
import { unsupported } from "./unsupported.ts";
import { messageOf } from "../../util/error.ts";

const severityNames: Readonly<Record<number, string>> = { 3: "err", 4: "warning", 5: "notice", 6: "info" };

/** The answer as text pieces, without the line feed that ends it. Never rejects: a bug becomes a message. */
export async function execute(
  ctx: AdminContext,
  session: Session,
  request: Request,
): Promise<string | Iterable<string>> {
  return render(session, await answer(ctx, session, request));
}

async function answer(ctx: AdminContext, session: Session, request: Request): Promise<Answer> {
  const commands = commandsOf(ctx);
  const found = findCommand(commands, request.words);
  if (found === null) {
    return unsupported(request.words) ?? { severity: 6, text: unknownCommand(commands, request.words) };
  }
  const { command, used } = found;
  if (!atLeast(session.level, command.level ?? "user")) return failure("Permission denied");
  try {
    return await command.run({
      ctx,
      session,
      commands,
      args: request.words.slice(used),
      payload: request.payload,
      nowMs: Date.now(),
    });
  } catch (error) {
    return failure(`Internal error in '${command.name}': ${messageOf(error)}`);
  }
}

function render(session: Session, given: Answer): string | Iterable<string> {
  if (typeof given === "string" || !("severity" in given)) return given;
  const { severity, text } = given;
  if (session.severity === "number") return `[${severity}]: ${text}`;
  if (session.severity === "string") return `[${severityNames[severity] ?? severity}]: ${text}`;
  return text;
}
