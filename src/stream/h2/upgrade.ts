import type { ClientConn } from "../client.ts";
import { Session } from "../session.ts";
import { H2Client } from "./client.ts";

/** A connection whose first bytes are the preface of HTTP/2 goes on with it; buf[start, end) is what it sent so far. */
export function upgradeToH2(client: ClientConn, buf: Buffer, start: number, end: number): void {
  const socket = client.socket!;
  const session = client.session ?? new Session(client.accepted);
  session.counted = true;
  session.variables = client.variables;
  session.tracking = client.tracking;
  client.handOver();
  const h2 = new H2Client(socket, client.listener, client.rt, session);
  h2.paused = client.paused;
  h2.ended = client.ended;
  socket.data = h2;
  h2.onData(buf.subarray(start, end));
  if (h2.ended && !h2.closed) h2.onEnd();
}
