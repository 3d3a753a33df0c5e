import type { Backend } from "../../proxy/backend.ts";
import { HttpClient } from "../http/client.ts";
import { Phase } from "../phase.ts";
import { Session } from "../session.ts";
import type { TcpStream } from "./stream.ts";

/**
 * A session in mode tcp becomes one of requests: by `switch-mode http`, or because its backend is in mode http. What was received so
 * far is the beginning of the first request. `backend` null: the rules of the frontend choose it for each request.
 */
export function upgrade(stream: TcpStream, backend: Backend | null): void {
  const { client, rt, early } = stream;
  const socket = client.socket!;
  const session = client.session ?? new Session(client.accepted);
  session.counted = true;
  session.source = stream.source ?? session.source;
  session.destination = stream.destination ?? session.destination;
  session.variables = client.variables;
  session.tracking = client.tracking;
  stream.early = null;
  stream.phase = Phase.connected;
  stream.leave();
  stream.forgetVariables();
  stream.phase = Phase.done;
  client.handOver();
  const http = new HttpClient(socket, client.listener, rt, session);
  http.assigned = backend;
  http.inherited = stream.tracking;
  stream.tracking = null;
  http.upgraded = true;
  http.paused = client.paused;
  http.ended = client.ended;
  socket.data = http;
  http.resume();
  if (early !== null) for (const chunk of early) if (!http.closed) http.onData(chunk);
  if (http.ended && !http.closed) http.onEnd();
}
