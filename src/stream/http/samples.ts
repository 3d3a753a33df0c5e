import type { Cache } from "../../cache/cache.ts";
import type { Edits } from "../../codec/h1/edits.ts";
import { Method, methodNames } from "../../codec/h1/flags.ts";
import type { Head } from "../../codec/h1/head.ts";
import { methodText, targetText } from "../../codec/h1/view.ts";
import type { Mode } from "../../config/model.ts";
import type { ConnectionFacts, ServerSideFacts, Trailers } from "../../expr/context.ts";
import type { TlsSession } from "../../net/tls/session.ts";
import type { VariableStore } from "../../expr/variables.ts";
import { BAD_REQUEST, type LevelName } from "../../log/record.ts";
import type { Backend } from "../../proxy/backend.ts";
import type { Frontend, Listener } from "../../proxy/frontend.ts";
import type { Server } from "../../proxy/server.ts";
import type { TcpRuleStream } from "../../rules/tcp/types.ts";
import type { HttpFlowStream, Side } from "../../rules/flow/types.ts";
import type { Answer, RuleStream } from "../../rules/types.ts";
import type { Tracking } from "../../table/tracking.ts";
import { clock } from "../../util/clock.ts";
import { changeEndpoint, type Endpoint } from "../endpoint.ts";
import { Framing } from "../../codec/h1/framing.ts";
import { ClientFacts, serverFacts } from "../facts.ts";
import { Phase } from "../phase.ts";
import { storeCapture } from "../capture.ts";
import { trackedBy, trackingOf } from "../track.ts";
import { BaseSamples } from "../samples.ts";
import { StreamVariables } from "../variables.ts";
import { UNSET } from "../timeout.ts";
import { saveResponse } from "./cache/save.ts";
import { useCache } from "./cache/use.ts";
import { drop } from "./drop.ts";
import { refuseResponse } from "./content.ts";
import { HeldPayload, pendingOf, trailersOf } from "./held.ts";
import { earlyHint } from "./hint.ts";
import { countRewrite, failByRule } from "./rewrite.ts";
import { authenticateByRule, denyByRule, interceptByRule, refuseByRule } from "./rule-answer.ts";
import type { HttpStream } from "./stream.ts";
import { tarpit, waitForRequestBody, waitForResponseBody } from "./wait.ts";

/**
 * The samples of one HTTP exchange, and what its rules may do to it. Made for the first rule a stream meets and kept with the
 * stream object, so that configurations without rules pay nothing; nothing is read before an expression asks for it.
 */
export class HttpSamples extends BaseSamples implements HttpFlowStream, TcpRuleStream {
  override readonly mode: Mode = "http";
  strict = true;
  /** http-after-response rules run: there is no other answer to give. */
  inAfter = false;
  /** The head of the request cannot be asked any more: as in HAProxy, when the tarpit is over. */
  headGone = false;
  /** An answer takes the response's place: as in HAProxy, its formats find nothing of that any more. */
  replaced = false;
  /** Nothing came from a server: what http-after-response rules see was written here. */
  ownAnswer = false;
  /** The body of that answer while the rules look at it. */
  answerBody: Buffer | null = null;
  override serial = 0;
  /** A rule about content ends the server's connection. */
  serverClosed = false;
  private readonly scopes = new StreamVariables();
  private readonly heldRequest = new HeldPayload();
  private readonly heldResponse = new HeldPayload();

  constructor(readonly record: HttpStream) {
    super(record.rt);
  }

  /** Forgets the exchange. */
  reset(): void {
    this.scopes.reset();
    this.heldRequest.clear();
    this.heldResponse.clear();
    this.lastRule = null;
    this.waitingRule = -1;
    this.strict = true;
    this.headGone = false;
    this.replaced = this.ownAnswer = false;
    this.serial++;
  }

  override wake(): void {
    this.record.wake();
  }

  /** The scope `req` ends and `res` begins: with the response, with an answer of our own, or with the log line. */
  startResponse(): void {
    this.scopes.startResponse();
  }

  // ---- what rules do

  override deny(status: number, answer: Answer | null): void {
    denyByRule(this.record, status, answer);
  }

  override intercept(status: number, answer: Answer | null): void {
    interceptByRule(this.record, status, answer);
  }

  override announce(status: number): void {
    this.record.status = status;
    this.replaced = true;
  }

  override invalid(): void {
    refuseByRule(this.record);
  }

  override authenticate(realm: string): void {
    authenticateByRule(this.record, realm);
  }

  tarpit(status: number, answer: ((stream: RuleStream) => Answer) | null): void {
    tarpit(this.record, status, answer);
  }

  waitForBody(time: number, atLeast: number, again: boolean): number {
    const { record } = this;
    return record.responded
      ? waitForResponseBody(record, time, atLeast, again)
      : waitForRequestBody(record, time, atLeast, again);
  }

