/**
 * What `show sess` prints of a stream, in HAProxy 2.6's lines. Words of bits (flags, analysers, events of descriptors) are 0, since HAProxy's mean
 * nothing here. What looks like an address is a number of ours: it tells things apart and stays as long as they do.
 */
import { Framing, requestFraming, responseFraming } from "../codec/h1/framing.ts";
import { CONN_UPGRADE, Method } from "../codec/h1/flags.ts";
import type { Head } from "../codec/h1/head.ts";
import { logDate } from "../log/date.ts";
import type { StreamSocket } from "../net/socket.ts";
import type { HttpStream } from "../stream/http/stream.ts";
import { Step } from "../stream/http/step.ts";
import { clientDue, type Relay, serverDue } from "../stream/relay.ts";
import type { ClientSide } from "../stream/side.ts";
import { Phase, type Stream } from "../stream/stream.ts";
import { sooner } from "../stream/timeout.ts";

/** States of a side of a stream, by HAProxy's numbers. */
const stateNames = ["INI", "REQ", "QUE", "TAR", "ASS", "CON", "CER", "RDY", "EST", "DIS", "CLO"] as const;
const INI = 0;
const QUE = 2;
const TAR = 3;
const CON = 5;
const EST = 8;
const CLO = 10;

const phaseStates: Readonly<Record<number, number>> = {
  [Phase.request]: INI,
  [Phase.queued]: QUE,
  [Phase.turnaround]: TAR,
  [Phase.connecting]: CON,
  [Phase.connected]: EST,
  [Phase.done]: CLO,
};

/** Numbers HAProxy has for methods; 8 for others. */
const methodNumbers: Readonly<Record<number, number>> = {
  [Method.OPTIONS]: 0,
  [Method.GET]: 1,
  [Method.HEAD]: 2,
  [Method.POST]: 3,
  [Method.PUT]: 4,
  [Method.DELETE]: 5,
  [Method.TRACE]: 6,
  [Method.CONNECT]: 7,
};
const OTHER_METHOD = 8;

/** Bits of `req.f` and `rsp.f`. */
const F = { CONTENT_LENGTH: 1, CHUNKED: 2, LENGTH_KNOWN: 4, VERSION_11: 8, NO_BODY: 0x40, UPGRADE: 0x80 } as const;

/** The compact form: one line (management manual, `show sess`). */
export function sessionLine(stream: Stream, id: number, worker: number, now: number): string {
  const { client } = stream;
  const due = dueTimes(stream);
  const first = sooner(sooner(due.client, due.server), sooner(due.connect, due.rules));
  return (
    `${hex(id)}: proto=${protocol(client)} src=${source(client)} fe=${stream.frontend.name}` +
    ` be=${stream.backend?.name ?? "<NONE>"} srv=${stream.server?.name ?? "<none>"}` +
    ` ts=${worker.toString(16).padStart(2, "0")} epoch=0 age=${age(now - stream.accepted)} calls=1 rate=0 cpu=0 lat=0` +
    ` rq[f=00h,i=${heldBytes(stream)},an=00h,rx=${left(due.client, now)},wx=,ax=${left(due.rules, now)}]` +
    ` rp[f=00h,i=0,an=00h,rx=${left(due.server, now)},wx=,ax=]` +
    ` scf=[${clientState(client)},0h,fd=${descriptor(client.conn.socket)}]` +
    ` scb=[${phaseStates[stream.phase]},0h,fd=${descriptor(stream.serverConn?.socket ?? null)}]` +
    ` exp=${left(first, now)} rc=${stream.retries} c_exp=${left(due.connect, now)}\n`
  );
}

