import type { ProxyModel } from "../../config/model.ts";
import type { Diagnostics } from "../../lang/diagnostic.ts";
import type { Position } from "../../lang/position.ts";
import type { LogRecord } from "../../log/record.ts";
import { connectFrom, httplog, httpslog, tcplog } from "./fast.ts";
import type { Flags, Formatter, Style, TagContext } from "./format.ts";
import { HTTPLOG_CLF } from "./named.ts";
import { type Item, parseLogFormat, within } from "./parse.ts";
import { tags } from "./tags/index.ts";

export interface CompileOptions extends TagContext {
  readonly mode: "tcp" | "http";
  /** Default "log". */
  readonly style?: Style;
  /** Compiles what stands in `%[…]`; absent = such items are errors. It reports its own errors and then returns null. */
  readonly expression?: (text: string, flags: Flags, at: Position) => Formatter | null;
}

export interface LogFormat {
  readonly format: Formatter;
  /**
   * When the line can be written: "accept" for the default format; "response" (TCP: when the server is connected) when
   * no tag needs the end of the stream; otherwise "end". `option logasap` turns "end" into "response".
   */
  readonly when: "accept" | "response" | "end";
}

/** `Optional` is a value that may be empty: the spaces around it are then one. */
const Op = { Text: 0, Space: 1, Value: 2, Optional: 3 } as const;

/** Where a line is: a space at its start or after another is not printed. */
function run(ops: Uint8Array, texts: readonly string[], values: readonly Formatter[], r: LogRecord): string {
  let out = "";
  let spaced = true;
  for (let i = 0; i < ops.length; i++) {
    switch (ops[i]!) {
      case Op.Space:
        if (!spaced) {
          out += " ";
          spaced = true;
        }
        break;
      case Op.Text:
        out += texts[i]!;
        spaced = false;
        break;
      case Op.Value:
        out += values[i]!(r);
        spaced = false;
        break;
      default: {
        const value = values[i]!(r);
        if (value !== "") {
          out += value;
          spaced = false;
        }
      }
    }
  }
  return out;
}

/** Without optional values the places of the spaces are known beforehand and become text. */
function plain(texts: readonly string[], values: readonly Formatter[]): Formatter {
  const count = values.length;
  if (count === 0) return () => texts[0]!;
  return (r) => {
    let out = texts[0]!;
    for (let i = 0; i < count; i++) out += values[i]!(r) + texts[i + 1]!;
    return out;
  };
}

/**
 * Compiles the text of a `log-format` or `log-format-sd` line (manual 8.2.6). `at` is the position of its first character.
 * Returns null after reporting what is wrong with it; all faults are reported.
 */
export function compileLogFormat(
  text: string,
  at: Position,
  options: CompileOptions,
  diagnostics: Diagnostics,
): LogFormat | null {
  const before = diagnostics.list.length;
  const items = parseLogFormat(text, at, diagnostics, options.style);
  let failed = diagnostics.list.slice(before).some((d) => d.severity === "error");
  let late = false;
  let optional = false;
  const ops = new Uint8Array(items.length);
  const texts: string[] = [];
  const values: Formatter[] = [];
  const nothing: Formatter = () => "";

  items.forEach((item, i) => {
    texts.push(item.kind === "text" ? item.text : "");
    values.push(nothing);
    switch (item.kind) {
      case "text":
        ops[i] = Op.Text;
        return;
      case "space":
        ops[i] = Op.Space;
        return;
      case "expression": {
        const value = expression(item, at, options, diagnostics);
        if (value === null) failed = true;
        else values[i] = value;
        ops[i] = Op.Value;
        return;
      }
      case "tag": {
        const tag = tags.get(item.name);
        const where = { endColumn: at.column + item.end };
        if (tag === undefined) {
          failed = true;
          const hint = "write %% for a percent sign";
          const message = `there is no log-format variable '${item.name}'`;
          diagnostics.error("logformat/unknown", within(at, item.offset), message, { ...where, hint });
          return;
        }
        if (tag.http === true && options.mode !== "http") {
          failed = true;
          const message = `log-format variable '${item.name}' needs a proxy in HTTP mode`;
          diagnostics.error("logformat/mode", within(at, item.offset), message, where);
          return;
        }
        values[i] = tag.compile(item.flags, options);
        ops[i] = tag.optional === true ? Op.Optional : Op.Value;
        late ||= tag.late === true;
        optional ||= tag.optional === true;
      }
    }
  });
  if (failed) return null;
  const when = late ? "end" : "response";
  if (optional) return { format: (r) => run(ops, texts, values, r), when };
  return { format: merged(ops, texts, values), when };
}

/** Joins neighbouring texts and spaces. */
function merged(ops: Uint8Array, texts: readonly string[], values: readonly Formatter[]): Formatter {
  const between: string[] = [""];
  const used: Formatter[] = [];
  let spaced = true;
  for (let i = 0; i < ops.length; i++) {
    if (ops[i] === Op.Value) {
      used.push(values[i]!);
      between.push("");
      spaced = false;
    } else if (ops[i] === Op.Text) {
      between[between.length - 1] += texts[i]!;
      spaced = false;
    } else if (!spaced) {
      between[between.length - 1] += " ";
      spaced = true;
    }
  }
  return plain(between, used);
}

function expression(
  item: Extract<Item, { kind: "expression" }>,
  at: Position,
  options: CompileOptions,
  diagnostics: Diagnostics,
): Formatter | null {
  // Two characters of "%[" or more of "%{…}[" precede the expression itself.
  const start = within(at, item.end - 1 - item.text.length);
  if (options.expression !== undefined) return options.expression(item.text, item.flags, start);
  diagnostics.error(
    "logformat/expression",
    within(at, item.offset),
    "sample expressions in log formats are not supported yet",
    { endColumn: at.column + item.end },
  );
  return null;
}

/** The format of a frontend's lines, by its `option …log` or `log-format`. Null after an error was reported. */
export function proxyLogFormat(
  proxy: Pick<ProxyModel, "mode" | "logFormat" | "at">,
  options: Omit<CompileOptions, "mode">,
  diagnostics: Diagnostics,
): LogFormat | null {
  const all = { ...options, mode: proxy.mode };
  const kind = proxy.logFormat.kind;
  if (proxy.mode === "tcp" && kind.startsWith("http")) {
    const name = kind === "httplog-clf" ? "httplog clf" : kind;
    diagnostics.warn("logformat/mode", proxy.at, `'option ${name}' needs 'mode http': using 'option tcplog'`);
    return { format: tcplog, when: "end" };
  }
  switch (proxy.logFormat.kind) {
    case "default":
      return { format: connectFrom, when: "accept" };
    case "tcplog":
      return { format: tcplog, when: "end" };
    case "httplog":
      return { format: httplog, when: "end" };
    case "httpslog":
      return { format: httpslog, when: "end" };
    case "httplog-clf":
      return compileLogFormat(HTTPLOG_CLF, proxy.at, all, diagnostics);
    case "custom":
      return compileLogFormat(proxy.logFormat.text, proxy.logFormat.at, all, diagnostics);
  }
}
