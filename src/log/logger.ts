import { hostname as systemHostname } from "node:os";
import type { GlobalModel, LogTargetModel, ProxyModel } from "../config/model.ts";
import { programPid } from "../util/program-pid.ts";
import { type Header, headers, type Origin } from "./header.ts";
import { HEADER_ROOM, line, type LineFormat } from "./line.ts";
import { type LevelName, LEVELS, type Logger, type LogRecord } from "./record.ts";
import { Sampler } from "./sample.ts";
import { openSink } from "./targets/index.ts";
import type { Sink } from "./targets/sink.ts";

/** What the row above gives: formats are compiled there (expr/logformat). */
export interface LoggerContext {
  /** The line of a stream, without header. */
  readonly format: (record: LogRecord) => string;
  /** The same line, written in bytes; null = only as a text. */
  readonly write?: LineFormat | null;
  /** `log-format-sd`: the structured data of rfc5424 targets; absent or null = "-". */
  readonly structuredData?: ((record: LogRecord) => string) | null;
  /** Milliseconds since 1970; default Date.now. Give the process's cached clock. */
  readonly now?: () => number;
  /** Default programPid. */
  readonly pid?: number;
  /** Opens the place of a target; default: the process-wide sinks. */
  readonly open?: (target: LogTargetModel["target"]) => Sink;
}

/** One `log` line of one proxy. */
class Target {
  readonly maxLevel: number;
  readonly #minLevel: number;
  /** Longest line without its end. */
  readonly #limit: number;
  readonly #header: Header;
  readonly #sampler: Sampler | null;
  readonly structured: boolean;
  readonly sink: Sink;
  /** The header of the last line. */
  #headerText = "";
  #headerBytes: Uint8Array = Buffer.alloc(0);

  constructor(model: LogTargetModel, origin: Origin, sink: Sink) {
    this.maxLevel = model.level;
    this.#minLevel = model.minLevel;
    this.#limit = sink.kind === "lines" ? model.len - 1 : model.len;
    this.#header = headers[model.format](model.facility, origin);
    this.#sampler = model.sample === null ? null : new Sampler(model.sample.ranges, model.sample.size);
    this.structured = model.format === "rfc5424";
    this.sink = sink;
  }

  /** Whether this line is one to send; counts it for the sample. */
  wants(level: number): boolean {
    return level <= this.maxLevel && (this.#sampler === null || this.#sampler.take());
  }

  /** A line more severe than the lower bound is sent as that bound. */
  send(level: number, now: number, text: string, data: string): void {
    const header = this.#header(level < this.#minLevel ? this.#minLevel : level, now, data);
    const line = header + text;
    this.sink.write(line.length > this.#limit ? this.#cut(header, data, line) : line);
  }

  /** As `send`, with the text that `line` holds. */
  sendLine(level: number, now: number): void {
    const header = this.#header(level < this.#minLevel ? this.#minLevel : level, now, "-");
    if (header !== this.#headerText) {
      this.#headerText = header;
      this.#headerBytes = Buffer.from(header, "latin1");
    }
    if (this.#headerBytes.length > HEADER_ROOM) {
      this.sink.write((header + line.toString()).slice(0, this.#limit));
      return;
    }
    const start = line.head(this.#headerBytes);
    const end = line.end(start, this.#limit);
    const behind = line.close(end);
    this.sink.send(line, start, end);
    line.reopen(end, behind);
  }

  /** HAProxy leaves out of a datagram the structured data (and the space after it) that does not fit as a whole. */
  #cut(header: string, data: string, line: string): string {
    if (this.structured && this.sink.kind === "datagrams") {
      if (header.length - 1 >= this.#limit) return header.slice(0, header.length - data.length - 1);
      if (header.length >= this.#limit) return header.slice(0, -1);
    }
    return line.slice(0, this.#limit);
  }
}

class ProxyLogger implements Logger {
  readonly enabled: boolean;
  readonly #targets: readonly Target[];
  readonly #format: (record: LogRecord) => string;
  readonly #write: LineFormat | null;
  readonly #data: ((record: LogRecord) => string) | null;
  readonly #now: () => number;

  constructor(targets: readonly Target[], context: LoggerContext) {
    this.enabled = targets.length > 0;
    this.#targets = targets;
    this.#format = context.format;
    // Structured data may have any length, and is cut in its own way.
    this.#write = targets.some(({ structured }) => structured) ? null : (context.write ?? null);
    this.#data = context.structuredData ?? null;
    this.#now = context.now ?? Date.now;
  }

  get dropped(): number {
    let total = 0;
    for (const sink of new Set(this.#targets.map((t) => t.sink))) total += sink.dropped;
    return total;
  }

  stream(record: LogRecord, level: LevelName, format: (record: LogRecord) => string = this.#format): void {
    const severity = LEVELS[level];
    const targets = this.#targets;
    if (this.#write !== null && format === this.#format) {
      this.#writeStream(record, severity, this.#write);
      return;
    }
    let text: string | null = null;
    let data: string | null = null;
    let now = 0;
    for (let i = 0; i < targets.length; i++) {
      const target = targets[i]!;
      if (!target.wants(severity)) continue;
      if (text === null) {
        text = format(record);
        now = this.#now();
      }
      if (target.structured && data === null) data = (this.#data === null ? "" : this.#data(record)) || "-";
      target.send(severity, now, text, data ?? "-");
    }
  }

  #writeStream(record: LogRecord, severity: number, write: LineFormat): void {
    const targets = this.#targets;
    let now = 0;
    for (let i = 0; i < targets.length; i++) {
      const target = targets[i]!;
      if (!target.wants(severity)) continue;
      if (now === 0) {
        line.begin();
        write(record, line);
        now = this.#now();
      }
      target.sendLine(severity, now);
    }
  }

  event(level: LevelName, text: string): void {
    const severity = LEVELS[level];
    // One event is one line: a name or reason from outside must not start another, nor command a terminal.
    const line = text.trimEnd().replace(/[\0-\x08\n-\x1f\x7f]+/g, " ");
    const now = this.#now();
    for (const target of this.#targets) if (target.wants(severity)) target.send(severity, now, line, "-");
  }

  flush(): void {
    for (const target of this.#targets) target.sink.flush();
  }
}

/**
 * What a proxy logs through. `proxy` null: the process's own lines (starts, stops), with the global targets.
 * `log global` is already expanded into `proxy.logs`. Throws only for target addresses the parser should have refused.
 */
export function createLogger(
  global: Pick<GlobalModel, "logs" | "logTag" | "logSendHostname">,
  proxy: Pick<ProxyModel, "logs" | "logTag"> | null,
  context: LoggerContext,
): Logger {
  const origin: Origin = {
    tag: proxy?.logTag ?? global.logTag,
    pid: context.pid ?? programPid(),
    hostname: global.logSendHostname === "" ? systemHostname() : global.logSendHostname,
  };
  const open = context.open ?? openSink;
  const targets = (proxy ?? global).logs.map((model) => new Target(model, origin, open(model.target)));
  return new ProxyLogger(targets, context);
}
