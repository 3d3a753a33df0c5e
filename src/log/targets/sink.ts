import type { LineWriter } from "../line.ts";

/**
 * Where lines go. A sink never blocks and never throws; what the system does not take at once is lost and counted, as
 * with HAProxy. Sinks are shared by all proxies that log to the same place, so lines keep their order there.
 */
export interface Sink {
  /** "lines": the line end counts within `len`, and a header is cut like the text. "datagrams": neither. */
  readonly kind: "lines" | "datagrams";
  /** Lines lost since start. */
  readonly dropped: number;
  /** Sends one line, latin1 without its line end. */
  write(line: string): void;
  /** Sends bytes [start, end) of a line that is closed at `end`. */
  send(line: LineWriter, start: number, end: number): void;
  /** Passes on what is held back. */
  flush(): void;
}
