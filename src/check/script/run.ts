/**
 * One check by a script (manual section 4.2, `http-check` and `tcp-check`), on as many connections as it has `connect` steps.
 *
 *     connect ── stands ──> send, send … ──> expect ──> connect …
 *                             wait for bytes ─┘ └─ the last step: reported
 *
 * Expectations in a row look at the same bytes; when one of them waits, all of them are asked again.
 */
import { Oper, S } from "../../counters/shared.ts";
import { EAGAIN, strerror } from "../../ffi/errno.ts";
import { AF_UNIX, type SockAddr } from "../../ffi/sockaddr.ts";
import type { ConnectOptions } from "../../ffi/connect.ts";
import type { ProcessFacts } from "../../expr/context.ts";
import { type ClientFailure, failureTexts, type TlsClient } from "../../net/tls/client.ts";
import { type SocksFailure, socksFailures } from "../../net/socks4.ts";
import { tlsSocket } from "../../net/tls/session.ts";
import type { Server } from "../../proxy/server.ts";
import { logRefusal, refusalText } from "../../server/refusals.ts";
import { type CheckConn, type CheckOwner, connectCheck } from "../conn.ts";
import { framed, unframed } from "../kinds/http-h2.ts";
import { checkSendsProxy, proxyHeader } from "../proxy-line.ts";
import { CheckStatus } from "../status.ts";
import type { Verdict } from "../types.ts";
import type { ConnectStep, ExpectStep, Script, ScriptScope, SendStep } from "./types.ts";
import { whereOf } from "./words.ts";

/** Bytes of an answer that are looked at, as tune.chksize. */
const MAX_ANSWER = 16384;

const NOTHING: Buffer = Buffer.alloc(0);

/** Who runs the script. */
export interface ScriptHost {
  /** Time for a connection, and with `timeout check` for what follows; counts from now. 0 = leaves it. */
  allow(what: "connect" | "answer"): void;
  /** Where a connection goes; null = nowhere: no address is known, or no port. */
  target(port: number, addr: ConnectStep["addr"]): SockAddr | null;
  /** The SOCKS4 proxy of the server when connections go `via` it; null = none. */
  socks(via: boolean): SockAddr | null;
  /** The script has come to its end. */
  finish(verdict: Verdict): void;
}

export class ScriptRun implements CheckOwner {
  private readonly scope: ScriptScope;
  private conn: CheckConn | null = null;
  /** The step reports are about; -1 = none. */
  private current = -1;
  /** Where it goes on. */
  private next = 0;
  private received: Buffer = NOTHING;
  /** Bytes came since the last send or connect. */
  private fresh = false;
  /** Nothing more will come. */
  private ended = false;
  private full = false;
  private method = "";
  private h2 = false;
  private code = 0;
  private over = false;

  constructor(
    private readonly host: ScriptHost,
    private readonly script: Script,
    private readonly server: Server,
    private readonly options: ConnectOptions,
    private readonly neverLocal: boolean,
    process: ProcessFacts,
  ) {
    this.scope = script.scope(server, process);
  }

  start(): void {
    this.proceed();
  }

  /** Nothing is left open. */
  cancel(): void {
    this.over = true;
    this.scope.clear();
    this.closeConnection();
  }

  /** Time is up. */
  expire(): void {
    const { conn } = this;
    const step = this.script.steps[this.current];
    let status: Verdict["status"] = CheckStatus.l4timeout;
    if (conn !== null && (conn.shaken || conn.socks?.reached === true)) {
      status = step?.kind === "expect" ? step.timeoutStatus : CheckStatus.l7timeout;
    } else if (conn !== null && conn.reached) status = CheckStatus.l6timeout;
    this.finish(status, this.where());
  }

