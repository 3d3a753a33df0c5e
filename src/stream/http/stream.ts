import type { Algorithm } from "../../codec/compress/algorithms.ts";
import { Edits } from "../../codec/h1/edits.ts";
import { type HeadLimits, Method } from "../../codec/h1/flags.ts";
import { HeadBuilder } from "../../codec/h1/build.ts";
import { Head } from "../../codec/h1/head.ts";
import { findQueryParam } from "../../balance/keys.ts";
import type { Mode } from "../../config/model.ts";
import { type LevelName, NEVER } from "../../log/record.ts";
import type { ServerSide } from "../../server/side.ts";
import { Persistence } from "../../server/cookies.ts";
import type { H2Owner, ServerExchange } from "../../server/h2/exchange.ts";
import type { ServerPool } from "../../server/pool.ts";
import type { Server } from "../../proxy/server.ts";
import type { Answer, RuleStream } from "../../rules/types.ts";
import { clock } from "../../util/clock.ts";
import { Phase } from "../phase.ts";
import type { StreamRuntime } from "../runtime.ts";
import { Stream } from "../stream.ts";
import { clientEnded, clientGone, clientLeft, clientReset, clientTimedOut, shutDown } from "./abort.ts";
import { refuse, reply } from "./answer.ts";
import { contentExpired, contentWaitExpired, startContent } from "./content.ts";
import { Body } from "./body.ts";
import { sendHit } from "./cache/send.ts";
import { StreamCache } from "./cache/state.ts";
import { watchUpload } from "./deadlines.ts";
import { downloadResumed } from "./download.ts";
import { countLoss, serverEnded, serverLost, serverTimedOut } from "./failure.ts";
import { leftServer, preferredServer, redirectToServer } from "./persist.ts";
import type { BodyFilter } from "./filter.ts";
import { forget } from "./forget.ts";
import { receive } from "./receive.ts";
import { receiveHead, receiveMalformed, receivePayload } from "./receive-h2.ts";
import { refusedRetry, repeat } from "./retry.ts";
import { analyseRequest, routeRequest } from "./request.ts";
import { resumeContent, resumeResponse } from "./response.ts";
import { headerOf, uriOf } from "./line.ts";
import { joinNew, reuseConn, speaksH2 } from "./reuse.ts";
import { HttpSamples } from "./samples.ts";
import { sendRequest } from "./send-request.ts";
import type { HttpSettings } from "./settings.ts";
import type { HttpSide } from "./side.ts";
import { Step } from "./step.ts";
import { spliceDownload, spliceUpload } from "./splice.ts";
import {
  tunnelClientData,
  tunnelClientDrain,
  tunnelClientEnded,
  tunnelClientGone,
  tunnelServerData,
  tunnelServerDrain,
  tunnelServerEnded,
  tunnelServerLost,
  tunnelTimedOut,
} from "./tunnel.ts";
import { uploadBody } from "./upload.ts";
import { waitExpired } from "./wait.ts";

/** Streams are reused: an idle client connection holds none, a busy one allocates none. */
const free: HttpStream[] = [];
const FREE_MAX = 1024;

/**
 * One HTTP exchange: its state, and which file handles what happens to it.
 *
 *     client: request.ts (head), upload.ts (body), abort.ts (it leaves), send-response.ts
 *     server: send-request.ts, receive.ts (heads), response.ts, download.ts (body), failure.ts (it fails), retry.ts
 *     both:   tunnel.ts, deadlines.ts, answer.ts (our own answers), finish.ts (the end)
 */
export class HttpStream extends Stream implements H2Owner {
  readonly mode: Mode = "http";
  declare client: HttpSide;
  readonly req = new Head();
  readonly res = new Head();
  readonly reqEdits = new Edits();
  readonly resEdits = new Edits();
  readonly reqBody = new Body();
  readonly resBody = new Body();
  readonly persistence = new Persistence();
  /** Place of the line of `http-send-name-header` among the added headers, -1 = none yet. */
  nameSlot = -1;
  http: HttpSettings;

