import type { Position } from "./position.ts";

/** `notice` and `diag` are what `.notice` and `.diag` print; only `error` makes a configuration unusable. */
export type Severity = "error" | "warning" | "notice" | "diag";

/** One finding about a configuration: stable code, exact place, what is wrong, what to do about it. */
export interface Diagnostic {
  readonly code: string;
  readonly severity: Severity;
  readonly at: Position;
  /** Column after the last byte of the offending token; the caret line underlines up to it. */
  readonly endColumn: number;
  readonly message: string;
  readonly hint?: string;
}

/** Collects every finding of one run; nothing stops at the first error. */
export class Diagnostics {
  readonly list: Diagnostic[] = [];
  /** How many of them are errors. */
  errors = 0;

  add(
    severity: Severity,
    code: string,
    at: Position,
    message: string,
    options: { endColumn?: number; hint?: string } = {},
  ): void {
    const { endColumn = at.column + 1, hint } = options;
    if (severity === "error") this.errors++;
    this.list.push({ code, severity, at, endColumn, message, ...(hint === undefined ? {} : { hint }) });
  }

  error(code: string, at: Position, message: string, options?: { endColumn?: number; hint?: string }): void {
    this.add("error", code, at, message, options);
  }

  warn(code: string, at: Position, message: string, options?: { endColumn?: number; hint?: string }): void {
    this.add("warning", code, at, message, options);
  }

  get failed(): boolean {
    return this.list.some((d) => d.severity === "error");
  }
}
