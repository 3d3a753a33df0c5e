/** Diagnostics as text for people, as JSON for tools, and in HAProxy's own wording for scripts made for it. */
import { createColors } from "picocolors";
import type { Diagnostic, Severity } from "./diagnostic.ts";
import { LEX_CODES } from "./lexer.ts";
import type { Source } from "./source.ts";

/** Widest piece of a source line shown under a finding, in characters. */
const MAX_SHOWN = 120;

/** Finds the text of a line for the caret display; lines count from 1. */
export class SourceLines {
  private readonly lines = new Map<string, readonly string[]>();

  constructor(sources: readonly Source[]) {
    for (const { name, text } of sources) if (!this.lines.has(name)) this.lines.set(name, text.split("\n"));
  }

  get(file: string, line: number): string | undefined {
    return this.lines.get(file)?.[line - 1];
  }
}

export interface RenderOptions {
  readonly color: boolean;
  /** Absent: no source lines are shown. */
  readonly lines?: SourceLines;
}

const paintOf = { error: "red", warning: "yellow", notice: "cyan", diag: "magenta" } as const satisfies Record<
  Severity,
  string
>;

/**
 * `file:line:column: severity [code]: message`, the source line with the offending bytes underlined, and the hint.
 * Ends with a line feed; the empty string for an empty list.
 */
export function renderText(list: readonly Diagnostic[], { color, lines }: RenderOptions): string {
  const paint = createColors(color);
  let out = "";
  for (const { code, severity, at, endColumn, message, hint } of list) {
    const strong = paint[paintOf[severity]];
    const place = at.line === 0 ? at.file : `${at.file}:${at.line}:${at.column}`;
    const head = place === "" ? "" : `${paint.bold(printable(place))}: `;
    out += `${head}${paint.bold(strong(severity))} [${code}]: ${printable(message, true)}\n`;
    const source = lines?.get(at.file, at.line);
    if (source !== undefined) {
      const { before, marked, after } = excerpt(source, at.column - 1, endColumn - 1);
      const gutter = String(at.line).padStart(5);
      out += `${paint.dim(`${gutter} |`)} ${before}${strong(marked)}${after}`.trimEnd() + "\n";
      const width = Math.max(1, Bun.stringWidth(marked));
      out += `${paint.dim("      |")} ${" ".repeat(Bun.stringWidth(before))}${strong("^".repeat(width))}\n`;
    }
    if (hint !== undefined) out += `${paint.dim("      =")} ${paint.green("hint")}: ${printable(hint)}\n`;
  }
  return out;
}

/** One JSON array of flat objects, for `--json`. Line and column are 0 where a finding has no place. */
export function renderJson(list: readonly Diagnostic[]): string {
  const flat = list.map(({ code, severity, at, endColumn, message, hint }) => ({
    severity,
    code,
    file: unbyte(at.file),
    line: at.line,
    column: at.column,
    endColumn: at.line === 0 ? 0 : endColumn,
    message: unbyte(message),
    hint: hint === undefined ? null : unbyte(hint),
  }));
  return JSON.stringify(flat, null, 2);
}

const labels: Readonly<Record<Severity, string>> = {
  error: "[ALERT]   ",
  warning: "[WARNING] ",
  notice: "[NOTICE]  ",
  diag: "[DIAG]    ",
};

/** A line in HAProxy's form: the label padded to ten columns, the process, the text. Ends with a line feed. */
export function haproxyMessage(severity: Severity, pid: number, text: string): string {
  const [first, ...more] = text.split("\n");
  return `${labels[severity]} (${pid}) : ${[first, ...more.map((line) => `  ${line}`)].join("\n")}\n`;
}

const lexical: ReadonlySet<string> = new Set(LEX_CODES);
const directive: ReadonlySet<string> = new Set([
  "syntax/too-many-errors",
  "directive/message",
  "directive/unknown",
  "condition/lone",
]);

/** A finding as HAProxy prints it: `[ALERT]    (pid) : config : parsing [file:line] : text`. */
export function renderHaproxy(
  { code, severity, at, message, hint }: Diagnostic,
  pid: number,
  lines: SourceLines,
): string {
  const text = printable(message, true);
  if (at.line === 0) return haproxyMessage(severity, pid, `config : ${text}`);
  const place = `config : parsing [${printable(at.file)}:${at.line}]`;
  const source = lines.get(at.file, at.line);
  if (
    lexical.has(code) &&
    code !== "syntax/missing-newline" &&
    code !== "syntax/nul-character" &&
    source !== undefined
  ) {
    const { before, marked, after } = excerpt(source, at.column - 1, at.column);
    const caret = `${" ".repeat(Bun.stringWidth(before))}^`;
    return haproxyMessage(
      severity,
      pid,
      `${place}: ${text} at position ${at.column}:\n${before}${marked}${after}\n${caret}`,
    );
  }
  if (lexical.has(code)) return haproxyMessage(severity, pid, `${place}: ${text} at position ${at.column}.`);
  const tail = hint === undefined ? "" : `; ${printable(hint)}`;
  return haproxyMessage(
    severity,
    pid,
    `${place}${directive.has(code) ? "" : " "}: ${text}${tail}${/[.!?]$/.test(text + tail) ? "" : "."}`,
  );
}

/** The part of a line around the offending bytes [from, to), safe to print. */
function excerpt(line: string, from: number, to: number): { before: string; marked: string; after: string } {
  const end = Math.min(line.length, Math.max(to, from + 1));
  const start = Math.min(from, line.length);
  const first = start > MAX_SHOWN - 40 ? start - 40 : 0;
  const last = Math.min(line.length, first + MAX_SHOWN);
  return {
    before: (first > 0 ? "..." : "") + printable(line.slice(first, start)),
    marked: printable(line.slice(start, Math.min(end, last))),
    after: printable(line.slice(Math.min(end, last), last)) + (last < line.length ? "..." : ""),
  };
}

/** Bytes back to text: UTF-8 where they are, each byte for itself where not. Text that never was bytes stays. */
function unbyte(text: string): string {
  if (!/[\x80-\uffff]/.test(text) || /[^\x00-\xff]/.test(text)) return text;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(text, "latin1"));
  } catch {
    return text;
  }
}

/** Without control characters, so that a configuration cannot drive the terminal. */
function printable(text: string, keepNewlines = false): string {
  const safe = unbyte(text).replace(/\t/g, " ");
  return keepNewlines
    ? safe.replace(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/g, "?")
    : safe.replace(/[\x00-\x1f\x7f-\x9f]/g, "?");
}
