import { EAGAIN, EINTR, EINVAL, ENOMEM } from "../ffi/errno.ts";
import { close } from "../ffi/file.ts";
import { splice, splicePipe } from "../ffi/stream-io.ts";
import type { Conn } from "./conn.ts";
import { AcceptedSocket } from "./accepted-socket.ts";
import { type PolledSocket, type Sink, socketFailure } from "./polled-socket.ts";

/** Who counts the bytes, and goes on afterwards. Either call may end both connections. */
export interface SpliceOwner {
  /** `n` bytes went to the destination, maybe none. It may be `blocked` now, as after a `write` that was not taken whole. */
  onSpliced(n: number): void;
  /** Reading goes on as usual: all of it went over (`complete`), or the source ended or failed, or the destination did. */
  onSpliceEnd(complete: boolean): void;
}

/** Bytes a pipe shall hold; the kernel allows 1 MiB without privileges, and may give less. */
const PIPE_BYTES = 512 << 10;
const settings = { pipeSize: PIPE_BYTES, enabled: true, maxPipes: 0 };

/** `nosplice`, `tune.pipesize`, `maxpipes` (0 = no limit). */
export function configureSplice(enabled: boolean, pipeSize: number, maxPipes: number): void {
  settings.enabled = enabled;
  settings.maxPipes = maxPipes;
  settings.pipeSize = pipeSize > 0 ? pipeSize : PIPE_BYTES;
}

interface Pipe {
  readonly reader: number;
  readonly writer: number;
}

/** Empty pipes of this process. A transfer holds one only while bytes are in it. */
const spare: Pipe[] = [];
const SPARE_MAX = 64;
let pipes = 0;

function takePipe(): Pipe | null {
  const pipe = spare.pop();
  if (pipe !== undefined) return pipe;
  if (settings.maxPipes > 0 && pipes >= settings.maxPipes) return null;
  const ends = splicePipe(settings.pipeSize);
  if (typeof ends === "number") return null;
  pipes++;
  return { reader: ends[0], writer: ends[1] };
}

function givePipe(pipe: Pipe, empty: boolean): void {
  if (empty && spare.length < SPARE_MAX) {
    spare.push(pipe);
    return;
  }
  pipes--;
  close(pipe.reader);
  close(pipe.writer);
}

/** Gives back half of the pipes that are not in use; called about once a second. */
export function trimPipes(): void {
  for (let n = Math.ceil(spare.length / 2); n > 0; n--) givePipe(spare.pop()!, false);
}

/** Pipes of this process that hold bytes, and those kept for later. */
export function countPipes(): { readonly used: number; readonly free: number } {
  return { used: pipes - spare.length, free: spare.length };
}

/** Rounds of one event: other connections shall have their turn too. */
const MAX_ROUNDS = 4;

/**
 * One direction between two sockets whose bytes stay in the kernel: splice(2) moves them from the source into a pipe and from the pipe
 * to the destination. Neither side may be encrypted, and nothing else may write to the destination meanwhile.
 *
 *     source readable ──> pump: source → pipe → destination ──> onSpliced
 *     destination full ──> `blocked`, the pipe keeps the rest ──> destination writable ──> its onDrain
 */
export class Splice implements Sink {
  private pipe: Pipe | null = null;
  private inPipe = 0;
  private stopped = false;
  /** A byte may be waiting in the source. */
  private readable = true;
  private readonly source: PolledSocket;
  private readonly destination: PolledSocket;

  /** Both connections have a PolledSocket. */
  constructor(
    private readonly from: Conn,
    private readonly to: Conn,
    /** Bytes to move; Infinity = until the source ends. */
    private left: number,
    private readonly owner: SpliceOwner,
  ) {
    from.relay = this;
    to.feeder = this;
    this.source = from.socket as PolledSocket;
    this.destination = to.socket as PolledSocket;
    this.destination.hurry();
    this.source.divert(this);
    from.paused = false;
  }

  /** Moves what is there already; to be called once, after the constructor. */
  start(): void {
    this.onReadable();
  }

  static get enabled(): boolean {
    return settings.enabled;
  }

