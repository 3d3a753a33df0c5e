/** What the runtime API asks the workers about their streams: `show sess`, `shutdown session`, `shutdown sessions server`. */
import { logDate } from "../log/date.ts";
import type { StreamSocket } from "../net/socket.ts";
import type { ClientSide } from "../stream/side.ts";
import type { StreamRuntime } from "../stream/runtime.ts";
import { Phase, type Stream } from "../stream/stream.ts";

/** Numbers are given out when first asked for; an HTTP/1 client keeps its own over all its requests. */
const numbers = new WeakMap<ClientSide, number>();
let next = 1;

/** Looks like HAProxy's pointer, unique over the workers. */
function idOf(client: ClientSide, worker: number): string {
  let number = numbers.get(client);
  if (number === undefined) {
    number = next++;
    numbers.set(client, number);
  }
  return `0x${((worker + 1) * 2 ** 40 + number * 64).toString(16)}`;
}

/** `show sess`, `show sess all` or `show sess <id>`; "" when there is nothing to show. */
export function showSessions(rt: StreamRuntime, which: string | undefined, now: number): string {
  let out = "";
  for (const client of rt.clients) {
    for (const stream of client.exchanges()) {
      const id = idOf(stream.client, rt.worker);
      if (which === undefined) out += line(stream, id, rt.worker, now);
      else if (which === "all" || which === id) out += details(stream, id, now);
    }
  }
  return out;
}

/** The compact form, one line a session (management manual, `show sess`). */
function line(stream: Stream, id: string, worker: number, now: number): string {
  const { client } = stream;
  const began = stream.accepted;
  const front = left(client.deadline, now);
  const back = left(stream.deadline, now);
  return (
    `${id}: proto=${protocol(client)} src=${source(client)} fe=${stream.frontend.name}` +
    ` be=${stream.backend?.name ?? "<NONE>"} srv=${stream.server?.name ?? "<none>"}` +
    ` ts=${worker.toString(16).padStart(2, "0")} epoch=0 age=${age(now - began)} calls=1 rate=0 cpu=0 lat=0` +
    ` rq[f=00h,i=0,an=00h,rx=${front},wx=,ax=] rp[f=00h,i=0,an=00h,rx=${back},wx=,ax=]` +
    ` scf=[8,0h,fd=${descriptor(client.conn.socket)}] scb=[${stream.phase === Phase.connected ? 8 : 1},0h,fd=${descriptor(stream.serverConn?.socket ?? null)}] exp=${back || front} rc=${stream.retries} c_exp=\n`
  );
}

/**
 * The long form in HAProxy 2.6's lines. What has no counterpart here (pointers, flags) is nil or 0; `phase` is what HAProxy's state of the
 * two sides tells.
 */
function details(stream: Stream, id: string, now: number): string {
  const { client, frontend, backend, server, phase } = stream;
  const { listener } = client;
  const date = logDate(stream.accepted);
  const deadline = stream.deadline || client.deadline;
  let out = `${id}: [${date}000] id=${stream.requestCounter} proto=${protocol(client)} source=${source(client)}\n`;
  const waiting = phase === Phase.queued ? 1 : 0;
  out += `  flags=0x0, conn_retries=${stream.retries}, conn_exp=<NEVER> conn_et=0x000 srv_conn=(nil), pend_pos=(nil) waiting=${waiting} epoch=0\n`;
  out += `  frontend=${frontend.name} (id=${frontend.model.id} mode=${frontend.model.mode}), listener=${listener.model.name ?? "?"} (id=${listener.model.id}) addr=${client.localAddress}:${client.localPort}\n`;
  if (backend === null) out += "  backend=<NONE> (id=-1 mode=-)\n";
  else
    out += `  backend=${backend.name} (id=${backend.model.id} mode=${backend.model.mode}) addr=${ownAddress(stream)}\n`;
  if (server === null) out += "  server=<NONE> (id=-1)\n";
  else out += `  server=${server.name} (id=${server.id}) addr=${stream.serverAddress ?? "?"}:${stream.serverPort}\n`;
  const expires = left(deadline, now);
  out += `  task=(nil) (state=0x00 nice=0 calls=1 rate=0 exp=${expires === "" ? "<NEVER>" : expires} age=${age(now - stream.accepted)}) phase=${phaseName(phase)}\n`;
  out += `  scf=(nil) flags=0x00000000 state=${client.closed ? "CLO" : "EST"}\n`;
  out += connection(
    "co0",
    "LISTENER",
    client.conn.socket,
    client.conn.tls !== null,
    muxOf(stream, (client as object) !== client.conn),
  );
  const conn = stream.serverConn;
  out += `  scb=(nil) flags=0x00000000 state=${phase === Phase.connected ? "EST" : phase === Phase.connecting ? "CON" : phase === Phase.queued ? "QUE" : "INI"}\n`;
  if (conn !== null)
    out += connection("co1", "SERVER", conn.socket, conn.tls !== null, muxOf(stream, conn.h2 !== null));
  out += `  req=(nil) (f=0x000000 an=0x0 pipe=0 tofwd=0 total=${stream.bytesUploaded})\n`;
  out += `  res=(nil) (f=0x000000 an=0x0 pipe=0 tofwd=0 total=${stream.bytesRead})\n`;
  return out;
}