  get bufferSize(): number {
    return this.record.rt.global.bufsize;
  }

  rewriteFailed(): boolean {
    countRewrite(this.record);
    if (!this.strict || this.inAfter) return false;
    failByRule(this.record);
    return true;
  }

  earlyHint(lines: string): void {
    earlyHint(this.record, lines);
  }

  useCache(cache: Cache): void {
    useCache(this.record, cache);
  }

  saveResponse(cache: Cache): void {
    saveResponse(this.record, cache);
  }

  get cacheName(): string | null {
    const { cache } = this.record;
    return cache === null || cache.source === null ? null : cache.source.name;
  }

  disableRetry(): void {
    this.record.once = true;
  }

  setTimeout(which: "server" | "tunnel", time: number): void {
    if (which === "server") this.record.ownServerTimeout = time;
    else this.record.ownTunnelTimeout = time;
  }

  drop(silent: boolean): void {
    if (this.record.inContent) refuseResponse(this.record);
    else drop(this.record, silent);
  }

  closeServer(): void {
    this.serverClosed = true;
  }

  /** It is http already. */
  switchMode(): void {}

  expectHeader(): void {}

  setAddress(side: Side, address: Uint8Array): void {
    this.record[side] = changeEndpoint(side === "source" ? this.from : this.to, address, -1);
  }

  setPort(side: Side, port: number): void {
    this.record[side] = changeEndpoint(side === "source" ? this.from : this.to, null, port);
  }

  override setPriority(priorityClass: number | null, offset: number | null): void {
    const { record } = this;
    if (priorityClass !== null) record.queueClass = priorityClass;
    if (offset !== null) record.queueOffset = offset;
  }

  setMark(mark: number): void {
    this.record.client.conn.setMark(mark);
  }

  setTos(tos: number): void {
    this.record.client.conn.setTos(tos);
  }

  override setLogLevel(level: LevelName | "silent"): void {
    this.record.logLevel = level;
  }

  // ---- who and where

  get tracked(): Tracking | null {
    return trackedBy(this.record);
  }
  tracking(): Tracking {
    return trackingOf(this.record);
  }

  get hasStream(): boolean {
    return !this.record.readingHead;
  }

  override get clientTls(): TlsSession | null {
    return this.record.client.conn.tls;
  }
  override get serverTls(): TlsSession | null {
    return this.record.serverConn?.tls ?? null;
  }
  get frontend(): Frontend {
    return this.record.frontend;
  }
  get listener(): Listener {
    return this.record.listener;
  }
  override get backend(): Backend | null {
    return this.record.backend;
  }
  override get server(): Server | null {
    return this.record.server;
  }
  override get priorityClass(): number {
    return this.record.queueClass;
  }
  override get priorityOffset(): number {
    return this.record.queueOffset;
  }
  override get source(): Uint8Array | null {
    return this.record.clientAddressBytes();
  }
  override get sourcePort(): number {
    return this.record.clientPort;
  }
  override get destinationPort(): number {
    return this.record.frontendPort;
  }
  protected get from(): Endpoint {
    return this.record.source ?? this.record.client.source;
  }
  protected get to(): Endpoint {
    return this.record.destination ?? this.record.client.destination;
  }
  protected get connectionFrom(): Endpoint {
    return this.record.client.connectionSource;
  }
  protected get connectionTo(): Endpoint {
    return this.record.client.connectionDestination;
  }
  get client(): ConnectionFacts {
    return new ClientFacts(this.record.client.conn, this.record.client.h2 === null ? 1 : 2);
  }
  override get serverSide(): ServerSideFacts | null {
    return serverFacts(this.record, this.record.serverConn?.h2 == null ? 1 : 2);
  }

  // ---- messages

