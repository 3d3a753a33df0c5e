/** What the runtime API asks the workers about their streams: `show sess`, `shutdown session`, `shutdown sessions server`. */
import type { HttpStream } from "../stream/http/stream.ts";
import type { ClientSide } from "../stream/side.ts";
import type { StreamRuntime } from "../stream/runtime.ts";
import { Phase } from "../stream/phase.ts";
import type { Stream } from "../stream/stream.ts";
import { sessionDetails, sessionLine } from "./session-text.ts";

/** Numbers are given out when first asked for; an HTTP/1 client keeps its own over all its requests. */
const numbers = new WeakMap<ClientSide, number>();
let next = 1;

/** Looks like HAProxy's pointer, unique over the workers; what belongs to the session has the 63 numbers that follow. */
function idOf(client: ClientSide, worker: number): number {
  let number = numbers.get(client);
  if (number === undefined) {
    number = next++;
    numbers.set(client, number);
  }
  return (worker + 1) * 2 ** 40 + number * 64;
}

/** `show sess`, `show sess all` or `show sess <id>`; "" when there is nothing to show. What is no number lists all, as in HAProxy. */
export function showSessions(rt: StreamRuntime, which: string | undefined, now: number): string {
  let out = "";
  const inDetail = which === "all" || (which !== undefined && Number(which) > 0);
  for (const client of rt.clients) {
    for (const stream of client.exchanges()) {
      // As in HAProxy a request is one once its head is there.
      if (stream.mode === "http" && (stream as HttpStream).readingHead) continue;
      const id = idOf(stream.client, rt.worker);
      if (!inDetail) out += sessionLine(stream, id, rt.worker, now);
      else if (which === "all" || isId(which!, id)) out += sessionDetails(stream, id, now);
    }
  }
  return out;
}

/** In decimal, or in hexadecimal with its prefix, as HAProxy reads it. */
function isId(text: string, id: number): boolean {
  return Number(text) === id;
}

/** Ends the session with this id; false = this worker has none. */
export function shutdownSession(rt: StreamRuntime, id: string): boolean {
  for (const client of rt.clients) {
    for (const stream of client.exchanges()) {
      if (!isId(id, idOf(stream.client, rt.worker))) continue;
      stream.shutdown("K");
      return true;
    }
  }
  return false;
}

/** Ends the sessions on a server; `cause` as in the first character of the termination state. */
export function shutdownServer(rt: StreamRuntime, backend: string, server: string, cause: string): void {
  // Those that are there now, not who gets a place of theirs.
  const found: Stream[] = [];
  for (const client of rt.clients) {
    for (const stream of client.exchanges()) {
      if (stream.backend?.name === backend && stream.server?.name === server && stream.inServer) found.push(stream);
    }
  }
  for (const stream of found) if (stream.inServer) stream.shutdown(cause);
}

/** Ends all sessions: `hard-stop-after` has passed. */
export function shutdownAll(rt: StreamRuntime): void {
  const found: Stream[] = [];
  for (const client of rt.clients) found.push(...client.exchanges());
  for (const stream of found) {
    // What is no request yet has no session.
    if (stream.mode === "http" && (stream as HttpStream).readingHead) continue;
    if (stream.phase !== Phase.done) stream.shutdown("K");
  }
}