function descriptor(socket: StreamSocket | null): number {
  return socket?.fd ?? -1;
}

function muxOf(stream: Stream, h2: boolean): string {
  if (h2) return "H2";
  return stream.frontend.model.mode === "tcp" ? "PASS" : "H1";
}

/** The connection of one side: what it speaks, and its descriptor. */
function connection(name: string, target: string, socket: StreamSocket | null, tls: boolean, mux: string): string {
  const address = socket?.remoteAddress ?? "";
  const family = address.includes(":") ? "tcpv6" : address.includes(".") ? "tcpv4" : "unix_stream";
  return (
    `      ${name}=(nil) ctrl=${family} xprt=${tls ? "SSL" : "RAW"} mux=${mux} data=STRM target=${target}:(nil)\n` +
    `      flags=0x00000000 fd=${descriptor(socket)}\n`
  );
}

function phaseName(phase: number): string {
  for (const [name, value] of Object.entries(Phase)) if (value === phase) return name;
  return "?";
}

function ownAddress(stream: Stream): string {
  const { backendSourceAddress: address } = stream;
  return address === null ? "unknown" : `${address}:${stream.backendSourcePort}`;
}

function protocol(client: ClientSide): string {
  if (client.unix) return "unix_stream";
  return client.address.includes(":") ? "tcpv6" : "tcpv4";
}

function source(client: ClientSide): string {
  return `${client.unix ? "unix" : client.address}:${client.port}`;
}

function left(deadline: number, now: number): string {
  return deadline === 0 ? "" : age(Math.max(0, deadline - now));
}

/** As HAProxy shows durations: the two largest units. */
export function age(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const units: readonly (readonly [string, number])[] = [
    ["d", 86400],
    ["h", 3600],
    ["m", 60],
    ["s", 1],
  ];
  const first = units.findIndex(([, size]) => seconds >= size);
  if (first < 0) return "0s";
  const [name, size] = units[first]!;
  const below = units[first + 1];
  const rest = below === undefined ? 0 : Math.floor((seconds % size) / below[1]);
  return `${Math.floor(seconds / size)}${name}${rest > 0 ? `${rest}${below![0]}` : ""}`;
}

/** Ends the session with this id; false = this worker has none. */
export function shutdownSession(rt: StreamRuntime, id: string): boolean {
  for (const client of rt.clients) {
    for (const stream of client.exchanges()) {
      if (idOf(stream.client, rt.worker) !== id) continue;
      stream.shutdown("K");
      return true;
    }
  }
  return false;
}

/** Ends the sessions on a server; `cause` as in the first character of the termination state. */
export function shutdownServer(rt: StreamRuntime, backend: string, server: string, cause: string): void {
  for (const client of [...rt.clients]) {
    for (const stream of client.exchanges()) {
      if (stream.backend?.name === backend && stream.server?.name === server && stream.inServer) stream.shutdown(cause);
    }
  }
}
