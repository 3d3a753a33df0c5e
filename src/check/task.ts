/**
 * The checks of one server: one at a time, at the interval its state asks for.
 *
 *     waiting ── due ──> connecting ──> reading ──> reported ──> waiting
 *
 * Time (manual, `timeout check`): all of it within `inter`; with `timeout check`, min(inter, timeout connect) to connect and
 * then `timeout check` for the answer.
 */
import type { Address, ExternalCheckModel, GlobalModel } from "../config/model.ts";
import { Admin, Oper, S } from "../counters/shared.ts";
import { EAGAIN, strerror } from "../ffi/errno.ts";
import { logRefusal, refusalText } from "../server/refusals.ts";
import { AF_UNIX, ipSockAddr, sockAddr, type SockAddr } from "../ffi/sockaddr.ts";
import { openNamespace } from "../ffi/namespace.ts";
import { type ConnectOptions, DEFAULT_CONNECT_OPTIONS } from "../ffi/connect.ts";
import { readAddress, type Server } from "../proxy/server.ts";
import { tick } from "../util/clock.ts";
import type { TimerEntry } from "../util/wheel.ts";
import { type ClientFailure, failureTexts, type TlsClient } from "../net/tls/client.ts";
import { type SocksFailure, socksFailures } from "../net/socks4.ts";
import { CheckConn, type CheckOwner, connectCheck } from "./conn.ts";
import { tlsSocket } from "../net/tls/session.ts";
import type { Health } from "./health.ts";
import { takeObserved } from "./observe.ts";
import { checkSendsProxy, type Ends, proxyLine } from "./proxy-line.ts";
import { programArguments, programVariables } from "./kinds/external.ts";
import { mayFork, type Running, startProgram } from "./program.ts";
import { ScriptRun, type ScriptHost } from "./script/run.ts";
import type { ConnectStep, Script } from "./script/types.ts";
import { CheckStatus } from "./status.ts";
import type { CheckerContext, Method, Probe, Verdict } from "./types.ts";

/** Bytes of an answer that are looked at, as tune.chksize. */
const MAX_ANSWER = 16384;

const NOTHING: Buffer = Buffer.alloc(0);

/** The interval that the state of the server asks for now, in ms. */
export function interval({ shared, slot, model }: Server): number {
  const { inter, fastinter, downinter, rise, fall } = model.check;
  const health = shared.getState(slot, S.health);
  if (health === rise + fall - 1) return inter;
  if (health === 0 && shared.getState(slot, S.oper) === Oper.stopped) return downinter || inter;
  return fastinter || inter;
}

export class CheckTask implements TimerEntry, CheckOwner, ScriptHost {
  wheelNext: TimerEntry | null = null;
  wheelPrev: TimerEntry | null = null;
  wheelSlot = -1;
  wheelDue = 0;
  deadline = 0;
  server: Server;
  method: Method;
  /** When the next check is to begin, epoch ms. */
  due = 0;
  private readonly ctx: CheckerContext;
  private readonly health: Health;
  private spread: number;
  private neverLocal: boolean;
  private options: ConnectOptions;
  private conn: CheckConn | null = null;
  private program: Running | null = null;
  private probe: Probe | null = null;
  private run: ScriptRun | null = null;
  private received: Buffer = NOTHING;
  private startedAt = 0;
  private active = false;

  constructor(server: Server, method: Method, global: GlobalModel, ctx: CheckerContext, health: Health) {
    this.server = server;
    this.method = method;
    this.spread = global.spreadChecks;
    this.neverLocal = global.neverSendLocal;
    this.ctx = ctx;
    this.health = health;
    this.options = connectOptions(server);
  }

  /** The same server in a new configuration; a check under way goes on. */
  adopt(server: Server, method: Method, global: GlobalModel): void {
    this.server = server;
    this.method = method;
    this.spread = global.spreadChecks;
    this.neverLocal = global.neverSendLocal;
    this.options = connectOptions(server);
  }

  /** Arms the first check. */
  begin(at: number): void {
    this.active = true;
    this.due = at;
    this.sleep(this.ctx.clock.now);
  }

  /** Nothing of this task is left: no timer, no socket. */
  stop(): void {
    this.active = false;
    this.ctx.wheel.disarm(this);
    this.release();
  }

  onTimer(now: number): void {
    tick();
    if (this.program !== null) return this.finish({ status: CheckStatus.procTimeout, code: 0, info: "" });
    if (this.run !== null) return this.run.expire();
    if (this.conn !== null) {
      const { reached, shaken, socks } = this.conn;
      const status =
        shaken || socks?.reached === true
          ? this.timeoutStatus()
          : reached
            ? CheckStatus.l6timeout
            : CheckStatus.l4timeout;
      this.finish({ status, code: 0, info: "" });
      return;
    }
    this.hurry(now);
    if (now < this.due) return this.sleep(now);
    if (this.resting()) {
      const { inter } = this.server.model.check;
      this.due += Math.ceil((now - this.due + 1) / inter) * inter;
      return this.sleep(now);
    }
    this.connect(now);
  }

