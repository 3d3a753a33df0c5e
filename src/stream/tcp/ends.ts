/** How a session ends with one of its sides: each direction is closed on its own, and what both have closed is over. */
import { C } from "../../counters/columns.ts";
import type { ServerConn } from "../../server/conn.ts";
import { unqueue } from "../assign.ts";
import { countOnPath, countOnServer } from "../count.ts";
import { Phase } from "../phase.ts";
import { tunnelTimeout } from "../relay.ts";
import { endInspection, endServerInspection, inspectMore } from "./inspect.ts";
import { Inspection } from "./step.ts";
import type { TcpStream } from "./stream.ts";

/** FIN of the client. */
export function clientEnded(stream: TcpStream): void {
  if (stream.phase === Phase.request && stream.step !== Inspection.none) {
    // With what came of it the session goes on.
    inspectMore(stream);
    return;
  }
  stream.client.expire(0);
  const conn = stream.serverConn;
  if (stream.phase !== Phase.connected || conn === null) {
    // Nothing sent and gone before the server was reached: the rest of the session makes no sense.
    if (stream.early === null || stream.backend?.model.options.abortonclose)
      stream.end("C", stream.phase === Phase.queued ? "Q" : "C");
    return;
  }
  // With nolinger the server gets no half-closed connection.
  if (stream.backend!.model.options.nolinger) {
    stream.closeBoth();
    return;
  }
  conn.finish();
  if (conn.ended) stream.closeBoth();
  else stream.watch();
}

/** The connection of the client is gone. */
export function clientClosed(stream: TcpStream, error: Error | undefined): void {
  if (stream.phase === Phase.done) return;
  // After our own FIN Bun tells the peer's FIN by a close without error.
  if (error === undefined && stream.client.shut && stream.serverConn?.ended) {
    stream.closeBoth();
    return;
  }
  if (stream.phase === Phase.request) {
    endInspection(stream, "C");
    return;
  }
  if (stream.termCause !== "-") {
    stream.closeBoth();
    return;
  }
  countOnPath(stream, C.clientAborts);
  stream.end("C", "D");
}

/** FIN of the server. */
export function serverEnded(stream: TcpStream): void {
  if (stream.phase === Phase.connecting) stream.established();
  if (stream.step === Inspection.response) inspectMore(stream);
  if (stream.phase === Phase.done) return;
  if (!(stream.client.ended && stream.frontend.model.options.nolinger)) stream.client.finish();
  if (stream.client.ended) stream.closeBoth();
  else stream.watch();
}

/** The established connection to the server is gone. */
export function serverLost(stream: TcpStream, conn: ServerConn, error: Error | undefined): void {
  if (error !== undefined) countOnServer(stream.server!, stream.backend!, C.errResp);
  // Its rules go on with what there is, and the client gets it.
  if (stream.step === Inspection.response) endServerInspection(stream);
  if (stream.over) return;
  // After our own FIN Bun tells the peer's FIN by a close without error; the client has everything.
  if (error === undefined && conn.shut) {
    if (!(stream.client.ended && stream.frontend.model.options.nolinger)) stream.client.finish();
    stream.closeBoth();
    return;
  }
  if (error !== undefined && stream.termCause === "-" && !(stream.client.ended && stream.client.shut)) {
    countOnPath(stream, C.serverAborts);
    stream.end("S", "D");
    return;
  }
  stream.closeBoth();
}

/** As in HAProxy a side that was silent for too long counts as finished: the other one is told, and has its own time for its end. */
export function timedOut(stream: TcpStream, side: "c" | "s"): void {
  const { client, serverConn } = stream;
  const late = side === "c" ? client : serverConn!;
  const other = side === "c" ? serverConn : client;
  if (stream.termCause === "-") {
    countOnPath(stream, side === "c" ? C.clientAborts : C.serverAborts);
    stream.termCause = side;
    stream.termState = "D";
  }
  const over = late.blocked || late.ended || other === null || other.ended || other.closed;
  if (over || tunnelTimeout(stream) > 0 || (side === "c" && stream.backend!.model.options.nolinger)) {
    stream.closeBoth();
    return;
  }
  late.pause();
  late.ended = true;
  other.finish();
  stream.watch();
}

/** A client that never said anything has been waited for long enough, wherever its session has got to. */
export function clientSilent(stream: TcpStream): void {
  const { phase } = stream;
  if (phase === Phase.done) return;
  if (phase === Phase.connected) {
    timedOut(stream, "c");
    return;
  }
  countOnPath(stream, C.clientAborts);
  if (phase === Phase.connecting) {
    // As in HAProxy the attempts go on, and a server that is reached gets the end of the client.
    stream.termCause = "c";
    stream.termState = "C";
    stream.client.pause();
    stream.client.ended = true;
    return;
  }
  if (phase === Phase.queued) {
    // Its time in the queue is not told, as in HAProxy.
    unqueue(stream);
    stream.queueEnd = 0;
    stream.phase = Phase.request;
    stream.end("c", "Q");
    return;
  }
  stream.end("c", "C");
}