  readingHead = true;
  /** The whole request was received. */
  requestDone = false;
  /** Request bytes that wait for a server connection, or that were sent and may be sent again: head, then body. */
  bodyBuf: Buffer | null = null;
  bodyStart = 0;
  bodyEnd = 0;
  /** More of the request than is held was sent: it cannot be repeated. */
  spent = false;
  /** The edits every server of the backend gets were made. */
  prepared = false;
  /** The head of the request was handed to the server connection. */
  sent = false;
  /** Connection kept after this exchange, on each side. */
  clientKeep = false;
  serverKeep = false;
  /** Head of the final response received. */
  responded = false;
  /** The head of an answer went to the client: no other answer can follow. */
  answered = false;
  responseDone = false;
  /** Bytes of an incomplete response head. */
  resHeld: Buffer | null = null;
  resHeldEnd = 0;
  /** Interim responses that wait for what came with them to be read, how many, and their bytes as they are counted; null = none. */
  interim: Buffer | null = null;
  interimCount = 0;
  interimBytes = 0;
  /** Bytes go both ways as they are: after 101, or an accepted CONNECT. */
  tunnel = false;
  /** Made for a connection that never sent a byte. */
  probe = false;
  logged = false;
  /** Stable code of why the request was refused; "" = it was not. */
  reason = "";
  /** The request line as it is logged. */
  line: string | null = null;
  /** The server that its bytes are counted on. */
  billed: Server | null = null;
  /** The request went over a connection that had served before: it may have been stale. */
  reusedConn = false;
  /** The next attempt takes a new connection. */
  noReuse = false;
  /** The client reset its connection while a server was at work, or was looked for; counted at the end. */
  deserted = false;
  /** When a tunnel last moved a byte. */
  active = 0;
  heardClient = 0;
  heardServer = 0;

  /** Where it waits between its analysers (step.ts). */
  step: number = Step.none;
  /** Rules about the content of the response run. */
  inContent = false;
  /** Those about the content of the request do. */
  inRequestContent = false;
  /** The frontend's rules about content have let the request pass: it is one. */
  begun = false;
  /** They wait for its head, until then (epoch ms). */
  contentUntil = 0;
  /** It waits for the body of a message, until this time (epoch ms, 0 = none). */
  gathering = false;
  waitUntil = 0;
  /** How a tarpitted request will be refused. */
  tarpitStatus = 0;
  tarpitAnswer: ((stream: RuleStream) => Answer) | null = null;
  /** The content coding the client gets when the response allows it, chosen from the request; null = none. */
  coding: Algorithm | null = null;
  /** What the body of the response goes through; null = nothing. */
  resFilter: BodyFilter | null = null;
  /** It then goes on in chunks. */
  resFilterChunked = false;
  /** The same for the request. */
  reqFilter: BodyFilter | null = null;
  /** The coding that was applied to the response, kept for the log. */
  compressed: Algorithm | null = null;
  /** Payload of a response whose rules wait. */
  resWaiting: Buffer | null = null;
  /** Payload that came with the head of a response, for its rules; null = they do not look at this one. */
  resChunk: Buffer | null = null;
  resFrom = 0;
  resTo = 0;
  /** The body lost its length to a rule: it goes on in chunks. */
  reqRechunk = false;
  /** Rules changed what frames the request, and it was only prepared for HTTP/2, which does not mind. */
  unframed = false;
  resRechunk = false;
  /** The client asked by HEAD what the server was asked by another method: it gets no body. */
  mute = false;
  /** `http-request disable-l7-retry`. */
  once = false;
  /** Where heads that come by HTTP/2 are built; null until the first. */
  private reqArea: HeadBuilder | null = null;
  private resArea: HeadBuilder | null = null;
  /** What caches know of it; null = no rule asked one. */
  cache: StreamCache | null = null;
  private ownCache: StreamCache | null = null;
  /** What rules see of it; null until the first rule. */
  samples: HttpSamples | null = null;
  /** Answered by a rule. */
  byRule = false;
  /** Set by a rule; null = as usual. */
  logLevel: LevelName | "silent" | null = null;

  static acquire(rt: StreamRuntime, client: HttpSide): HttpStream {
    const stream = free.pop();
    // A process has one runtime, but for tests and explanations.
    if (stream === undefined || stream.rt !== rt) return new HttpStream(rt, client);
    stream.client = client;
    stream.listener = client.listener;
    stream.frontend = client.listener.frontend;
    stream.http = stream.frontend.http as HttpSettings;
    return stream;
  }

