import type { Diagnostic } from "../lang/diagnostic.ts";
import { writeToStderr } from "../log/targets/stderr.ts";

export type Level = "ALERT" | "WARNING" | "NOTICE";

/** Where the supervisor's own messages go: one call for each line. */
export type Report = (level: Level, text: string) => void;

/** HAProxy's form: `[ALERT]    (1234) : text`. */
function formatReport(level: Level, text: string): string {
  return `${`[${level}]`.padEnd(10)} (${process.pid}) : ${text}`;
}

let overheard: (line: string) => void = () => {};

/** `listener` gets every line that `reportToStderr` writes, too. */
export function overhear(listener: (line: string) => void): void {
  overheard = listener;
}

export const reportToStderr: Report = (level, text) => {
  const line = formatReport(level, text);
  overheard(`${line}\n`);
  writeToStderr(line);
};

/** One line of a finding: `lb.cfg:12: message (hint)`. */
export function diagnosticLine(d: Diagnostic): string {
  const place = d.at.line > 0 ? `[${d.at.file}:${d.at.line}] : ` : "";
  return place + d.message + (d.hint === undefined ? "" : ` (${d.hint})`);
}

function levelOf({ severity }: Diagnostic): Level {
  return severity === "error" ? "ALERT" : severity === "warning" ? "WARNING" : "NOTICE";
}

/** Passes the findings on; notices and the like only count as such. */
export function reportDiagnostics(report: Report, diagnostics: readonly Diagnostic[]): void {
  for (const d of diagnostics) report(levelOf(d), `config : ${diagnosticLine(d)}`);
}

/** The lines that `reportDiagnostics` makes for standard error. */
export function reportedLines(diagnostics: readonly Diagnostic[]): string[] {
  return diagnostics.map((d) => formatReport(levelOf(d), `config : ${diagnosticLine(d)}`));
}
