/** What a command of the runtime API is. One file in commands/ for each family; registry.ts lists them. */
import type { AdminContext, QueryName } from "../context.ts";

export type Level = "user" | "operator" | "admin";

const rank: Readonly<Record<Level, number>> = { user: 0, operator: 1, admin: 2 };

export function atLeast(level: Level, needed: Level): boolean {
  return rank[level] >= rank[needed];
}

/** What a connection to the runtime API may change about itself. */
export interface Session {
  level: Level;
  /** Interactive: stays open after an answer and shows a prompt. */
  prompt: boolean;
  /** Idle time after which it is closed, ms. */
  timeoutMs: number;
  /** How messages show their severity. */
  severity: "none" | "number" | "string";
  /** Set by `quit`. */
  closing: boolean;
  /** On the master CLI: the process that gets what has no prefix, 0 = the master. */
  master?: number;
  /** Descriptor of the connection where listening sockets may be asked for (`expose-fd listeners`). */
  readonly channel?: number;
}

export interface Call {
  readonly ctx: AdminContext;
  readonly session: Session;
  /** Every command that is offered, for `help`. */
  readonly commands: readonly Command[];
  /** The words behind those of the command. */
  readonly args: readonly string[];
  /** Lines that came with `<<`, or null. */
  readonly payload: string | null;
  /** ms since the epoch. */
  readonly nowMs: number;
}

/** A message has a severity (3 error, 4 warning, 6 info); a dump is printed as it is, piece by piece. */
export interface Message {
  readonly severity: 3 | 4 | 5 | 6;
  readonly text: string;
}

/** "" = done, nothing to say. A line feed that ends the answer is added by the server; null = nothing at all, not even that. */
export type Answer = string | Message | Iterable<string> | null;

export interface Command {
  /** "show info": the words it is called by. */
  readonly name: string;
  /** Name with arguments, as `help` shows it. */
  readonly usage: string;
  readonly help: string;
  /** Not for people: `help` does not list it. */
  readonly hidden?: true;
  /** Level below which it is refused; default user. */
  readonly level?: Level;
  /** Offered only when the workers answer this query. */
  readonly needs?: QueryName;
  run(call: Call): Answer | Promise<Answer>;
}

/** Text of an error; ends with a line feed unless it says otherwise. */
export function failure(text: string): Message {
  return { severity: 3, text: `${text}\n` };
}

export function info(text: string): Message {
  return { severity: 6, text: `${text}\n` };
}
