import type { ActionModel, TextModel } from "../config/model.ts";
import type { PatternChange } from "../expr/changes.ts";
import type { SampleContext } from "../expr/context.ts";
import type { CompiledExpression } from "../expr/compile.ts";
import type { CompileContext } from "../expr/fetch/types.ts";
import type { SampleKind } from "../expr/sample.ts";
import type { Args } from "../lang/args.ts";
import type { Diagnostics } from "../lang/diagnostic.ts";
import type { Resolvers } from "../net/dns/resolvers.ts";
import type { LevelName, LogRecord } from "../log/record.ts";
import type { Tracking } from "../table/tracking.ts";

/** The rulesets, by keyword: those of mode http, and those of connections, sessions and raw bytes. */
export type RuleSet =
  | "http-request"
  | "http-response"
  | "http-after-response"
  | "tcp-request connection"
  | "tcp-request session"
  | "tcp-request content"
  | "tcp-response content";

/** What an action decides about the rules behind it. */
export const Verdict = {
  /** The next rule follows. */
  next: 0,
  /** No further rule of this ruleset is evaluated (`allow`). */
  stop: 1,
  /** The exchange was answered: the stream must not be touched any more. */
  done: 2,
  /** The rule is not through: it runs again, without its condition, once the stream is woken (`RuleStream.wake`). */
  wait: 3,
} as const;

/** An answer made by a rule. Names in lower case, values in latin1. */
export interface Answer {
  readonly status: number;
  /** Default: that of the status. */
  readonly reason?: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  /** The connection does not outlive it when the request has a body. */
  readonly closesBody?: true;
  /** An error file, as latin1 text: sent instead of headers and body. The object is then the same at each use. */
  readonly page?: string;
}

/** The log record of a stream, with the samples of the same stream for what stands in `%[…]`. */
export interface RuleRecord extends LogRecord {
  readonly samples: SampleContext | null;
}

/** What an action may do to a stream, beside reading samples and editing heads. */
export interface RuleStream extends SampleContext {
  /** For the variables of log formats. */
  readonly record: RuleRecord;
  /** The rule that ended the last evaluation that was ended. Belongs to `runRules` and `runContent`. */
  lastRule: { readonly file: string; readonly line: number } | null;
  /** Index of the rule at which the ruleset waits, -1 = none does. Belongs to `runRules`. */
  waitingRule: number;
  /** Another number for each exchange: who comes back later compares it before touching the stream. */
  readonly serial: number;
  /** Goes on with the ruleset that waits; no effect when none does. The stream may be over afterwards. */
  wake(): void;
  /** Refuses: counts the denial and answers with `answer`, or with the error page of the status. */
  deny(status: number, answer: Answer | null): void;
  /** Answers instead of the server; counted as intercepted. Null: with the error page of the status. */
  intercept(status: number, answer: Answer | null): void;
  /** The status of the answer that is being made, for formats in it: from here on the server's response is gone. */
  announce(status: number): void;
  /** The request is not acceptable: 400. */
  invalid(): void;
  /** Answers 401 with the page of that status and WWW-Authenticate; 407 and Proxy-Authenticate to clients of a proxy. */
  authenticate(realm: string): void;
  /** The stick counters that rules of this set track with: those of the session in rules about connections, else the stream's. */
  tracking(): Tracking;
  /** Puts a text into a capture slot of the frontend; false when there is none. */
  capture(side: "request" | "response", slot: number, text: string): boolean;
  /** Severity of the line about this stream; "silent": no line. */
  setLogLevel(level: LevelName | "silent"): void;
}

/** Text a rule makes of a stream. */
export type TextMaker = (stream: RuleStream) => string;

/** Does its work and tells a Verdict. `again`: it waited, and the stream was woken. */
export type Action = (stream: RuleStream, again: boolean) => number;

/** A compiled condition: whether the rule applies. */
export type Condition = (stream: RuleStream) => boolean;

/** One rule ready to run; `condition` null = always. */
export interface Rule {
  readonly condition: Condition | null;
  readonly action: Action;
  readonly line: number;
  readonly file: string;
}

/** What the compile function of an action may ask for. All report their own errors and then return null. */
export interface RuleCompiler {
  readonly ruleset: RuleSet;
  /** Name of the proxy the rule stands in. */
  readonly proxy: string;
  readonly diagnostics: Diagnostics;
  readonly cc: CompileContext;
  /**
   * The text of a log format; a plain text becomes a function that returns it. Samples are made fit for a header, unless `raw`:
   * then they may be quoted instead.
   */
  format(text: TextModel, raw?: boolean): TextMaker | null;
  /** The value of a format that holds nothing variable, else null. */
  literal(text: TextModel): string | null;
  /** The pattern file that ACLs or maps name; also when they do so further down. */
  patterns(file: TextModel): { change(change: PatternChange): void };
  /** The resolvers section of that name, or null. */
  resolvers(name: string): Resolvers | null;
  /** The page of an http-errors section; "none": it has none for the status. */
  errorPage(section: TextModel, status: number): { readonly bytes: string } | "none" | null;
  expression(text: TextModel, want?: SampleKind): CompiledExpression | null;
}

/** What a parser reads into; null stops after a complaint. */
export type ActionParts = Omit<ActionModel, "kind" | "at" | "endColumn">;

/** What a parser may ask of the machine and of the section. */
export interface ActionEnv {
  readonly readFile: (path: string) => string;
  /** tune.bufsize: bodies and error files must fit. */
  readonly bufsize: number;
  /** The section has no frontend side. */
  readonly backend?: boolean;
}

/** One action: the row that parser, check, help and compiler read. */
export interface ActionRow {
  readonly name: string;
  readonly where: readonly RuleSet[];
  readonly usage: string;
  /** One line, no full stop. */
  readonly help: string;
  /** The word is `name(argument)`, or with "optional" may be; the argument comes as `texts.argument`. */
  readonly parenthesis?: "needed" | "optional";
  /** Needs `expose-experimental-directives` in the global section. */
  readonly experimental?: true;
  /** Reads the arguments up to the condition. */
  parse(args: Args, env: ActionEnv): ActionParts | null;
  compile(action: ActionModel, rc: RuleCompiler): Action | null;
}

export type { ActionModel, TextModel };
