import type { ProxyModel } from "../../config/model.ts";
import type { Diagnostics } from "../../lang/diagnostic.ts";
import type { Position } from "../../lang/position.ts";
import { connectFrom, httplog, httpslog, tcplog } from "./fast.ts";
import type { Flags, Formatter, Style, TagContext } from "./format.ts";
import { generate, Op, type Step } from "./generate.ts";
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

/** A format ready to run, and when it can. */
export interface LogFormat {
  readonly format: Formatter;
  /**
   * When the line can be written: "accept" for the default format; "response" (TCP: when the server is connected) when
   * no tag needs the end of the stream; otherwise "end". `option logasap` turns "end" into "response".
   */
  readonly when: "accept" | "response" | "end";
  /** It shows the request line, or parts of it. Default false. */
  readonly showsRequest?: boolean;
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
  let showsRequest = false;
  const steps: Step[] = [];
  const add = (op: number, text: string, value: Formatter | null): void => void steps.push({ op, text, value });

  for (const item of items) {
    switch (item.kind) {
      case "text":
        add(Op.Text, item.text, null);
        break;
      case "space":
        add(Op.Space, "", null);
        break;
      case "expression": {
        const value = expression(item, at, options, diagnostics);
        if (value === null) failed = true;
        else add(Op.Value, "", value);
        break;
      }
      case "tag": {
        const tag = tags.get(item.name);
        const where = { endColumn: at.column + item.end };
        if (tag === undefined) {
          failed = true;
          const hint = "write %% for a percent sign";
          const message = `there is no log-format variable '${item.name}'`;
          diagnostics.error("logformat/unknown", within(at, item.offset), message, { ...where, hint });
        } else if (tag.http === true && options.mode !== "http") {
          failed = true;
          const message = `log-format variable '${item.name}' needs a proxy in HTTP mode`;
          diagnostics.error("logformat/mode", within(at, item.offset), message, where);
        } else {
          add(tag.optional === true ? Op.Optional : Op.Value, "", tag.compile(item.flags, options));
          late ||= tag.late === true;
          showsRequest ||= tag.request === true;
        }
      }
    }
  }
  return failed ? null : { format: generate(steps), when: late ? "end" : "response", showsRequest };
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
      return { format: httplog, when: "end", showsRequest: true };
    case "httpslog":
      return { format: httpslog, when: "end", showsRequest: true };
    case "httplog-clf":
      return compileLogFormat(HTTPLOG_CLF, proxy.at, all, diagnostics);
    case "custom":
      return compileLogFormat(proxy.logFormat.text, proxy.logFormat.at, all, diagnostics);
  }
}
