/** The TLS handshake of a client, between the accept and its session. */
import type { Socket } from "bun";
import { C } from "../counters/columns.ts";
import { countPeak } from "../counters/rate.ts";
import { L } from "../counters/shared.ts";
import { quickAck } from "../ffi/socket-options.ts";
import { connectionError } from "../expr/logformat/fast.ts";
import { BAD_REQUEST, EMPTY_RECORD, type Logger } from "../log/record.ts";
import { Conn } from "../net/conn.ts";
import { readPem, pemBytes } from "../net/tls/pem.ts";
import type { Choice, TlsServer } from "../net/tls/server.ts";
import { tlsSocket, TlsSession, type TlsSocket } from "../net/tls/session.ts";
import type { HandshakeOwner } from "../net/tls/socket.ts";
import { errorDepth, ignores, verifyNumber } from "../net/tls/verify.ts";
import type { CertificateModel } from "../config/model.ts";
import type { Frontend, Listener } from "../proxy/frontend.ts";
import { clock } from "../util/clock.ts";
import { wheel } from "../util/wheel.ts";
import { forgetConnection, socketSource } from "./client.ts";
import type { SampledRecord } from "../rules/formats.ts";
import { SessionSamples } from "./guard.ts";
import { fdOf } from "../net/fd.ts";
import type { Endpoint } from "./endpoint.ts";
import type { HelloTap } from "./hello-tap.ts";
import type { StreamRuntime } from "./runtime.ts";
import type { Session } from "./session.ts";
import { deadlineIn } from "./timeout.ts";

/** Why a handshake failed, in HAProxy's words. */
const HandshakeError = {
  empty: "Connection closed during SSL handshake",
  timeout: "Timeout during SSL handshake",
  authority: "SSL client CA chain cannot be verified",
  certificate: "SSL client certificate not trusted",
  failed: "SSL handshake failure",
} as const;

export type HandshakeErrorText = (typeof HandshakeError)[keyof typeof HandshakeError];

/** HAProxy's numbers of them (`fc_err`). */
const ERROR_NUMBERS: Readonly<Record<HandshakeErrorText, number>> = {
  [HandshakeError.empty]: 24,
  [HandshakeError.timeout]: 26,
  [HandshakeError.authority]: 30,
  [HandshakeError.certificate]: 31,
  [HandshakeError.failed]: 34,
};

/** Version numbers by their names. */
const VERSIONS: Readonly<Record<string, number>> = {
  TLSv1: 0x301,
  "TLSv1.1": 0x302,
  "TLSv1.2": 0x303,
  "TLSv1.3": 0x304,
};

export type SessionStarter = (socket: Socket<Conn>, listener: Listener, rt: StreamRuntime, session: Session) => void;

/**
 * Holds the place of a client until its handshake is over; the connection was counted, the session was not. `timeout client` runs
 * (as in HAProxy 2.6; `timeout http-request` begins with the session).
 */
export class Handshake extends Conn implements HandshakeOwner {
  declare socket: Socket<Conn> | null;
  sni = "";
  choice: Choice | null;
  chosen = false;
  /** What the client sent first, when samples may ask for it. */
  tap: HelloTap | null = null;
  private readonly counted: Frontend;
  private readonly peer: Endpoint;
  private over = false;

  constructor(
    socket: Socket<Conn> | null,
    readonly listener: Listener,
    readonly rt: StreamRuntime,
    readonly info: Session,
    private readonly tls: TlsServer,
    private readonly begin: SessionStarter,
    /** Where the client is; asked for before TLS, as the socket may be gone when it is needed. */
    peer: Endpoint | null,
  ) {
    super(socket);
    this.secure = true;
    this.choice = tls.fallback;
    this.counted = listener.frontend;
    this.peer = peer ?? socketSource(socket, listener);
    rt.handshakes++;
    // Counted as it begins, so that maxsslrate holds a burst up.
    const { slab, shared } = this.counted;
    slab[C.sslConns]!++;
    slab[C.sslLive]!++;
    countPeak(shared.live, L.sslRate, Math.floor(clock.now / 1000), slab, C.sslRateMax);
    this.expire(deadlineIn(this.counted.model.timeouts.client));
    if (socket !== null) this.hurry();
  }