  /** The destination is full. */
  get stuck(): boolean {
    return this.inPipe > 0;
  }

  onReadable(): void {
    this.readable = true;
    if (!this.from.paused && !this.stopped && this.inPipe === 0) this.pump();
  }

  /** The destination may have room. */
  onWritable(): void {
    if (this.stopped || this.inPipe === 0) return;
    const before = this.inPipe;
    if (!this.drain()) return;
    this.owner.onSpliced(before - this.inPipe);
    if (this.inPipe > 0 || this.to.closed) return;
    if (this.left === 0) {
      if (!this.stopped) this.finish(true);
      return;
    }
    // The owner may have given up: it waits for this all the same.
    this.to.onDrain();
    // Bytes of the source that came meanwhile had their event.
    if (this.readable && !this.stopped) this.onReadable();
  }

  /** The user of the source wants no more for now; its own flag is set already. */
  pause(): void {
    this.source.pause();
  }

  resume(): void {
    this.source.resume();
  }

  private pump(): void {
    let moved = 0;
    /** What the source said instead of bytes: 0 its end, else why it failed; 1 = nothing. */
    let last = 1;
    const pipe = (this.pipe ??= takePipe());
    if (pipe === null) {
      this.finish(false);
      return;
    }
    for (let round = 0; this.left > 0; round++) {
      if (round === MAX_ROUNDS) {
        this.source.report();
        break;
      }
      const n = splice(this.source.fd, pipe.writer, this.left < settings.pipeSize ? this.left : settings.pipeSize);
      if (n === -EINTR) continue;
      if (n <= 0) {
        this.readable = false;
        if (n !== -EAGAIN) last = n;
        break;
      }
      this.left -= n;
      this.inPipe = n;
      if (!this.drain()) return;
      moved += n - this.inPipe;
      if (this.inPipe > 0) break;
    }
    if (this.inPipe === 0) {
      givePipe(pipe, true);
      this.pipe = null;
    }
    if (moved > 0 || this.inPipe > 0) this.owner.onSpliced(moved);
    if (this.stopped || this.inPipe > 0) return;
    if (this.left === 0) this.finish(true);
    else if (last <= 0) this.sourceOver(last);
  }

  /** The kernel tells an error once, to whoever asks first: a read would take it for the end. */
  private sourceOver(status: number): void {
    const { from } = this;
    this.finish(false);
    // Nothing was taken out: a read may do what splice cannot.
    if (status === 0 || status === -EINVAL || status === -ENOMEM || from.closed) return;
    const { socket } = from;
    from.socketClose(socketFailure(-status));
    socket!.terminate();
  }

  /** Pipe to destination. False: the destination failed, and this transfer is over. */
  private drain(): boolean {
    const { to, pipe, destination } = this;
    while (this.inPipe > 0) {
      const n = splice(pipe!.reader, destination.fd, this.inPipe);
      if (n > 0) this.inPipe -= n;
      else if (n === -EAGAIN) {
        destination.awaitRoom();
        return true;
      } else if (n !== -EINTR) {
        to.broken = true;
        destination.giveUp(-n);
        this.finish(false);
        return false;
      }
    }
    return true;
  }

  /** The owner wants to read for itself again, as soon as nothing is under way. */
  giveUp(): void {
    if (!this.stopped && this.inPipe === 0) this.finish(false);
  }

  private finish(complete: boolean): void {
    const { from, owner, source } = this;
    this.stop();
    // What follows a body of a client is its next request; a server has nothing more to say but its end.
    if (!from.closed && !from.paused && (!complete || source.ending || source instanceof AcceptedSocket))
      source.report();
    owner.onSpliceEnd(complete);
  }

  /** Lets both sockets go; what is in the pipe is lost. Idempotent. */
  stop(): void {
    if (this.stopped) return;
    this.stopped = true;
    const { from, to, pipe } = this;
    from.relay = null;
    to.feeder = null;
    this.source.undivert();
    if (pipe !== null) givePipe(pipe, this.inPipe === 0);
    this.pipe = null;
  }
}
