/** How a session ends with one of its sides: each direction is closed on its own, and what both have closed is over. */
import { C } from "../../counters/columns.ts";
import type { ServerConn } from "../../server/conn.ts";
import { countOnPath } from "../count.ts";
import { Phase } from "../phase.ts";
import { endInspection, inspectMore } from "./inspect.ts";
import { Inspection } from "./step.ts";
import type { TcpStream } from "./stream.ts";

/** FIN of the client. */
export function clientEnded(stream: TcpStream): void {
  if (stream.phase === Phase.request && stream.step !== Inspection.none) {
    inspectMore(stream);
    if (stream.over || stream.step !== Inspection.none) return;
  }
  const conn = stream.serverConn;
  if (stream.phase !== Phase.connected || conn === null) {
    // Nothing sent and gone before the server was reached: the rest of the session makes no sense.
    if (stream.early === null || stream.backend?.model.options.abortonclose) stream.end("C", "C");
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
  countOnPath(stream, C.clientAborts);
  if (stream.phase === Phase.request) {
    endInspection(stream, "C");
    return;
  }
  stream.end("C", stream.phase === Phase.connected ? "D" : stream.phase === Phase.queued ? "Q" : "C");
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
  // After our own FIN Bun tells the peer's FIN by a close without error; the client has everything.
  if (error === undefined && conn.shut) {
    if (!(stream.client.ended && stream.frontend.model.options.nolinger)) stream.client.finish();
    stream.closeBoth();
    return;
  }
  if (error !== undefined && !(stream.client.ended && stream.client.shut)) {
    countOnPath(stream, C.serverAborts);
    stream.end("S", "D");
    return;
  }
  stream.closeBoth();
}