  /** What the name in the ClientHello gets, before the handshake begins. False: it is refused, or nothing is for it. */
  chooseBefore(name: string): boolean {
    const choice = this.tls.choose(name, clock.now);
    if (choice === null) return false;
    this.sni = name;
    this.choice = choice;
    this.chosen = true;
    return true;
  }

  /** Clients of TLS 1.3 that wait for our ACK before their first request would wait 40 ms (delayed ACK). */
  hurry(): void {
    const fd = fdOf(this.socket);
    if (fd >= 0) quickAck(fd);
  }

  onHandshake(ok: boolean, error: (Error & { readonly code?: string }) | null): void {
    if (this.over) return;
    if (!ok) {
      // A peer that leaves is told like this.
      this.fail(error?.code === "ECONNRESET" ? HandshakeError.empty : HandshakeError.failed, true);
      // Bun closes the socket itself when this returns, behind the alert.
      return;
    }
    const socket = this.socket!;
    const tls = tlsSocket(socket);
    const { choice } = this;
    if (choice === null) {
      this.refuse(HandshakeError.failed, true);
      return;
    }
    const session = new TlsSession(tls, this.sni, false);
    const refused = this.judge(session, tls, choice, error);
    if (refused !== null) {
      this.refuse(refused, true);
      return;
    }
    this.establish(socket, tls, session, choice);
  }

  /** The versions and the client certificate that this name asks for; null = all is well. */
  private judge(
    session: TlsSession,
    tls: TlsSocket,
    { settings }: Choice,
    error: { readonly code?: string } | null,
  ): HandshakeErrorText | null {
    if ((VERSIONS[session.version] ?? 0) < settings.minVersion) return HandshakeError.failed;
    if (settings.verify === "none") return null;
    session.peer = tls.getPeerCertificate(false)?.raw ?? null;
    if (session.peer === null) return settings.verify === "required" ? HandshakeError.failed : null;
    if (!this.tls.verified.admits(settings, session.peer, session.resumed)) return HandshakeError.certificate;
    session.verify = verifyNumber(error?.code);
    if (session.verify === 0) return null;
    return this.excuse(session, session.peer, settings);
  }

  /** Whether every error of the certificate is one to let pass; the first of each kind is kept for samples. */
  private excuse(session: TlsSession, der: Uint8Array, settings: Choice["settings"]): HandshakeErrorText | null {
    const { caIgnoreErr, crtIgnoreErr } = this.tls.model;
    const last = session.verify;
    const depth = errorDepth(last, der, clock.now);
    if (!ignores(depth > 0 ? caIgnoreErr : crtIgnoreErr, last)) {
      return depth > 0 ? HandshakeError.authority : HandshakeError.certificate;
    }
    const hidden = this.tls.trust(settings).before(last, der, session.peerIssuers);
    if (hidden.authority !== 0 && !ignores(caIgnoreErr, hidden.authority)) return HandshakeError.authority;
    for (const error of hidden.own) if (!ignores(crtIgnoreErr, error)) return HandshakeError.certificate;
    session.crtError = hidden.own[0] ?? (depth > 0 ? 0 : last);
    session.caError = hidden.authority || (depth > 0 ? last : 0);
    session.caErrorDepth = session.caError === 0 ? 0 : Math.max(depth, 1);
    return null;
  }