  /** Live traffic of some worker looked ill: the next check comes after `fastinter` (manual, `on-error`). */
  private hurry(now: number): void {
    const { model } = this.server;
    if (model.observe === "none" || !takeObserved(this.server)) return;
    const { fastinter } = model.check;
    if (fastinter > 0) this.due = Math.min(this.due, now + Math.ceil(fastinter / 2));
  }

  /** Sleeps until the next check; observed servers look up twice in a `fastinter`, for what other workers saw. */
  private sleep(now: number): void {
    const { model } = this.server;
    const { fastinter } = model.check;
    let until = this.due;
    if (model.observe !== "none" && fastinter > 0) until = Math.min(until, now + Math.ceil(fastinter / 2));
    this.ctx.wheel.arm(this, until);
  }

  private resting(): boolean {
    const { shared, slot } = this.server;
    return shared.getState(slot, S.checkOff) !== 0 || (shared.getState(slot, S.admin) & Admin.maint) !== 0;
  }

  /** A program checks the server. */
  private execute(program: ExternalCheckModel, now: number): void {
    const { server } = this;
    this.startedAt = now;
    if (!mayFork(program)) {
      return this.finish({ status: CheckStatus.socketError, code: 0, info: strerror(EAGAIN) });
    }
    this.program = startProgram(program, programArguments(server), programVariables(server), (code) => {
      this.program = null;
      tick();
      this.finish({ status: code === 0 ? CheckStatus.procOk : CheckStatus.procError, code, info: "" });
    });
    this.ctx.wheel.arm(this, now + this.limit());
  }

  /** How long a check may take before something answers. */
  private limit(): number {
    const { model, backend } = this.server;
    const { timeouts } = backend.model;
    const { inter } = model.check;
    return timeouts.check > 0 && timeouts.connect > 0 ? Math.min(inter, timeouts.connect) : inter;
  }

  private connect(now: number): void {
    if (this.method.program !== null) return this.execute(this.method.program, now);
    const { server } = this;
    this.startedAt = now;
    if (this.method.script !== null) return this.perform(this.method.script);
    const address = checkAddress(server, this.port);
    if (address === null) return this.finish({ status: CheckStatus.socketError, code: 0, info: "" });
    this.probe = this.method.probe(server);
    const tls = server.checkTls as TlsClient | null;
    const silent =
      this.probe === null && tls === null && !server.model.check.viaSocks4 && !checkSendsProxy(server.model);
    const conn = connectCheck(this, address, this.options, silent, tls, server.model.check.sni, this.socks());
    if (typeof conn === "number") {
      // The kernel would not even try.
      logRefusal(server.backend, -conn);
      // Paths are told apart in HAProxy.
      const status = address.family === AF_UNIX ? CheckStatus.socketError : CheckStatus.l4con;
      return this.finish({ status, code: 0, info: refusalText(-conn) });
    }
    this.conn = conn;
    this.ctx.wheel.arm(this, now + this.limit());
    if (address.family === AF_UNIX) conn.connected();
  }

  private perform(script: Script): void {
    const { server, options, neverLocal, ctx } = this;
    this.run = new ScriptRun(this, script, server, options, neverLocal, ctx.process);
    this.run.start();
  }

  allow(what: "connect" | "answer"): void {
    const { check } = this.server.backend.model.timeouts;
    if (what === "connect") this.ctx.wheel.arm(this, this.ctx.clock.now + this.limit());
    else if (check > 0) this.ctx.wheel.arm(this, this.ctx.clock.now + check);
  }

  target(port: number, addr: ConnectStep["addr"]): SockAddr | null {
    const { server } = this;
    if (addr === null) return checkAddress(server, port || this.port);
    const to = port || addr.port || this.port || servicePort(server);
    return to === 0 ? null : ipSockAddr(addr.ip.includes(":") ? 6 : 4, addr.ip, to);
  }

  onCheckConnect(): void {
    const { probe } = this;
    const conn = this.conn!;
    const proxy = proxyLine(this.server.model, this.ends(conn), this.neverLocal);
    if (proxy !== null) conn.write(proxy, 0, proxy.length);
    if (probe === null) {
      const status = conn.secure ? CheckStatus.l6ok : CheckStatus.l4ok;
      return this.finish({ status, code: 0, info: "" });
    }
    const { check } = this.server.backend.model.timeouts;
    if (check > 0) this.ctx.wheel.arm(this, this.ctx.clock.now + check);
    probe.agree?.(conn.secure ? tlsSocket(conn.socket!).alpnProtocol || null : null);
    const { request } = probe;
    if (request !== null) conn.write(request, 0, request.length);
  }

  onSocksFailed(why: SocksFailure): void {
    this.finish({ status: CheckStatus.socketError, code: 0, info: socksFailures[why] });
  }

  onCheckRefused(why: ClientFailure): void {
    this.finish({ status: CheckStatus.l6rsp, code: 0, info: failureTexts[why] });
  }

