import { Head, parseRequest } from "../../codec/h1/head.ts";
import { methodText } from "../../codec/h1/view.ts";
import type { ConnectionFacts, ServerSideFacts } from "../../expr/context.ts";
import type { VariableStore } from "../../expr/variables.ts";
import { quietClose } from "../../ffi/quiet.ts";
import type { LevelName } from "../../log/record.ts";
import type { TlsSession } from "../../net/tls/session.ts";
import type { Backend } from "../../proxy/backend.ts";
import type { Frontend, Listener } from "../../proxy/frontend.ts";
import type { Server } from "../../proxy/server.ts";
import type { TcpRuleStream } from "../../rules/tcp/types.ts";
import type { Tracking } from "../../table/tracking.ts";
import { clock } from "../../util/clock.ts";
import { fdOf } from "../../net/fd.ts";
import { storeCapture } from "../capture.ts";
import { changeEndpoint, type Endpoint } from "../endpoint.ts";
import { ClientFacts, serverFacts } from "../facts.ts";
import { BaseSamples } from "../samples.ts";
import { trackedBy, trackingOf } from "../track.ts";
import { StreamVariables } from "../variables.ts";
import { heldRequest, heldResponse } from "./held.ts";
import type { TcpStream } from "./stream.ts";

let serials = 0;

/** The samples of one session in mode tcp, and what its rules may do to it. Made for the first rule a stream meets. */
export class TcpSamples extends BaseSamples implements TcpRuleStream {
  override readonly serial = ++serials;
  private head: Head | null = null;
  /** Bytes the head was parsed from, and what the parser told. */
  private parsed = 0;
  private complete = 0;
  private responding = false;
  private readonly scopes = new StreamVariables();

  constructor(readonly record: TcpStream) {
    super(record.rt);
  }

  get tracked(): Tracking | null {
    return trackedBy(this.record);
  }
  tracking(): Tracking {
    return trackingOf(this.record);
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
  override get clientTls(): TlsSession | null {
    return this.record.client.tls;
  }
  override get serverTls(): TlsSession | null {
    return this.record.serverConn?.tls ?? null;
  }
  get client(): ConnectionFacts {
    return new ClientFacts(this.record.client, 0);
  }
  override get serverSide(): ServerSideFacts | null {
    return serverFacts(this.record, 0);
  }
  override get priorityClass(): number {
    return this.record.queueClass;
  }
  override get priorityOffset(): number {
    return this.record.queueOffset;
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

  // ---- requests in the bytes, for HTTP samples in mode tcp

  /** Gone in rules about the response, which do not wait for one either. */
  override get reqHead(): Head | null {
    if (this.responding) return null;
    const bytes = heldRequest(this.record);
    if (bytes === null || bytes.length === 0) {
      if (!this.final) this.mayChange = true;
      return null;
    }
    const head = (this.head ??= new Head());
    // The same bytes are asked for by one sample after the other.
    if (this.parsed !== bytes.length) {
      this.parsed = bytes.length;
      head.reset();
      // A copy: the parser writes names in lower case, the server is to get what the client sent.
      const copy = Buffer.from(bytes);
      this.complete = parseRequest(head, copy, 0, copy.length, this.rt.requestLimits);
    }
    if (this.complete === 0 && !this.final) this.mayChange = true;
    return this.complete > 0 ? head : null;
  }
  override get requestMethod(): string | null {
    const head = this.responding && this.complete > 0 ? this.head : this.reqHead;
    return head === null ? null : methodText(head);
  }
  override get requestVersion(): number {
    return this.reqHead?.version ?? 0;
  }
  /** HAProxy reads no more than the head here. */
  override reqBodyHeld(): Uint8Array | null {
    return null;
  }

  override rawRequest(): Uint8Array | null {
    return heldRequest(this.record);
  }
  override rawResponse(): Uint8Array | null {
    return heldResponse(this.record);
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
  override uniqueIdText(): string | null {
    return this.record.identify();
  }
  override stampTimers(): void {
    this.record.stamp(clock.now);
  }

  variables(scope: "sess" | "txn" | "req" | "res" | "check"): VariableStore | null {
    return this.scopes.of(scope, this.record.client);
  }

  /** Those of the backend count from when the connection stands. */
  override get serverTimeout(): number {
    return this.record.connectedAt === 0 ? 0 : (this.backend?.model.timeouts.server ?? 0);
  }
  override get tunnelTimeout(): number {
    return this.record.connectedAt === 0 ? 0 : (this.backend?.model.timeouts.tunnel ?? 0);
  }

  /** The scope `req` ends and `res` begins. */
  startResponse(): void {
    this.responding = true;
    this.scopes.startResponse();
  }

  /** The stream ended: its variables count no more. */
  release(): void {
    this.scopes.reset();
  }

  // ---- what rules do

  drop(silent: boolean): void {
    if (silent) quietClose(fdOf(this.record.client.socket), this.from.bytes?.length === 16);
    this.record.denied(silent);
  }
  setAddress(side: "source" | "destination", address: Uint8Array): void {
    this.record[side] = changeEndpoint(side === "source" ? this.from : this.to, address, -1);
  }
  setPort(side: "source" | "destination", port: number): void {
    this.record[side] = changeEndpoint(side === "source" ? this.from : this.to, null, port);
  }
  override setLogLevel(level: LevelName | "silent"): void {
    this.record.logLevel = level;
  }
  setMark(mark: number): void {
    this.record.client.setMark(mark);
  }
  setTos(tos: number): void {
    this.record.client.setTos(tos);
  }
  override setPriority(priorityClass: number | null, offset: number | null): void {
    if (priorityClass !== null) this.record.queueClass = priorityClass;
    if (offset !== null) this.record.queueOffset = offset;
  }
  override wake(): void {
    this.record.wake();
  }
  expectHeader(): void {}
  closeServer(): void {
    this.record.closeServer();
  }
  switchMode(): void {
    this.record.upgrading = true;
  }
}
