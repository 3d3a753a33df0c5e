/** debug (manual, section 7.3.1). */
import { castValue } from "../cast.ts";
import type { ConverterRow } from "../converter.ts";
import { optional, textArg } from "./row.ts";

/** A destination of events by its name in the configuration. */
export type EventSink = (line: string) => void;

const RING_SIZE = 1000;

/** The latest lines written to the ring buffer "buf0", oldest first. */
class EventRing {
  private readonly lines: string[] = [];
  private next = 0;

  push(line: string): void {
    this.lines[this.next] = line;
    this.next = (this.next + 1) % RING_SIZE;
  }

  list(): string[] {
    return this.lines.length < RING_SIZE
      ? [...this.lines]
      : [...this.lines.slice(this.next), ...this.lines.slice(0, this.next)];
  }
}

/** The default sink of this process. */
export const buf0 = new EventRing();

const sinks: Readonly<Record<string, EventSink>> = {
  buf0: (line) => buf0.push(line),
  stdout: (line) => void process.stdout.write(Buffer.from(`${line}\n`, "latin1")),
  stderr: (line) => void process.stderr.write(Buffer.from(`${line}\n`, "latin1")),
};

export const debug: ConverterRow = {
  name: "debug",
  args: [optional("prefix", "str"), optional("destination", "str")],
  in: "any",
  out: "same",
  help: "Writes the sample to a sink (buf0, stdout, stderr) and passes it on.",
  make(args) {
    const name = textArg(args, 1) === "" ? "buf0" : textArg(args, 1);
    if (!Object.hasOwn(sinks, name)) return { message: `'${name}' is no sink: expects buf0, stdout or stderr`, arg: 1 };
    const write = sinks[name]!;
    const prefix = textArg(args, 0);
    return (value, ctx) => {
      const type = ctx.valueType;
      const shown = castValue(value, type, "str");
      write(`[debug] ${prefix}: type=${type} ${shown === null ? "(undisplayable)" : `<${shown as string}>`}`);
      return value;
    };
  },
};