  onCheckData(chunk: Buffer): void {
    const { probe } = this;
    if (probe === null) return;
    this.received = this.received.length === 0 ? chunk : Buffer.concat([this.received, chunk]);
    const full = this.received.length >= MAX_ANSWER;
    if (full) this.received = this.received.subarray(0, MAX_ANSWER);
    const verdict = probe.read(this.received, full);
    if (verdict !== null) this.finish(verdict);
  }

  onCheckEnd(): void {
    const { probe } = this;
    if (probe === null) return;
    this.finish(probe.read(this.received, true)!);
  }

  onCheckClose(error: Error | undefined): void {
    const { conn, probe } = this;
    // A connection that does not stand yet is refused, not reset, so this one stood, though nothing was heard of it.
    const code = (error as NodeJS.ErrnoException | undefined)?.code;
    const stood = conn!.established || (conn!.secure && code === "ECONNRESET");
    if (stood && !conn!.shaken) return this.onCheckRefused("handshake");
    if (error === undefined && probe !== null && conn!.established) return this.onCheckEnd();
    const status = conn!.established ? CheckStatus.socketError : CheckStatus.l4con;
    this.finish({ status, code: 0, info: errorText(error) });
  }

  /** `check-via-socks4`, or what a step says. */
  socks(via = this.server.model.check.viaSocks4): SockAddr | null {
    const { socks4 } = this.server.model;
    return via && socks4 !== null ? sockAddr(socks4) : null;
  }

  /** The port that rules or the runtime API ask for; 0 = as the server's line says. */
  private get port(): number {
    const { shared, slot } = this.server;
    return shared.getState(slot, S.checkPort) || this.method.port;
  }

  /** Through a proxy, the far end is where the server is. */
  private ends({ socket }: CheckConn): Ends {
    if (socket === null) return {};
    if (this.socks() === null) return socket;
    const to = readAddress(this.server.shared, this.server.slot) ?? this.server.model.address;
    const { localAddress, localPort } = socket;
    const { addr, port } = this.server.model.check;
    const own = to?.kind === "ip" ? to : null;
    return {
      localAddress,
      localPort,
      remoteAddress: addr ?? own?.ip,
      remotePort: this.port || port || own?.port,
    };
  }

  private timeoutStatus(): Verdict["status"] {
    return this.probe?.timeoutStatus ?? CheckStatus.l7timeout;
  }

  finish(verdict: Verdict): void {
    this.release();
    const { now } = this.ctx.clock;
    this.health.report(this.server, verdict, Math.max(0, now - this.startedAt));
    this.due = now + this.jittered(interval(this.server));
    // Whoever heard the report may have stopped this task.
    if (this.active) this.sleep(now);
  }

  private release(): void {
    const { conn, program, run } = this;
    this.conn = null;
    this.run = null;
    run?.cancel();
    this.program = null;
    program?.cancel();
    this.probe = null;
    this.received = NOTHING;
    conn?.cancel();
  }

  /** The interval, up to `spread-checks` percent shorter or longer. */
  private jittered(ms: number): number {
    const range = Math.floor((ms * this.spread) / 100);
    return range === 0 ? ms : ms + range - Math.floor(2 * range * Math.random());
  }
}

function connectOptions({ model, backend }: Server): ConnectOptions {
  const source = model.source ?? backend.model.source;
  const { namespace: name } = model;
  if (source === null && name === null) return DEFAULT_CONNECT_OPTIONS;
  const namespace = name === null ? -1 : openNamespace(name);
  if (source === null) return { ...DEFAULT_CONNECT_OPTIONS, namespace };
  const { ip } = source;
  return {
    ...DEFAULT_CONNECT_OPTIONS,
    source: ip === null ? null : ipSockAddr(ip.includes(":") ? 6 : 4, ip, source.port),
    interface: source.interface,
    namespace,
  };
}

/** Where checks go (manual section 5.2, `addr`, `port`); null = nowhere: no address is known, or no port. */
function checkAddress(server: Server, port: number): SockAddr | null {
  const { model, shared, slot } = server;
  const at: Address | null = readAddress(shared, slot) ?? model.address;
  const { addr } = model.check;
  if (addr === null && at !== null && at.kind !== "ip") return sockAddr(at);
  const own = at?.kind === "ip" ? at.port : 0;
  const to = port || model.check.port || own;
  if (to === 0) return null;
  if (addr !== null) return ipSockAddr(addr.includes(":") ? 6 : 4, addr, to);
  return at?.kind === "ip" ? ipSockAddr(at.family, at.ip, to) : null;
}

/** Port of the server's checks. */
function servicePort({ model, shared, slot }: Server): number {
  const at: Address | null = readAddress(shared, slot) ?? model.address;
  return model.check.port || (at?.kind === "ip" ? at.port : 0);
}

/** The C library's words for what Bun reports. */
function errorText(error: Error | undefined): string {
  const errno = (error as NodeJS.ErrnoException | undefined)?.errno;
  return errno === undefined ? "" : strerror(errno);
}