  /** Goes through the steps until one has to wait. */
  private proceed(): void {
    const { steps } = this.script;
    while (!this.over && this.next < steps.length) {
      const step = steps[this.next]!;
      switch (step.kind) {
        case "action":
          step.run(this.scope);
          break;
        case "connect":
          this.code = 0;
          return this.connect(step);
        case "send":
          this.code = 0;
          this.current = this.next;
          if (!this.send(step)) return;
          break;
        case "expect":
          this.code = 0;
          this.current = this.next;
          if (!this.expect(step)) return;
          break;
      }
      this.next++;
    }
    if (!this.over) this.succeed();
  }

  private connect(step: ConnectStep): void {
    const { scope, server, host } = this;
    this.closeConnection();
    this.current = this.next;
    this.received = scope.received = NOTHING;
    this.fresh = this.ended = this.full = false;
    const port = typeof step.port === "number" ? step.port : (step.port(scope) ?? 0);
    const address = host.target(port, step.addr);
    if (address === null) return this.finish(CheckStatus.socketError, this.where());
    const { check } = server.model;
    const tls = (step.tls ? server.stepTls : step.usesDefaults ? server.checkTls : null) as TlsClient | null;
    const last = !this.script.steps.some((later, i) => i > this.next && later.kind !== "action");
    const sni = step.sni ?? (step.usesDefaults ? check.sni : null);
    const alpn = step.alpn ?? (step.usesDefaults ? null : []);
    const socks = host.socks(step.viaSocks4 || (step.usesDefaults && check.viaSocks4));
    const silent = last && tls === null && socks === null && !this.sendsProxy(step);
    const conn = connectCheck(this, address, this.options, silent, tls, sni, socks, alpn);
    if (typeof conn === "number") {
      logRefusal(server.backend, -conn);
      const status = address.family === AF_UNIX ? CheckStatus.socketError : CheckStatus.l4con;
      return this.finish(status, refusalText(-conn) + this.where());
    }
    this.conn = conn;
    host.allow("connect");
    if (address.family === AF_UNIX) conn.connected();
  }

  private sendsProxy(step: ConnectStep): boolean {
    return step.sendProxy || (step.usesDefaults && checkSendsProxy(this.server.model));
  }

  /** False: it failed. */
  private send(step: SendStep): boolean {
    const { scope, conn } = this;
    this.received = scope.received = NOTHING;
    this.fresh = false;
    const bytes = step.bytes(scope);
    if (bytes === null) return true;
    if (typeof bytes === "string" || conn === null) {
      this.finish(CheckStatus.l7rsp, typeof bytes === "string" ? bytes : strerror(EAGAIN));
      return false;
    }
    this.method = step.method;
    const out = this.h2 && step.method !== "" ? framed(bytes) : bytes;
    conn.write(out, 0, out.length);
    return true;
  }

  /** False: it waits, or it failed. */
  private expect(step: ExpectStep): boolean {
    const { scope, script } = this;
    if (!this.fresh && !this.ended) return this.wait();
    let last = this.ended || this.full;
    if (this.h2) {
      const { text, ended } = unframed(this.received);
      scope.received = text;
      last ||= ended;
    } else scope.received = this.received;
    if (scope.received.length === 0 && last && script.protocol !== "http") {
      const comment = step.comment === null ? "" : ` comment: '${step.comment}'`;
      this.finish(step.errorStatus, `TCPCHK got an empty response at step ${step.step}${comment}`);
      return false;
    }
    const found = step.judge(scope, this.method, last);
    if (found === "wait") return this.wait();
    this.code = step.answerCode(scope, this.method);
    if (this.code === 404 && script.disableOn404 && !this.down) {
      this.finish(CheckStatus.l7okConditional, "");
      return false;
    }
    if (found === "pass") return true;
    this.code = step.statusCode?.(scope) ?? found.code ?? this.code;
    this.finish(found.status, step.comment === null ? found.text : `${found.text} comment: ${step.comment}`);
    return false;
  }

  /** More is needed: then the expectations in this row are asked again from the first one on. */
  private wait(): false {
    const { steps } = this.script;
    this.fresh = false;
    while (this.next > 0 && steps[this.next - 1]!.kind === "expect") this.next--;
    return false;
  }

