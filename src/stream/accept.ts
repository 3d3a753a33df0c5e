/**
 * From an accepted socket to the object that serves it:
 *
 *     accept ── [tcp-request connection] ── [PROXY header] ── [TLS] ── [tcp-request session] ── client
 *
 * A listener that has none of these goes straight to the end.
 */
import type { Socket } from "bun";
import { C } from "../counters/columns.ts";
import type { Conn } from "../net/conn.ts";
import type { ClientSocket } from "../net/socket.ts";
import type { TlsServer } from "../net/tls/server.ts";
import { tlsHandlers, upgradeServer } from "../net/tls/socket.ts";
import type { Frontend, Listener } from "../proxy/frontend.ts";
import type { RuleRecord } from "../rules/types.ts";
import { connectionError } from "../expr/logformat/fast.ts";
import type { Logger } from "../log/record.ts";
import { Endpoint } from "./endpoint.ts";
import type { HeaderKind } from "../rules/tcp/types.ts";
import { runRules } from "../rules/run.ts";
import { Verdict } from "../rules/types.ts";
import { clock } from "../util/clock.ts";
import { forgetConnection, socketSource } from "./client.ts";
import { Greeting } from "./greeting.ts";
import { SessionSamples } from "./guard.ts";
import { H2Client } from "./h2/client.ts";
import { HttpClient } from "./http/client.ts";
import { Handshake, type SessionStarter } from "./handshake.ts";
import { HelloTap } from "./hello-tap.ts";
import { HelloWait } from "./hello-wait.ts";
import type { HttpSettings } from "./http/settings.ts";
import type { StreamRuntime } from "./runtime.ts";
import { Session } from "./session.ts";
import { TcpClient } from "./tcp/client.ts";

const afterHandshake: SessionStarter = (socket, listener, rt, session) =>
  startSession(socket, listener, rt, session, null);

/** A connection on a listening socket that speaks TLS itself; its handshake begins. */
export function acceptTls(socket: Socket<Conn>, listener: Listener, rt: StreamRuntime): void {
  listener.frontend.takeConnection(listener, clock.now);
  listener.frontend.takeAccepted(clock.now);
  const session = new Session(clock.now);
  const tls = listener.tls as TlsServer;
  socket.data = new Handshake(socket, listener, rt, session, tls, afterHandshake, null);
}

/** The same on a plain listening socket. */
export function acceptPlain(socket: Socket<Conn>, listener: Listener, rt: StreamRuntime): void {
  listener.frontend.takeConnection(listener, clock.now);
  listener.frontend.takeAccepted(clock.now);
  upgradeToTls(socket, listener, rt, new Session(clock.now), null);
}

/** The same on a plain socket, which was counted, with the bytes of the client that were read from it. */
function upgradeToTls(
  socket: Socket<Conn>,
  listener: Listener,
  rt: StreamRuntime,
  session: Session,
  early: Buffer | null,
): void {
  const tls = listener.tls as TlsServer;
  const handshake = new Handshake(null, listener, rt, session, tls, afterHandshake, socketSource(socket, listener));
  if (tls.needsHello) {
    const wait = new HelloWait(socket, handshake, (hello) => shake(socket, handshake, tls, hello));
    socket.data = wait;
    if (early !== null) wait.onData(early);
  } else shake(socket, handshake, tls, early);
}

/** The handshake begins, with the bytes of the client that were read. */
function shake(socket: Socket<Conn>, handshake: Handshake, tls: TlsServer, early: Buffer | null): void {
  const { listener } = handshake;
  const { tlsCapture } = handshake.rt.global;
  const tap = new HelloTap(tlsCapture);
  socket.data = tap;
  if (tlsCapture > 0) {
    handshake.tap = tap;
    if (early !== null) tap.onData(early);
  } else tap.stop();
  upgradeServer(socket, tls, handlersOf(listener), handshake, early, handshake.chosen ? handshake.choice : null);
}

/** One set of handlers for all upgraded connections of a listener. */
const upgradeHandlers = new WeakMap<Listener, object>();

function handlersOf(listener: Listener): object {
  let handlers = upgradeHandlers.get(listener);
  if (handlers === undefined) {
    const open = (socket: Socket<Conn>): void => {
      const handshake = socket.data as Handshake;
      handshake.socket = socket;
      handshake.hurry();
    };
    handlers = tlsHandlers(
      open,
      () => listener.tls as TlsServer,
      () => clock.now,
    );
    upgradeHandlers.set(listener, handlers);
  }
  return handlers;
}