  constructor(rt: StreamRuntime, client: HttpSide) {
    super(rt, client);
    this.http = this.frontend.http as HttpSettings;
  }

  /** Forgets the exchange and makes the object available. Nothing may refer to it any more. */
  recycle(): void {
    forget(this);
    if (free.length < FREE_MAX) free.push(this);
  }

  /** `since`: when the client began to be idle; `firstByte`: 0 when nothing came at all. */
  begin(since: number, firstByte: number): void {
    this.phase = Phase.request;
    this.readingHead = true;
    this.accepted = since;
    this.firstByte = firstByte;
    this.tHandshake = 0;
    const { session } = this.client.conn;
    if (session === null || this.client.requests > 1) this.tIdle = firstByte === 0 ? 0 : firstByte - since;
    else {
      this.accepted = session.accepted;
      this.tHandshake = session.ready - session.accepted;
      this.tIdle = firstByte === 0 ? 0 : firstByte - session.ready;
    }
    this.backendName = this.frontend.name;
  }

  // ---- what happens at the client, as HttpClient tells it

  onRequestHead(buf: Buffer, at: number, end: number): void {
    this.readingHead = false;
    this.requestEnd = clock.now;
    this.client.expire(0);
    analyseRequest(this, buf, at, end);
  }

  onRequestBody(chunk: Buffer, start: number, end: number): void {
    uploadBody(this, chunk, start, end);
  }

  onTunnelData(chunk: Buffer): void {
    tunnelClientData(this, chunk);
  }

  /** There is no request to answer: malformed, too slow, or never begun. */
  refuse(status: number): void {
    refuse(this, status);
  }

  onClientDrain(): void {
    if (this.tunnel) tunnelClientDrain(this);
    else if (this.sendsHit) sendHit(this);
    else {
      downloadResumed(this);
      spliceDownload(this);
    }
  }

  onClientTimeout(): void {
    clientTimedOut(this);
  }

  /** FIN of the client. */
  onClientEnd(): void {
    if (this.tunnel) tunnelClientEnded(this);
    else clientEnded(this);
  }

  onClientGone(error: Error | undefined): void {
    if (this.phase === Phase.done) return;
    if (this.sendsHit) clientLeft(this);
    else if (this.tunnel) tunnelClientGone(this, error);
    else clientGone(this, error);
  }

  /** The client took its request back (RST_STREAM), or its connection is gone with all that was on it. */
  onClientReset(): void {
    // As in HAProxy, where it is noticed while data is forwarded.
    if (this.phase !== Phase.done) clientReset(this);
  }

  requestArea(): HeadBuilder {
    return (this.reqArea ??= new HeadBuilder());
  }
  responseArea(): HeadBuilder {
    return (this.resArea ??= new HeadBuilder());
  }

  /** The request asks for a tunnel. */
  get connects(): boolean {
    return this.req.method === Method.CONNECT;
  }

  // ---- what happens at the server

  reuse(pool: ServerPool, sni: string | null): ServerSide | null {
    return reuseConn(this, pool, sni);
  }

  onServerOpen(conn: ServerSide): void {
    this.serverConn = conn.h2 === null && this.rt.h2 && speaksH2(conn.conn) ? joinNew(this, conn.conn) : conn;
    sendRequest(this, this.serverConn);
    // One that was used before; a new one is established later.
    if (this.phase === Phase.connected) startContent(this);
  }

  onEstablished(): void {
    this.expire(0);
    if (!this.sent) return;
    watchUpload(this);
    if (!startContent(this)) return;
    spliceUpload(this);
  }

  onServerData(conn: ServerSide, buf: Buffer, start: number, end: number): void {
    if (this.phase === Phase.connecting) {
      this.established();
      // Rules may have ended it.
      if (this.serverConn === null) return;
    }
    if (this.tunnel) tunnelServerData(this, conn, buf.subarray(start, end));
    else receive(this, conn, buf, start, end);
  }

