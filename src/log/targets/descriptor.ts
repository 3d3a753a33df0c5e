import { EAGAIN, EINTR, result } from "../../ffi/errno.ts";
import { fstatSync } from "node:fs";
import { reopenForWriting, setNonBlocking } from "../../ffi/file.ts";
import { openLibc } from "../../ffi/libc.ts";
import type { LineWriter } from "../line.ts";
import type { Sink } from "./sink.ts";

// ssize_t, but no call here moves 2 GiB.
const libc = openLibc({ write: { args: ["i32", "ptr", "u64"], returns: "i32" } });

const LF = 10;
const lineEnd = Buffer.from([LF]);
/** Bytes held back while the reader is slow; a line that finds no room is dropped. */
const CAPACITY = 256 * 1024;
/** PIPE_BUF of Linux: one write of at most this many bytes never mixes with those of other processes (pipe(7)). */
const ATOMIC = 4096;
/** Milliseconds until a full pipe is tried again. */
const RETRY = 10;

/**
 * stdout, stderr and `fd@N`. Lines of one turn of the event loop leave together, in writes of whole lines of at most
 * PIPE_BUF bytes, so that two processes on one pipe do not cut each other's lines. Writing never waits.
 *
 *     buffer:  |  written  |####### held ########|        free        |
 *                        start                  end               CAPACITY
 */
export class DescriptorSink implements Sink {
  readonly kind = "lines";
  dropped = 0;
  readonly #fd: number;
  readonly #buffer = Buffer.allocUnsafeSlow(CAPACITY);
  #start = 0;
  #end = 0;
  /** Set while a flush is on its way, by the turn's end or by the retry timer. */
  #scheduled = false;
  /** A part of a line was written, and the rest was lost: the next one begins on a line of its own. */
  #torn = false;
  readonly #onTurn: () => void;
  /** Others may make the descriptor wait. */
  readonly #shared: boolean;

  constructor(fd: number) {
    const own = canWait(fd) ? reopenForWriting(fd) : -1;
    this.#shared = own < 0;
    this.#fd = own < 0 ? fd : own;
    this.#onTurn = () => {
      this.#scheduled = false;
      this.flush();
    };
    process.once("exit", () => this.flush());
  }

  write(line: string): void {
    const length = line.length;
    if (!this.#fits(length + 1)) return;
    this.#buffer.write(line, this.#end, length, "latin1");
    this.#end += length;
    this.#buffer[this.#end++] = LF;
    this.#schedule();
  }

  send(line: LineWriter, start: number, end: number): void {
    const length = end + 1 - start;
    if (!this.#fits(length)) return;
    line.buffer.copy(this.#buffer, this.#end, start, end + 1);
    this.#end += length;
    this.#schedule();
  }

  #fits(length: number): boolean {
    if (length <= CAPACITY - this.#end || this.#makeRoom(length)) return true;
    this.dropped++;
    return false;
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#onTurn);
  }

  #makeRoom(length: number): boolean {
    this.flush();
    if (this.#start > 0) {
      this.#buffer.copyWithin(0, this.#start, this.#end);
      this.#end -= this.#start;
      this.#start = 0;
    }
    return length <= CAPACITY - this.#end;
  }

  flush(): void {
    if (this.#shared && this.#start < this.#end) setNonBlocking(this.#fd, true);
    if (this.#torn && this.#start < this.#end && libc.write(this.#fd, lineEnd, 1) === 1) this.#torn = false;
    /** A line was written in part. */
    let begun = false;
    while (this.#start < this.#end) {
      const size = this.#chunk();
      const written = result(libc.write(this.#fd, this.#buffer.subarray(this.#start, this.#start + size), size));
      if (written === -EINTR) continue;
      if (written === -EAGAIN) {
        this.#retry();
        return;
      }
      if (written < 0) {
        // Nobody reads any more, or the disk is full: these lines are lost, later ones try again.
        this.dropped += this.#lines(size);
        this.#start += size;
        if (begun) this.#torn = true;
        begun = false;
      } else {
        this.#start += written;
        begun = this.#buffer[this.#start - 1] !== LF;
      }
    }
    this.#start = 0;
    this.#end = 0;
  }

  /** As many whole lines as fit into one atomic write; a longer line goes alone. */
  #chunk(): number {
    const held = this.#end - this.#start;
    if (held <= ATOMIC) return held;
    const last = this.#buffer.lastIndexOf(LF, this.#start + ATOMIC - 1);
    if (last >= this.#start) return last + 1 - this.#start;
    return this.#buffer.indexOf(LF, this.#start) + 1 - this.#start;
  }

  #lines(size: number): number {
    let count = 0;
    for (let i = this.#start; i < this.#start + size; i++) if (this.#buffer[i] === LF) count++;
    return count;
  }

  #retry(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setTimeout(this.#onTurn, RETRY).unref();
  }
}

/** Whether it is a pipe or a terminal. Files never wait, and one that is opened again begins at its start. */
function canWait(fd: number): boolean {
  try {
    const stat = fstatSync(fd);
    return stat.isFIFO() || stat.isCharacterDevice();
  } catch {
    return false;
  }
}