/** A connection on a listener with rules about connections or sessions, or with a header before the first byte. */
export function acceptGuarded(socket: ClientSocket, listener: Listener, rt: StreamRuntime): void {
  const { frontend } = listener;
  const session = new Session(clock.now);
  frontend.takeConnection(listener, clock.now);
  const { connection } = (frontend.http as HttpSettings).rules ?? NONE;
  const { acceptProxy, acceptNetscaler } = listener.model;
  const headers: HeaderKind[] = [];
  if (acceptProxy) headers.push("proxy");
  if (acceptNetscaler) headers.push("netscaler");
  if (connection !== null) {
    const samples = new SessionSamples(socket, listener, rt, session);
    if (runRules(connection, samples) === Verdict.done) {
      const { slab } = frontend;
      const column = samples.dropped === "silent" ? C.denReq : C.denConn;
      slab[frontend.base + column]!++;
      slab[listener.base + column]!++;
      forgetConnection(listener, frontend, session);
      socket.terminate();
      return;
    }
    // The PROXY header comes first, whoever asked for it.
    if (samples.expected.includes("proxy") && !acceptProxy) headers.unshift("proxy");
    if (samples.expected.includes("netscaler") && !acceptNetscaler) headers.push("netscaler");
  }
  frontend.takeAccepted(clock.now);
  if (headers.length === 0) afterHeaders(socket, listener, rt, session, null);
  else socket.data = new Greeting(socket, listener, rt, session, headers, afterHeaders);
}

/** What comes before TLS was received, and `early` behind it. */
function afterHeaders(
  socket: ClientSocket,
  listener: Listener,
  rt: StreamRuntime,
  session: Session,
  early: Buffer | null,
): void {
  // Bun has accepted what begins with TLS, headers before it or not.
  if (listener.tls !== null) upgradeToTls(socket as Socket<Conn>, listener, rt, session, early);
  else startSession(socket, listener, rt, session, early);
}

/** All that comes before the first byte of the client was received: its session begins, if the rules let it. */
function startSession(
  socket: ClientSocket,
  listener: Listener,
  rt: StreamRuntime,
  session: Session,
  early: Buffer | null,
): void {
  const { frontend } = listener;
  const { session: rules } = (frontend.http as HttpSettings).rules ?? NONE;
  session.ready = clock.now;
  if (rules !== null) {
    const samples = new SessionSamples(socket, listener, rt, session);
    samples.beginSession();
    if (runRules(rules, samples) === Verdict.done) {
      const { slab } = frontend;
      const silent = samples.dropped === "silent";
      slab[frontend.base + (silent ? C.denReq : C.denSess)]!++;
      slab[listener.base + (silent ? C.denReq : C.denSess)]!++;
      if (session.proxy !== null || session.tls !== null) logConnection(frontend, listener, session, samples.record);
      if (session.tls !== null) slab[C.sslLive]!--;
      forgetConnection(listener, frontend, session);
      if (silent) socket.terminate();
      else {
        if (session.tls !== null) socket.shutdown();
        socket.end();
      }
      return;
    }
  }
  if (session.tracking !== null) session.tracking.countSession(clock.now);
  startClient(socket, listener, rt, session, early);
}

/** HAProxy logs a connection that rules end behind a header or handshake as it logs one that failed there, without an error. */
function logConnection(frontend: Frontend, listener: Listener, session: Session, record: RuleRecord): void {
  const logger = frontend.logger as Logger;
  if (!logger.enabled || frontend.model.options.dontlognull) return;
  const { model } = listener;
  const level = frontend.model.options["log-separate-errors"] ? "err" : "info";
  const { address, port } = session.source ?? new Endpoint(record.clientAddress, record.clientPort, null);
  const line = { ...record, clientAddress: address, clientPort: port };
  logger.event(level, connectionError(line, model.name ?? String(model.id), "Success"));
}

const NONE = { connection: null, session: null };

/** By `proto`, or as the handshake of TLS agreed. */
function speaksH2({ model: { proto } }: Listener, session: Session | null): boolean {
  return proto === null ? session?.tls?.alpn === "h2" : proto === "h2";
}

/** Hands the socket to its client object, with the bytes that came before it; `session` null = nothing came before. */
export function startClient(
  socket: ClientSocket,
  listener: Listener,
  rt: StreamRuntime,
  session: Session | null,
  early: Buffer | null,
): void {
  if (listener.frontend.model.mode === "tcp") {
    const client = new TcpClient(socket, listener, rt, session);
    socket.data = client;
    client.start();
    if (early !== null && !client.closed) client.onData(early);
  } else {
    const client =
      rt.h2 && speaksH2(listener, session)
        ? new H2Client(socket, listener, rt, session)
        : new HttpClient(socket, listener, rt, session);
    socket.data = client;
    if (early !== null) client.onData(early);
  }
}