  onServerDrain(conn: ServerSide): void {
    if (this.phase === Phase.connecting) {
      if (!conn.established) return;
      this.established();
    }
    if (this.tunnel) {
      tunnelServerDrain(this);
      return;
    }
    if (!this.requestDone) {
      if (spliceUpload(this)) return;
      this.client.resume();
    }
    watchUpload(this);
  }

  onServerHead(exchange: ServerExchange): void {
    receiveHead(this, exchange);
  }

  onServerPayload(
    exchange: ServerExchange,
    buf: Buffer,
    start: number,
    end: number,
    last: boolean,
    trailers: Buffer | null,
  ): void {
    receivePayload(this, exchange, buf, start, end, last, trailers);
  }

  onServerMalformed(_exchange: ServerExchange, reason: string): void {
    receiveMalformed(this, reason);
  }

  responseLimits(): HeadLimits {
    const relaxed = (this.backend!.http as HttpSettings).acceptInvalidResponse;
    return relaxed ? this.rt.relaxedH2Limits : this.rt.h2Limits;
  }

  onServerEnd(conn: ServerSide): void {
    if (this.tunnel) tunnelServerEnded(this);
    else serverEnded(this, conn);
  }

  onServerLost(conn: ServerSide, error: Error | undefined): void {
    if (this.tunnel) tunnelServerLost(this, error);
    else if (conn.h2 !== null && conn.h2.refused && refusedRetry(this)) repeat(this);
    else {
      countLoss(this, error);
      serverLost(this, error, conn.h2 === null && (error !== undefined || conn.conn.broken));
    }
  }

  onNoServer(): void {
    reply(this, 503);
  }

  onExpire(now: number): void {
    if (this.tunnel) tunnelTimedOut(this, now);
    else if (this.step === Step.responseContent) contentWaitExpired(this);
    else if (this.step !== Step.none) waitExpired(this);
    else if (this.contentUntil > 0 && now >= this.contentUntil) contentExpired(this);
    else serverTimedOut(this);
  }

  shutdown(cause: string): void {
    shutDown(this, cause);
  }

  /** Goes on where it waits between its analysers; no effect when it does not. The stream may be over afterwards. */
  wake(): void {
    const { step } = this;
    if (step === Step.none) return;
    this.step = Step.none;
    if (step < Step.responseContent) {
      // The request is complete only now, as the log sees it.
      this.requestEnd = clock.now;
      routeRequest(this, step);
    } else if (step === Step.responseContent) {
      resumeContent(this);
    } else {
      resumeResponse(this, step);
    }
  }

  /** The body of an object of a cache is on its way. */
  get sendsHit(): boolean {
    return this.cache !== null && this.cache.hit !== null && this.answered;
  }

  cacheState(): StreamCache {
    return (this.cache ??= this.ownCache ??= new StreamCache());
  }

  /** The side of it that rules work with. */
  rules(): HttpSamples {
    return (this.samples ??= new HttpSamples(this));
  }

  sampleContext(): HttpSamples {
    return this.rules();
  }

  // ---- log and balance

  override get requestLine(): string | null {
    return this.line;
  }

  override stamp(now: number): void {
    super.stamp(now);
    if (this.backend === null && !this.byRule) this.tRequest = NEVER;
  }

  override get terminationState(): string {
    // A `listen` is its own backend from the first rule on; what is no request has none.
    const first = this.readingHead ? null : this.http.cookie;
    const cookie = this.backend === null ? first : (this.backend.http as HttpSettings).cookie;
    return `${this.termCause}${this.termState}${cookie?.logged !== true ? "--" : this.persistence.flags}`;
  }

  override intercept(server: Server): boolean {
    return server.model.redir !== null && redirectToServer(this, server);
  }

  override lastServer(): Server | null {
    const wanted = (this.backend!.http as HttpSettings).preferLast || this.client.own?.sticky === true;
    if (!wanted || this.failed !== null) return null;
    return preferredServer(this.client, this.backend!);
  }

  override onRedispatch(): void {
    leftServer(this);
  }

  override uri(): string | null {
    return uriOf(this);
  }
  override header(name: string): string | null {
    return headerOf(this, name);
  }
  override urlParam(name: string): string | null {
    return findQueryParam(uriOf(this), name);
  }
}
