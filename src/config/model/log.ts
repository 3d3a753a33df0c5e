import type { Position } from "../../lang/position.ts";

export type LogFormatName = "local" | "rfc3164" | "rfc5424" | "priority" | "short" | "timed" | "iso" | "raw";

/** Syslog severities: 0 emerg … 7 debug. */
export type LogLevel = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7;

/** A `log` line (manual, section 4.2). */
export interface LogTargetModel {
  readonly at: Position;
  readonly target:
    | { readonly kind: "udp"; readonly ip: string; readonly port: number }
    | { readonly kind: "unix"; readonly path: string }
    | { readonly kind: "abns"; readonly name: string }
    | { readonly kind: "fd"; readonly fd: number }
    | { readonly kind: "stdout" }
    | { readonly kind: "stderr" };
  /** Longest line sent, default 1024; longer lines are cut. */
  readonly len: number;
  readonly format: LogFormatName;
  /** Ranges of `sample <ranges>:<size>`; null = every line. */
  readonly sample: { readonly ranges: readonly (readonly [number, number])[]; readonly size: number } | null;
  /** Facility number 0 (kern) … 23 (local7). */
  readonly facility: number;
  readonly level: LogLevel;
  readonly minLevel: LogLevel;
}