  private succeed(): void {
    const { script, scope } = this;
    const step = script.steps[this.current];
    const named = script.protocol === "tcp" ? "(tcp-check)" : "";
    if (step?.kind === "expect") {
      const text = step.onSuccess === null ? named : step.onSuccess(scope);
      this.code = step.statusCode?.(scope) ?? this.code;
      return this.finish(step.okStatus, text);
    }
    if (step?.kind === "connect") {
      const status = this.conn?.secure ? CheckStatus.l6ok : CheckStatus.l4ok;
      return this.finish(status, step.step === 0 ? "" : "(tcp-check)");
    }
    this.finish(CheckStatus.l7ok, "(tcp-check)");
  }

  /** A server that is down must show more than a 404 to come back. */
  private get down(): boolean {
    const { shared, slot } = this.server;
    return shared.getState(slot, S.oper) === Oper.stopped;
  }

  private where(): string {
    const { steps, protocol } = this.script;
    const step = steps[this.current];
    return protocol === "tcp" && step !== undefined ? whereOf(step) : "";
  }

  private finish(status: Verdict["status"], info: string): void {
    if (this.over) return;
    const { code } = this;
    this.cancel();
    this.host.finish({ status, code, info });
  }

  private closeConnection(): void {
    const { conn, script, scope } = this;
    if (conn === null) return;
    this.conn = null;
    scope.ends = null;
    conn.cancel(lingers(script, this.current));
  }

  // ---- what the connection tells

  onCheckConnect(): void {
    const conn = this.conn!;
    const step = this.script.steps[this.current] as ConnectStep;
    this.scope.ends = conn.socket;
    if (this.sendsProxy(step)) {
      const header = proxyHeader(this.server.model, conn.socket ?? {}, this.neverLocal);
      conn.write(header, 0, header.length);
    }
    this.h2 = this.script.protocol === "http" && this.speaksH2(conn, step);
    this.host.allow("answer");
    this.next++;
    this.proceed();
  }

  /** By `check-proto`, else as the server is spoken to; with TLS as the handshake agrees. */
  private speaksH2(conn: CheckConn, { usesDefaults, proto: own }: ConnectStep): boolean {
    const { check, proto } = this.server.model;
    const forced = own ?? (usesDefaults ? (check.proto ?? proto) : null);
    if (forced !== null) return forced === "h2";
    return conn.secure && tlsSocket(conn.socket!).alpnProtocol === "h2";
  }

  onSocksFailed(why: SocksFailure): void {
    this.finish(CheckStatus.socketError, socksFailures[why] + this.where());
  }

  onCheckRefused(why: ClientFailure): void {
    this.finish(CheckStatus.l6rsp, failureTexts[why] + this.where());
  }

  onCheckData(chunk: Buffer): void {
    if (this.full) return;
    this.received = this.received.length === 0 ? chunk : Buffer.concat([this.received, chunk]);
    this.full = this.received.length >= MAX_ANSWER;
    if (this.full) this.received = this.received.subarray(0, MAX_ANSWER);
    this.fresh = true;
    this.proceed();
  }

  onCheckEnd(): void {
    this.ended = true;
    this.proceed();
  }

  onCheckClose(error: Error | undefined): void {
    const conn = this.conn!;
    const { code, errno } = (error ?? {}) as NodeJS.ErrnoException;
    const stood = conn.established || (conn.secure && code === "ECONNRESET");
    if (stood && !conn.shaken) return this.onCheckRefused("handshake");
    // A reset behind an answer is no news.
    if (conn.established && (error === undefined || this.received.length > 0)) return this.onCheckEnd();
    const status = conn.established ? CheckStatus.socketError : CheckStatus.l4con;
    this.finish(status, (errno === undefined ? "" : strerror(errno)) + this.where());
  }
}

/** Whether the connection in use was opened with `linger`. */
function lingers({ steps }: Script, current: number): boolean {
  for (let i = current; i >= 0; i--) {
    const step = steps[i]!;
    if (step.kind === "connect") return step.linger;
  }
  return false;
}
