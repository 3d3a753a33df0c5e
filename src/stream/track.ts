/** What a stream and its session track in stick tables, and what is counted there (manual, section 4.2, track-sc0). */
import { Tracking } from "../table/tracking.ts";
import { clock } from "../util/clock.ts";
import type { Stream } from "./stream.ts";

/** Null = neither the stream nor its session tracks anything: all that tracking costs then. */
export function trackedBy(stream: Stream): Tracking | null {
  return stream.tracking ?? stream.client.conn.tracking;
}

/** The counters of the stream itself, made by the first rule that needs them. */
export function trackingOf(stream: Stream): Tracking {
  const { tracking } = stream;
  if (tracking !== null) return tracking;
  const own = (stream.ownTracking ??= new Tracking());
  own.outer = stream.client.conn.tracking;
  stream.tracking = own;
  return own;
}

/** The stream ends: what it tracks is let go. Bytes are counted before, by `countTrackedBytes`. */
export function endTracking(stream: Stream): void {
  const { tracking } = stream;
  if (tracking === null) return;
  stream.tracking = null;
  tracking.release(clock.now);
}

/** The bytes of the stream as its log line tells them. To be called once, before the line. */
export function countTrackedBytes(stream: Stream): void {
  const tracked = trackedBy(stream);
  if (tracked !== null) tracked.countBytes(stream.bytesUploaded, stream.bytesRead, clock.now);
}

export function countTrackedRequest(stream: Stream): void {
  const tracked = trackedBy(stream);
  if (tracked !== null) tracked.countRequest(clock.now);
}

/** The request failed by the client's fault. */
export function countTrackedError(stream: Stream): void {
  const tracked = trackedBy(stream);
  if (tracked !== null) tracked.countError(clock.now);
}

/** The request failed by the server's fault. */
export function countTrackedFailure(stream: Stream): void {
  const tracked = trackedBy(stream);
  if (tracked !== null) tracked.countFailure(clock.now);
}

/**
 * What became no request counts as one, for the session alone: in HAProxy there is no stream for it. `whole`: it was not counted yet;
 * `failed`: by the client's fault, which being too slow is not.
 */
export function countTrackedRefusal(stream: Stream, whole: boolean, failed: boolean): void {
  const { tracking } = stream.client.conn;
  if (tracking === null) return;
  if (whole) tracking.countRequest(clock.now);
  if (failed) tracking.countError(clock.now);
}