  /** Once the request was sent, or answered, HAProxy's buffer holds it no more. */
  override get reqHead(): Head | null {
    const { record } = this;
    return record.readingHead || record.sent || record.answered || this.headGone || this.inAfter ? null : record.req;
  }
  override get reqEdits(): Edits {
    return this.record.reqEdits;
  }
  override get resHead(): Head | null {
    return this.record.res.status > 0 && !this.replaced ? this.record.res : null;
  }
  override get resEdits(): Edits {
    return this.record.resEdits;
  }
  override reqBodyHeld(): Uint8Array | null {
    const { bodyBuf, bodyStart, bodyEnd, reqBody } = this.record;
    if (bodyBuf === null) return null;
    if (reqBody.framing === Framing.CHUNKED) return this.heldRequest.of(bodyBuf, bodyStart, bodyEnd);
    return bodyBuf.subarray(bodyStart, bodyEnd);
  }
  get reqBodyPending(): number {
    const { bodyBuf, bodyStart, bodyEnd, reqBody } = this.record;
    return bodyBuf === null || reqBody.framing !== Framing.CHUNKED ? 0 : pendingOf(bodyBuf, bodyStart, bodyEnd);
  }
  reqTrailers(): Trailers | null {
    const { bodyBuf, bodyStart, bodyEnd, reqBody } = this.record;
    return bodyBuf === null || reqBody.framing !== Framing.CHUNKED ? null : trailersOf(bodyBuf, bodyStart, bodyEnd);
  }
  resTrailers(): Trailers | null {
    const { resWaiting, resChunk, resFrom, resTo, resBody } = this.record;
    const held = resWaiting ?? resChunk;
    if (held === null || this.replaced || this.answerBody !== null || resBody.framing !== Framing.CHUNKED) return null;
    return resWaiting === null ? trailersOf(held, resFrom, resTo) : trailersOf(held, 0, held.length);
  }
  get messageComplete(): boolean {
    const { responded, requestDone, resBody } = this.record;
    return this.answerBody !== null || (responded ? resBody.done : requestDone);
  }
  get answerSize(): number {
    return this.answerBody === null ? -1 : this.answerBody.length;
  }
  override resBodyHeld(): Uint8Array | null {
    if (this.answerBody !== null) return this.answerBody;
    const { resWaiting, resChunk, resFrom, resTo, resBody } = this.record;
    const held = resWaiting ?? resChunk;
    if (held === null || this.replaced) return null;
    const [start, end] = resWaiting === null ? [resFrom, resTo] : [0, held.length];
    return resBody.framing === Framing.CHUNKED ? this.heldResponse.of(held, start, end) : held.subarray(start, end);
  }
  override get firstRequest(): boolean {
    return this.record.client.requests <= 1;
  }
  override get requestMethod(): string | null {
    const { record } = this;
    if (record.readingHead) return null;
    // Known methods are kept as received; of another one only the start line knows the name. HAProxy does not know PATCH.
    const { method: number } = record.req;
    const known = methodNames[number];
    if (known && number !== Method.PATCH) return known;
    if (this.reqHead === null) return null;
    const { method } = record.reqEdits;
    return method === undefined ? methodText(record.req) : method.toString("latin1");
  }
  override get requestVersion(): number {
    const { record } = this;
    return record.readingHead || record.line === BAD_REQUEST ? 0 : record.req.version;
  }
  override get responseVersion(): number {
    return this.record.responded && !this.ownAnswer ? this.record.res.version : 0;
  }
  override get statusCode(): number {
    const { record } = this;
    if (record.phase === Phase.done || this.replaced) return 0;
    const { status } = record.resEdits;
    if (status !== undefined) return Number(status.toString("latin1"));
    return record.res.status > 0 ? record.res.status : 0;
  }
  override get responseCompressed(): boolean {
    return this.record.compressed !== null;
  }
  override get responseCompression(): string | null {
    const { record } = this;
    return record.phase === Phase.done ? null : (record.compressed?.name ?? null);
  }
  override get receivedRequestLine(): string | null {
    const { req, readingHead, begun } = this.record;
    if (readingHead || !begun) return null;
    return `${methodText(req)} ${targetText(req)}`.slice(0, this.record.rt.global.logUriLen);
  }
  override uniqueIdText(): string | null {
    return this.record.readingHead ? null : this.record.identify();
  }
  override get requestCaptures(): readonly (string | null)[] | null {
    return this.record.requestCaptures;
  }
  override get responseCaptures(): readonly (string | null)[] | null {
    return this.record.responseCaptures;
  }
  override capture(side: "request" | "response", slot: number, text: string): boolean {
    return storeCapture(this.record, side, slot, text);
  }
  override rawRequest(): Uint8Array | null {
    const { req, bodyBuf, bodyStart, bodyEnd } = this.record;
    const head = req.buf.subarray(req.start, req.end);
    return bodyBuf === null ? head : Buffer.concat([head, bodyBuf.subarray(bodyStart, bodyEnd)]);
  }
  override rawResponse(): Uint8Array | null {
    const { res } = this.record;
    return res.status > 0 && !this.replaced ? res.buf.subarray(res.start, res.end) : null;
  }

  // ---- settings, times, sizes

  /** Those of the backend count from when the connection stands. */
  override get serverTimeout(): number {
    const { ownServerTimeout: own, backend, connectedAt } = this.record;
    return own !== UNSET ? own : connectedAt === 0 ? 0 : (backend?.model.timeouts.server ?? 0);
  }
  override get tunnelTimeout(): number {
    const { ownTunnelTimeout: own, backend, connectedAt } = this.record;
    return own !== UNSET ? own : connectedAt === 0 ? 0 : (backend?.model.timeouts.tunnel ?? 0);
  }
  override stampTimers(): void {
    this.record.stamp(clock.now);
  }

  variables(scope: "sess" | "txn" | "req" | "res" | "check"): VariableStore | null {
    return this.scopes.of(scope, this.record.client);
  }
}