/** The long form. */
export function sessionDetails(stream: Stream, id: number, now: number): string {
  const { client, frontend, backend, server, serverConn: conn } = stream;
  const { listener } = client;
  const due = dueTimes(stream);
  const first = sooner(sooner(due.client, due.server), sooner(due.connect, due.rules));
  const queued = stream.phase === Phase.queued;
  const part = (n: number): string => hex(id + n);
  let out = `${hex(id)}: [${logDate(stream.accepted)}000] id=${stream.requestCounter} proto=${protocol(client)} source=${source(client)}\n`;
  out +=
    `  flags=0x0, conn_retries=${stream.retries}, conn_exp=${orNever(due.connect, now)} conn_et=0x000` +
    ` srv_conn=${stream.inServer ? thing(server!.slot) : "(nil)"}, pend_pos=${queued ? part(1) : "(nil)"} waiting=0 epoch=0\n`;
  out +=
    `  frontend=${frontend.name} (id=${frontend.model.id} mode=${frontend.model.mode}),` +
    ` listener=${listener.model.name ?? "?"} (id=${listener.model.id}) addr=${client.unix ? "unix" : client.localAddress}:${client.localPort}\n`;
  if (backend === null) {
    out += "  backend=<NONE> (id=-1 mode=-)\n  server=<NONE> (id=-1)\n";
  } else {
    const connected = stream.phase === Phase.connected || stream.phase === Phase.connecting;
    const { backendSourceAddress: own, serverAddress: peer } = stream;
    const mine = connected && own !== null ? ` addr=${own}:${stream.backendSourcePort}` : "";
    const theirs = connected && peer !== null ? ` addr=${peer}:${stream.serverPort}` : "";
    out += `  backend=${backend.name} (id=${backend.model.id} mode=${backend.model.mode})${mine}\n`;
    out += `  server=${server?.name ?? "<none>"} (id=${server?.id ?? 0})${theirs}\n`;
  }
  out += `  task=${part(2)} (state=0x00 nice=0 calls=1 rate=0 exp=${orNever(first, now)} tmask=0x1 age=${age(now - stream.accepted)})\n`;
  const http = stream.mode === "http" ? (stream as HttpStream) : null;
  if (http !== null) out += transaction(http, part(3));
  out += `  scf=${part(4)} flags=0x00000000 state=${stateNames[clientState(client)]} endp=CONN,${part(5)},0x00000000 sub=1\n`;
  const tls = client.conn.tls !== null;
  const { socket } = client.conn;
  const h2 = (client as object) !== client.conn;
  out += connection(
    "co0",
    part(6),
    familyOf(client),
    tls,
    muxOf(stream, h2),
    `LISTENER:${thing(listener.slot)}`,
    socket,
  );
  const endpoint = conn === null ? "NONE,(nil)" : `CONN,${part(7)}`;
  out += `  scb=${part(8)} flags=0x00000000 state=${stateNames[phaseStates[stream.phase]!]} endp=${endpoint},0x00000000 sub=${conn === null ? 0 : 1}\n`;
  if (conn !== null) {
    const target = `SERVER:${thing(server!.slot)}`;
    out += connection(
      "co1",
      part(9),
      family(stream.serverAddress ?? ""),
      conn.tls !== null,
      muxOf(stream, conn.h2 !== null),
      target,
      conn.socket,
    );
  }
  out += channel("req", id + 10, stream, due.client, due.rules, now);
  out += channel("res", id + 20, stream, due.server, 0, now);
  return out;
}

function transaction(stream: HttpStream, pointer: string): string {
  const { req, res, responded } = stream;
  const closes = responded && !stream.tunnel && responseFraming(res, req.method) === Framing.UNTIL_CLOSE;
  // Rules are at work on what is there of it.
  const inRules = stream.phase === Phase.request;
  const requestState = stream.tunnel
    ? "MSG_TUNNEL"
    : inRules
      ? "MSG_BODY"
      : stream.requestDone
        ? "MSG_DONE"
        : "MSG_DATA";
  const responseState = !responded
    ? "MSG_RPBEFORE"
    : stream.tunnel || closes
      ? "MSG_TUNNEL"
      : stream.responseDone
        ? "MSG_DONE"
        : "MSG_DATA";
  const requestFlags = messageFlags(req, requestFraming(req));
  const responseFlags = responded
    ? messageFlags(res, stream.tunnel ? Framing.NONE : responseFraming(res, req.method))
    : 0;
  return (
    `  txn=${pointer} flags=0x0 meth=${methodNumbers[req.method] ?? OTHER_METHOD} status=${responded ? res.status : stream.step === Step.tarpit ? stream.tarpitStatus : -1}` +
    ` req.st=${requestState} rsp.st=${responseState} req.f=${hexByte(requestFlags)} rsp.f=${hexByte(responseFlags)}\n`
  );
}

function messageFlags(head: Head, framing: number): number {
  let flags = head.version >= 11 ? F.VERSION_11 : 0;
  if (framing !== Framing.UNTIL_CLOSE) flags |= F.LENGTH_KNOWN;
  if (framing === Framing.LENGTH) flags |= F.CONTENT_LENGTH;
  if (framing === Framing.CHUNKED) flags |= F.CHUNKED;
  if (framing === Framing.NONE) flags |= F.NO_BODY;
  if ((head.flags & CONN_UPGRADE) !== 0) flags |= F.UPGRADE;
  return flags;
}

