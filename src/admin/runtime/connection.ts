/**
 * One client of the runtime API. Without the interactive mode it is answered and closed once nothing more of what it sent
 * waits; a FIN in front of the answer changes nothing. Answers are pulled piece by piece as the client takes them.
 */
import type { AdminContext } from "../context.ts";
import type { Level, Session } from "./command.ts";
import { execute } from "./execute.ts";
import { Input, MAX_LINE } from "./input.ts";
import { promptOf } from "./master.ts";
import type { StatsSocketModel } from "../../config/model.ts";
import { messageOf } from "../../util/error.ts";

/** The calls of a Bun socket used here; see Bun's `Socket`. */
export interface AdminSocket {
  /** Bytes accepted; negative when the socket is closed. */
  write(data: Uint8Array, offset: number, length: number): number;
  pause(): void;
  resume(): void;
  shutdown(): void;
  end(): void;
  terminate(): void;
}

/** Answers are gathered to about this many characters a write. */
const CHUNK = 16384;
/** How long a client may keep its side open after the answer, ms. */
const LINGER_MS = 2000;

/** What a client gets from the socket it came by. */
export type SocketTerms = Pick<StatsSocketModel, "severity" | "master">;

export class Connection {
  private readonly ctx: AdminContext;
  private readonly socket: AdminSocket;
  /** Called when the last answer is sent (it needs its place no longer), and when the socket is gone. */
  private readonly done: (connection: Connection, gone: boolean) => void;
  private readonly input: Input;
  private readonly decoder: TextDecoder;
  readonly session: Session;
  private timer: Timer | null;
  private running: boolean;
  private answered: boolean;
  private sawEnd: boolean;
  private finished: boolean;
  private closed: boolean;
  /** Reading rests: the client sends commands faster than it takes answers. */
  private paused: boolean;
  /** Pieces still to send: the rest of one that was accepted in part, then the iterator, then the end of the answer. */
  private tail: Uint8Array | null;
  private pieces: Iterator<string, void> | null;

  constructor(
    ctx: AdminContext,
    socket: AdminSocket,
    level: Level,
    timeoutMs: number,
    done: (connection: Connection, gone: boolean) => void,
    channel: number,
    { severity, master }: SocketTerms,
  ) {
    this.ctx = ctx;
    this.socket = socket;
    this.done = done;
    this.input = new Input();
    this.decoder = new TextDecoder();
    this.session = { level, prompt: false, timeoutMs, severity, closing: false, channel };
    if (master === true) this.session.master = 0;
    this.timer = null;
    this.running = false;
    this.answered = false;
    this.sawEnd = false;
    this.finished = false;
    this.closed = false;
    this.paused = false;
    this.tail = null;
    this.pieces = null;
    this.arm(timeoutMs);
  }

  onData(data: Uint8Array): void {
    if (this.finished || this.closed) return;
    if (!this.running) this.arm(this.session.timeoutMs);
    this.input.push(this.decoder.decode(data, { stream: true }));
    this.step();
    if (this.input.buffered > MAX_LINE && (this.running || this.tail !== null) && !this.closed) {
      this.paused = true;
      this.socket.pause();
    }
  }

  onEnd(): void {
    this.sawEnd = true;
    if (this.finished) this.destroy();
    else this.step();
  }

  onDrain(): void {
    if (this.closed || this.running) return;
    this.arm(this.finished ? LINGER_MS : this.session.timeoutMs);
    this.step();
  }

  /** The socket is gone. */
  onClose(): void {
    if (this.closed) return;
    this.closed = true;
    if (this.timer !== null) clearTimeout(this.timer);
    this.pieces?.return?.();
    this.pieces = null;
    this.tail = null;
    this.done(this, true);
  }

  destroy(): void {
    if (this.closed) return;
    this.socket.terminate();
    // Normally `close` came during terminate(); make sure of it.
    this.onClose();
  }

  private arm(ms: number): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = setTimeout(() => this.destroy(), ms);
  }

  /** Goes on as far as possible: send what is left, then the next command, then the end. */
  private step(): void {
    while (!this.running && !this.closed && !this.finished) {
      if (!this.flush()) return;
      if (this.session.closing || this.input.overflow) return this.finish();
      const request = this.input.next();
      if (this.session.prompt && this.input.continued > 0) this.pieces = once("+ ".repeat(this.input.continued));
      if (request !== null) {
        this.running = true;
        void this.run(request);
        return;
      }
      if (this.pieces !== null) continue;
      this.resume();
      if (this.sawEnd || this.input.overflow) return this.finish();
      if (this.answered && !this.session.prompt && this.input.empty) return this.finish();
      return;
    }
  }

  private async run(request: Parameters<typeof execute>[2]): Promise<void> {
    // A command may take longer than a client may idle: a reload asks every worker.
    if (this.timer !== null) clearTimeout(this.timer);
    const answer = await execute(this.ctx, this.session, request);
    this.running = false;
    if (this.closed) return;
    this.arm(this.session.timeoutMs);
    this.answered = true;
    if (!this.session.closing || answer !== "") this.pieces = framed(this.pieces, answer, this.session);
    this.step();
  }

  /** Sends until all is out (true) or the client must take some first (false). */
  private flush(): boolean {
    for (;;) {
      if (this.tail === null) {
        const text = this.pull();
        if (text === "") return true;
        this.tail = Buffer.from(text);
      }
      const { tail } = this;
      const sent = this.socket.write(tail, 0, tail.length);
      if (sent < 0) {
        this.destroy();
        return false;
      }
      this.tail = sent >= tail.length ? null : tail.subarray(sent);
      if (this.tail !== null) return false;
    }
  }

  private pull(): string {
    let text = "";
    while (this.pieces !== null && text.length < CHUNK) {
      let piece: IteratorResult<string, void>;
      try {
        piece = this.pieces.next();
      } catch (error) {
        // A reload may take away what a long answer is about.
        this.pieces = null;
        return `${text}\nAnswer broken off: ${messageOf(error)}\n\n`;
      }
      if (piece.done) this.pieces = null;
      else text += piece.value;
    }
    return text;
  }

  private resume(): void {
    if (!this.paused) return;
    this.paused = false;
    this.socket.resume();
  }

  /** Everything is sent: FIN, and close when the client does or after a moment. */
  private finish(): void {
    this.finished = true;
    this.resume();
    this.socket.shutdown();
    if (this.closed) return;
    if (this.sawEnd) return void this.socket.end();
    this.arm(LINGER_MS);
    this.done(this, false);
  }
}

/** What waits already, the answer, and what ends it. */
function* framed(
  before: Iterator<string, void> | null,
  answer: string | Iterable<string> | null,
  session: Session,
): Generator<string, void> {
  for (let piece = before?.next(); piece !== undefined && !piece.done; piece = before?.next()) yield piece.value;
  if (answer !== null) {
    if (typeof answer === "string") yield answer;
    else yield* answer;
    yield "\n";
  }
  if (session.prompt) yield promptOf(session);
}

function* once(text: string): Generator<string, void> {
  yield text;
}
