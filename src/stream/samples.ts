import { Edits } from "../codec/h1/edits.ts";
import type { Head } from "../codec/h1/head.ts";
import type { Mode } from "../config/model.ts";
import type { ConnectionFacts, ProcessFacts, ServerSideFacts, TrackedEntries } from "../expr/context.ts";
import type { SampleType } from "../expr/sample.ts";
import type { TlsSession } from "../net/tls/session.ts";
import type { VariableStore } from "../expr/variables.ts";
import type { LevelName } from "../log/record.ts";
import type { Backend } from "../proxy/backend.ts";
import type { Frontend, Listener } from "../proxy/frontend.ts";
import type { Server } from "../proxy/server.ts";
import type { Answer, RuleRecord, RuleStream } from "../rules/types.ts";
import type { Tracking } from "../table/tracking.ts";
import { clock } from "../util/clock.ts";
import type { Endpoint } from "./endpoint.ts";
import { processFacts } from "./process.ts";
import type { StreamRuntime } from "./runtime.ts";

/** Nobody edits a message that is not there. */
const NO_EDITS = new Edits();

/**
 * What rules and samples find everywhere: who and when, from the record. Of a message nothing is there, answers do not exist:
 * sessions (guard.ts), streams in mode tcp and HTTP exchanges add what they have.
 */
export abstract class BaseSamples implements RuleStream {
  valueType: SampleType = "str";
  mayChange = false;
  final = true;
  readonly mode: Mode = "tcp";
  lastRule: { readonly file: string; readonly line: number } | null = null;
  waitingRule = -1;
  readonly serial: number = 0;

  constructor(protected readonly rt: StreamRuntime) {}

  abstract readonly record: RuleRecord;
  abstract readonly tracked: TrackedEntries | null;
  abstract tracking(): Tracking;
  abstract readonly frontend: Frontend;
  abstract readonly listener: Listener;
  abstract readonly client: ConnectionFacts | null;
  /** The ends in force. */
  protected abstract readonly from: Endpoint;
  protected abstract readonly to: Endpoint;
  protected abstract readonly connectionFrom: Endpoint;
  protected abstract readonly connectionTo: Endpoint;
  abstract variables(scope: "sess" | "txn" | "req" | "res" | "check"): VariableStore | null;

  // ---- what rules do

  /** Ends it without an answer. */
  abstract drop(silent: boolean): void;
  abstract setAddress(side: "source" | "destination", address: Uint8Array): void;
  abstract setPort(side: "source" | "destination", port: number): void;
  abstract setMark(mark: number): void;
  abstract setTos(tos: number): void;
  setPriority(_priorityClass: number | null, _offset: number | null): void {}
  wake(): void {}
  get requestCaptures(): readonly (string | null)[] | null {
    return null;
  }
  get responseCaptures(): readonly (string | null)[] | null {
    return null;
  }
  capture(_side: "request" | "response", _slot: number, _text: string): boolean {
    return false;
  }
  setLogLevel(_level: LevelName | "silent"): void {}
  // Answers exist in mode http only.
  invalid(): void {
    this.drop(false);
  }
  authenticate(_realm: string): void {
    this.drop(false);
  }
  deny(_status: number, _answer: Answer | null): void {
    this.drop(false);
  }
  announce(_status: number): void {}
  intercept(_status: number, _answer: Answer | null): void {
    this.drop(false);
  }

  // ---- who and where

  get clientTls(): TlsSession | null {
    return null;
  }
  get serverTls(): TlsSession | null {
    return null;
  }
  get now(): number {
    return clock.now;
  }
  get process(): ProcessFacts {
    return processFacts(this.rt);
  }
  get backend(): Backend | null {
    return null;
  }
  get server(): Server | null {
    return null;
  }
  get priorityClass(): number {
    return 0;
  }
  get priorityOffset(): number {
    return 0;
  }
  get source(): Uint8Array | null {
    return this.from.bytes;
  }
  get sourcePort(): number {
    return this.from.port;
  }
  get destination(): Uint8Array | null {
    return this.to.bytes;
  }
  get destinationPort(): number {
    return this.to.port;
  }
  get connectionSource(): Uint8Array | null {
    return this.connectionFrom.bytes;
  }
  get connectionSourcePort(): number {
    return this.connectionFrom.port;
  }
  get connectionDestination(): Uint8Array | null {
    return this.connectionTo.bytes;
  }
  get connectionDestinationPort(): number {
    return this.connectionTo.port;
  }
  get serverSide(): ServerSideFacts | null {
    return null;
  }

  // ---- messages: none

  get reqHead(): Head | null {
    return null;
  }
  get reqEdits(): Edits {
    return NO_EDITS;
  }
  get resHead(): Head | null {
    return null;
  }
  get resEdits(): Edits {
    return NO_EDITS;
  }
  reqBodyHeld(): Uint8Array | null {
    return null;
  }
  resBodyHeld(): Uint8Array | null {
    return null;
  }
  get firstRequest(): boolean {
    return true;
  }
  get requestMethod(): string | null {
    return null;
  }
  get requestVersion(): number {
    return 0;
  }
  get responseVersion(): number {
    return 0;
  }
  get statusCode(): number {
    return 0;
  }
  get responseCompressed(): boolean {
    return false;
  }
  get responseCompression(): string | null {
    return null;
  }
  get receivedRequestLine(): string | null {
    return null;
  }
  uniqueIdText(): string | null {
    return null;
  }
  rawRequest(): Uint8Array | null {
    return null;
  }
  rawResponse(): Uint8Array | null {
    return null;
  }

  // ---- settings, times, sizes

  get clientTimeout(): number {
    return this.frontend.model.timeouts.client;
  }
  get serverTimeout(): number {
    return 0;
  }
  get tunnelTimeout(): number {
    return 0;
  }
  stampTimers(): void {}
  get tHandshake(): number {
    return this.record.tHandshake;
  }
  get tIdle(): number {
    return this.record.tIdle;
  }
  get tRequest(): number {
    return this.record.tRequest;
  }
  get tQueue(): number {
    return this.record.tQueue;
  }
  get tConnect(): number {
    return this.record.tConnect;
  }
  get tResponse(): number {
    return this.record.tResponse;
  }
  get tData(): number {
    return this.record.tData;
  }
  get tActive(): number {
    return this.record.tActive;
  }
  get tTotal(): number {
    return this.record.tTotal;
  }
  get bytesUploaded(): number {
    return this.record.bytesUploaded;
  }
  get bytesRead(): number {
    return this.record.bytesRead;
  }
}
