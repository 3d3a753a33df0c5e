import type { H2Stream } from "./stream.ts";

/** The connection a session lives on. */
export interface SessionOwner {
  /** There is output: `session.flush()` is wanted before this turn of the event loop ends. */
  wake(): void;
  /** Writes buf[start, end) to the socket; what the kernel does not take is copied. */
  send(buf: Buffer, start: number, end: number): void;
  /** The kernel did not take everything: no more payload, please. `session.resume()` when it did. */
  readonly blocked: boolean;
  /** Server: the peer opens a stream. Null: not now, it is refused. */
  open(): H2Stream | null;
  /** A stream is closed and forgotten. */
  onStreamClosed(stream: H2Stream): void;
  /** The first, or new, settings of the peer. */
  onSettings(): void;
  /** The peer opens no more streams, or takes no more. */
  onGoaway(code: number): void;
  /** The connection is over: GOAWAY with `code` was written. All streams were told. */
  onFatal(code: number): void;
}
