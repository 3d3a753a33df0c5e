import type { FieldSink } from "../hpack/decode.ts";
import type { Session } from "./session.ts";

/**
 * States of a stream (RFC 9113 section 5.1). Pushed streams do not exist here, so the reserved states do not either.
 *
 *     idle ── HEADERS ──> open ── END_STREAM sent ──> halfLocal ── END_STREAM received ──> closed
 *                          └──── END_STREAM received ──> halfRemote ── END_STREAM sent ──> closed
 *     RST_STREAM, in either direction, closes from any state.
 */
export const StreamState = { idle: 0, open: 1, halfLocal: 2, halfRemote: 3, closed: 4 } as const;

/** One stream of a session: windows and queue; whoever uses it extends it. The `on…` calls are the session's. */
export abstract class H2Stream {
  readonly session: Session;
  id = 0;
  state: number = StreamState.idle;
  /** The head (for clients: the final one) was received: further HEADERS are trailers. */
  headDone = false;
  /** What may be sent; negative after a lowered SETTINGS_INITIAL_WINDOW_SIZE. */
  sendWindow = 0;
  recvWindow = 0;
  /** Received bytes of the window not yet given back. */
  credit = 0;
  /** No window is given back: the receiver of the data is slow. */
  holding = false;
  /** Payload that waits for a window, or for the connection. */
  tail: Buffer | null = null;
  rest: Buffer[] | null = null;
  /** END_STREAM is due once the queue is empty; with these trailers if there are some. */
  ending = false;
  trailerBlock: Buffer | null = null;
  /** Among the session's waiting streams. */
  waiting = false;
  /** Place of the last frame in the output, as long as it was not flushed. */
  lastFrame = -1;
  lastFlush = -1;

  constructor(session: Session) {
    this.session = session;
  }

  /** Fields of a head or of trailers come: who takes them. `end`: END_STREAM was set. */
  abstract beginHead(end: boolean): FieldSink;
  /** The fields are complete. Returns 0, or a code of errors.ts: the session then resets the stream. */
  abstract finishHead(end: boolean): number;
  abstract beginTrailers(): FieldSink;
  abstract finishTrailers(): number;
  /** Payload; buf[start, end) may be kept. `last`: END_STREAM. Returns 0 or a code of errors.ts. */
  abstract onPayload(buf: Buffer, start: number, end: number, last: boolean): number;
  /** The stream ended by RST_STREAM, sent or received, or with its connection; `code` as in section 7. `remote`: by the peer. */
  abstract onReset(code: number, remote: boolean): void;
  /** The queue is empty again. */
  abstract onWritable(): void;
  /** END_STREAM was sent after the queue. */
  onEnded(): void {}

  /** Everything that can be sent was taken: nothing waits in the queue. */
  get queued(): boolean {
    return this.tail !== null;
  }

  /** END_STREAM was sent, or will be after the queue. */
  get localDone(): boolean {
    return this.ending || this.state === StreamState.halfLocal || this.state === StreamState.closed;
  }

  get remoteDone(): boolean {
    return this.state === StreamState.halfRemote || this.state === StreamState.closed;
  }
}