  private establish(socket: Socket<Conn>, tls: TlsSocket, session: TlsSession, choice: Choice): void {
    this.settle();
    this.hurry();
    const { listener, rt, info, counted } = this;
    session.own = ownCertificate(tls, choice, session);
    session.hello = this.tap?.hello ?? null;
    const { slab, base } = counted;
    slab[base + C.sslConns]!++;
    slab[listener.base + C.sslConns]!++;
    if (session.resumed) {
      slab[base + C.sslReused]!++;
      slab[listener.base + C.sslReused]!++;
      slab[C.sslReused]!++;
    } else {
      countPeak(counted.shared.live, L.sslFrontKeys, Math.floor(clock.now / 1000), slab, C.sslFrontKeyRateMax);
    }
    const { tlsMaxRecord } = rt.global;
    if (tlsMaxRecord > 0) tls.setMaxSendFragment(tlsMaxRecord);
    info.tls = session;
    info.ready = clock.now;
    this.begin(socket, listener, rt, info);
  }

  private settle(): void {
    this.over = true;
    this.rt.handshakes--;
    // Out of the wheel at once: a long timeout would keep all that hangs on it.
    wheel.disarm(this);
  }

  /** Logs it and gives the connection back. `counts`: it counts as a failed handshake. */
  private fail(message: HandshakeErrorText, counts: boolean): void {
    if (this.over) return;
    this.settle();
    const { listener, counted } = this;
    const { slab, base } = counted;
    slab[C.sslLive]!--;
    if (counts) {
      slab[base + C.sslFailed]!++;
      slab[listener.base + C.sslFailed]!++;
      slab[C.sslFailed]!++;
    }
    this.log(message);
    this.tap?.stop();
    forgetConnection(listener, counted, this.info);
  }

  private refuse(message: HandshakeErrorText, counts: boolean): void {
    this.fail(message, counts);
    this.close();
  }

  private log(message: HandshakeErrorText): void {
    const logger = this.counted.logger as Logger;
    const { options } = this.counted.model;
    if (!logger.enabled || (message === HandshakeError.empty && options.dontlognull)) return;
    const { model } = this.listener;
    const { peer, info } = this;
    const level = options["log-separate-errors"] ? "err" : "info";
    if (this.counted.errorFormat !== null) {
      logger.stream(this.failure(message), level, this.counted.errorFormat);
      return;
    }
    const record = {
      ...EMPTY_RECORD,
      clientAddress: peer.address,
      clientPort: peer.port,
      acceptDate: info.accepted,
      frontendName: this.counted.name,
    };
    const text = connectionError(record, model.name ?? String(model.id), message);
    logger.event(level, text);
  }

  /** What `error-log-format` can tell of a connection without a stream. */
  private failure(message: HandshakeErrorText): SampledRecord {
    const { listener, rt, info, counted, peer } = this;
    info.connectionSource ??= peer;
    const samples = new SessionSamples(this.socket, listener, rt, info);
    samples.error = ERROR_NUMBERS[message];
    samples.errorText = message;
    return {
      ...samples.record,
      tls: true,
      status: 0,
      terminationState: "PR--",
      requestLine: BAD_REQUEST,
      logCounter: counted.logCount++,
      requestCounter: rt.requestCounter++,
      sampleContext: () => samples,
    };
  }

  onData(): void {}
  onDrain(): void {}

  onEnd(): void {
    this.refuse(HandshakeError.empty, true);
  }

  onTimer(now: number): void {
    clock.now = now;
    this.refuse(HandshakeError.timeout, false);
  }

  /** With an error: the peer reset the connection. */
  onClose(error: Error | undefined): void {
    this.fail(error === undefined ? HandshakeError.empty : HandshakeError.failed, true);
  }
}

/** The certificate the client was shown. */
function ownCertificate(tls: TlsSocket, { certificates }: Choice, session: TlsSession): CertificateModel | null {
  if (certificates.length < 2) return certificates[0] ?? null;
  const { version, cipher } = session;
  if (version !== "TLSv1.3") {
    const type = cipher.includes("ECDSA") ? "ecdsa" : "rsa";
    return certificates.find(({ keyType }) => keyType === type) ?? certificates[0]!;
  }
  const shown = tls.getCertificate()?.raw;
  if (shown === undefined) return certificates[0]!;
  return certificates.find(({ chain }) => pemBytes(readPem(chain).certificates[0]!).equals(shown)) ?? certificates[0]!;
}
