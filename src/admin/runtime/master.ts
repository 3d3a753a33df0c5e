/**
 * The master CLI (`haproxy -W -S ADDRESS`; management manual, section 9.4): the same commands, behind a prefix that names the process,
 * and a few of the master's own. Every worker answers for all of them.
 */
import type { AdminContext } from "../context.ts";
import type { Answer, Command, Session } from "./command.ts";
import type { Request } from "./input.ts";
import { commandsOf, masterCommands } from "./registry.ts";

export interface Routed {
  readonly commands: readonly Command[];
  readonly words: readonly string[];
  /** They are the master's, which says nothing where a worker answers with an empty line. */
  readonly own: boolean;
}

/** Where a line goes: the commands of the process it is for, and the words without the prefix; or the answer, when it was a prefix alone. */
export function route(ctx: AdminContext, session: Session, { words }: Request): Routed | { readonly answer: Answer } {
  const [first = ""] = words;
  let target = session.master!;
  let rest = words;
  if (first.startsWith("@")) {
    const found = processOf(ctx, first.slice(1));
    if (found === null) {
      session.closing = true;
      return { answer: `Can't find the target PID matching the prefix '${first}'` };
    }
    target = found;
    rest = words.slice(1);
    if (rest.length === 0) {
      session.master = target;
      return { answer: null };
    }
  }
  return { commands: target === 0 ? masterCommands : commandsOf(ctx), words: rest, own: target === 0 };
}

/** 0 = the master; null = there is no such process. */
function processOf(ctx: AdminContext, name: string): number | null {
  if (name === "" || name === "master") return 0;
  const workers = ctx.workers();
  if (/^!\d+$/.test(name)) {
    const pid = Number(name.slice(1));
    return workers.some((worker) => worker.pid === pid) ? pid : null;
  }
  if (!/^\d+$/.test(name)) return null;
  const nth = Number(name);
  return nth === 0 ? 0 : (workers[nth - 1]?.pid ?? null);
}

/** What stands before a line of an interactive client. */
export function promptOf({ master }: Session): string {
  if (master === undefined) return "> ";
  return master === 0 ? "master> " : `${master}> `;
}
