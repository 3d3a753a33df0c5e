/**
 * A process that was started in the foreground (a shell, a container's first process, a manager that knows its number only) stays
 * when it is replaced: it passes signals on, and ends when the last of its successors has. All of them hold the writing
 * end of a pipe, into which each writes its number; its end is theirs.
 */
import { readFileSync, writeSync } from "node:fs";
import { close, pipe } from "../ffi/file.ts";

interface Known {
  readonly pid: number;
  /** When it started, so that another process of that number later is not taken for it. */
  readonly started: string;
}

export class Front {
  /** For successors; closed here once the first has it. */
  readonly writer: number;
  /** Resolves when no successor is left. */
  readonly over: Promise<void>;
  private readonly known: Known[] = [];

  private constructor(reader: number, writer: number) {
    this.writer = writer;
    this.over = this.read(reader);
  }

  /** null: there are no descriptors left, and nothing stays. */
  static open(): Front | null {
    const ends = pipe();
    return typeof ends === "number" ? null : new Front(ends[0], ends[1]);
  }

  /** To every successor that is there: only the last one takes up what is not about ending. */
  signal(name: NodeJS.Signals): void {
    for (const { pid, started } of this.known) {
      if (startTime(pid) !== started) continue;
      try {
        process.kill(pid, name);
      } catch {
        // It ended in this moment.
      }
    }
  }

  release(): void {
    close(this.writer);
  }

  private async read(reader: number): Promise<void> {
    let text = "";
    const decoder = new TextDecoder();
    for await (const chunk of Bun.file(reader).stream()) {
      text += decoder.decode(chunk);
      const lines = text.split("\n");
      text = lines.pop()!;
      for (const line of lines) this.known.push({ pid: Number(line), started: startTime(Number(line)) });
    }
  }
}

/** In a successor: from now on the front knows it. */
export function announce(writer: number): void {
  try {
    writeSync(writer, `${process.pid}\n`);
  } catch {
    // Nobody waits any more.
  }
}

/** Field 22 of /proc/PID/stat; "" when there is no such process. */
function startTime(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, "latin1").split(") ").at(-1)!.split(" ")[19] ?? "";
  } catch {
    return "";
  }
}