function channel(name: "req" | "res", id: number, stream: Stream, due: number, rules: number, now: number): string {
  const http = stream.mode === "http" ? (stream as HttpStream) : null;
  const request = name === "req";
  const held = request ? heldBytes(stream) : (http?.resHeldEnd ?? 0);
  const size = held === 0 ? 0 : stream.rt.global.bufsize;
  const total = request ? stream.bytesUploaded : stream.bytesRead;
  const data = held === 0 ? "(nil)" : hex(id + 1);
  let out =
    `  ${name}=${hex(id)} (f=0x000000 an=0x0 pipe=0 tofwd=${forwards(stream, http, request) ? -1 : 0} total=${total})\n` +
    `      an_exp=${orNever(rules, now)} rex=${orNever(due, now)} wex=<NEVER>\n` +
    `      buf=${hex(id + 2)} data=${data} o=${held} p=${held} i=0 size=${size}\n`;
  if (http !== null) out += `      htx=${hex(id + 3)} flags=0x0 size=${size} data=${held} used=0 wrap=NO extra=0\n`;
  return out;
}

/** Whether bytes pass without being looked at until the end of the message. */
function forwards(stream: Stream, http: HttpStream | null, request: boolean): boolean {
  if (stream.phase !== Phase.connected) return false;
  if (http === null || http.tunnel) return true;
  if (!request) return http.responded && !http.responseDone;
  return !http.requestDone || (http.responded && responseFraming(http.res, http.req.method) === Framing.UNTIL_CLOSE);
}

interface Due {
  /** Epoch ms; 0 = nothing runs out. */
  readonly client: number;
  readonly server: number;
  /** For a place on a server, or its connection. */
  readonly connect: number;
  /** For what rules wait for: a tarpit, content, a body. */
  readonly rules: number;
}

function dueTimes(stream: Stream): Due {
  const { phase, deadline } = stream;
  if (phase !== Phase.connected) {
    const waits = phase === Phase.queued || phase === Phase.connecting || phase === Phase.turnaround;
    return { client: stream.client.deadline, server: 0, connect: waits ? deadline : 0, rules: waits ? 0 : deadline };
  }
  const relays = stream.mode === "tcp" || (stream as HttpStream).tunnel;
  if (!relays) return { client: stream.client.deadline, server: deadline, connect: 0, rules: 0 };
  return { client: clientDue(stream as Relay), server: serverDue(stream as Relay), connect: 0, rules: 0 };
}

/** Bytes of the request that wait for the server. */
function heldBytes(stream: Stream): number {
  if (stream.mode !== "http") return 0;
  const { sent, bodyBuf, bodyEnd, bodyStart, req } = stream as HttpStream;
  if (sent) return 0;
  return req.headersEnd - req.start + (bodyBuf === null ? 0 : bodyEnd - bodyStart);
}

function connection(
  name: string,
  pointer: string,
  control: string,
  tls: boolean,
  mux: string,
  target: string,
  socket: StreamSocket | null,
): string {
  return (
    `      ${name}=${pointer} ctrl=${control} xprt=${tls ? "SSL" : "RAW"} mux=${mux} data=STRM target=${target}\n` +
    `      flags=0x00000000 fd=${descriptor(socket)} fd.state=00 updt=0 fd.tmask=0x1\n`
  );
}

function muxOf(stream: Stream, h2: boolean): string {
  return h2 ? "H2" : stream.mode === "tcp" ? "PASS" : "H1";
}

function clientState(client: ClientSide): number {
  return client.closed ? CLO : EST;
}

function descriptor(socket: StreamSocket | null): number {
  return socket?.fd ?? -1;
}

function family(address: string): string {
  return address.includes(":") ? "tcpv6" : address.includes(".") ? "tcpv4" : "unix_stream";
}

function familyOf(client: ClientSide): string {
  return client.unix ? "unix_stream" : client.localAddress.includes(":") ? "tcpv6" : "tcpv4";
}

/** Of the address the client is told to have, which a PROXY header may say. */
function protocol(client: ClientSide): string {
  if (client.unix) return "unix_stream";
  return client.address.includes(":") ? "tcpv6" : "tcpv4";
}

function source(client: ClientSide): string {
  return `${client.unix ? "unix" : client.address}:${client.unix ? client.listener.model.id : client.port}`;
}

function hex(n: number): string {
  return `0x${n.toString(16)}`;
}

function hexByte(n: number): string {
  return `0x${n.toString(16).padStart(2, "0")}`;
}

/** Servers and listeners are known by their slot. */
function thing(slot: number): string {
  return hex(0x7000000 + slot * 0x40);
}

function left(due: number, now: number): string {
  return due === 0 ? "" : age(Math.max(0, due - now));
}

function orNever(due: number, now: number): string {
  return left(due, now) || "<NEVER>";
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
