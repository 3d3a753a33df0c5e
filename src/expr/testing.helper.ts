/** A context made of plain values, for tests and for evaluating expressions without a stream. */
import { Edits } from "../codec/h1/edits.ts";
import { ChunkScanner } from "../codec/h1/chunked.ts";
import { defaultLimits, TE_CHUNKED } from "../codec/h1/flags.ts";
import { Head, parseRequest, parseResponse } from "../codec/h1/head.ts";
import type { TlsSession } from "../net/tls/session.ts";
import type { Mode } from "../config/model.ts";
import { Diagnostics } from "../lang/diagnostic.ts";
import type { Backend } from "../proxy/backend.ts";
import type { Frontend, Listener } from "../proxy/frontend.ts";
import type { Server } from "../proxy/server.ts";
import { parseIp } from "../util/ip.ts";
import { compileExpression, type CompiledExpression, type CompileOptions, type Registries } from "./compile.ts";
import type { ConnectionFacts, ProcessFacts, SampleContext, ServerSideFacts } from "./context.ts";
import type { ConverterRow } from "./converter.ts";
import { fetches } from "./fetch/index.ts";
import type { CompileContext, Userlist } from "./fetch/types.ts";
import { parseExpression } from "./parse.ts";
import type { SampleType } from "./sample.ts";
import { VariableAccount, Variables, type VariableStore } from "./variables.ts";

const wide = { ...defaultLimits, maxBytes: 16 << 20, maxHeaders: 1000 };

/** The payload of a whole body. */
function payload(body: Buffer, chunked: boolean): Buffer {
  if (!chunked) return body;
  const scanner = new ChunkScanner(wide);
  scanner.scan(body, 0, body.length);
  const parts: Buffer[] = [];
  for (let i = 0; i < scanner.rangeCount; i++)
    parts.push(body.subarray(scanner.ranges[2 * i], scanner.ranges[2 * i + 1]));
  return Buffer.concat(parts);
}

export class PlainContext implements SampleContext {
  valueType: SampleType = "str";
  mayChange = false;
  final = true;
  now = 1_700_000_000_123;
  readonly account = new VariableAccount(0, null);
  readonly environment = new Map<string, string>();
  readonly process: ProcessFacts & { connections: number; stopping: boolean } = {
    hostname: "box",
    worker: 0,
    connections: 1,
    stopping: false,
    env: (name) => this.environment.get(name) ?? null,
    variables: new Variables(this.account),
  };
  mode: Mode = "http";
  frontend: Frontend | null = null;
  listener: Listener | null = null;
  backend: Backend | null = null;
  server: Server | null = null;
  source: Uint8Array | null = parseIp("192.0.2.1");
  sourcePort = 40000;
  destination: Uint8Array | null = parseIp("192.0.2.2");
  destinationPort = 80;
  connectionSource: Uint8Array | null = parseIp("192.0.2.3");
  connectionSourcePort = 40001;
  connectionDestination: Uint8Array | null = parseIp("192.0.2.4");
  connectionDestinationPort = 81;
  client: ConnectionFacts | null = null;
  serverSide: ServerSideFacts | null = null;
  reqHead: Head | null = null;
  readonly reqEdits: Edits = new Edits();
  resHead: Head | null = null;
  readonly resEdits: Edits = new Edits();
  requestBody: Uint8Array | null = null;
  responseBody: Uint8Array | null = null;
  firstRequest = true;
  requestMethod: string | null = null;
  requestVersion = 0;
  responseVersion = 0;
  statusCode = 0;
  responseCompressed = false;
  responseCompression: string | null = null;
  receivedRequestLine: string | null = null;
  requestCaptures: readonly (string | null)[] | null = null;
  responseCaptures: readonly (string | null)[] | null = null;
  uniqueId: string | null = null;
  rawIn: Uint8Array | null = null;
  rawOut: Uint8Array | null = null;
  clientTimeout = 0;
  serverTimeout = 0;
  tunnelTimeout = 0;
  priorityClass = 0;
  priorityOffset = 0;
  lastRule: { readonly file: string; readonly line: number } | null = null;
  tHandshake = 0;
  tIdle = 0;
  tRequest = -1;
  tQueue = -1;
  tConnect = -1;
  tResponse = -1;
  tData = -1;
  tActive = 0;
  tTotal = 0;
  bytesUploaded = 0;
  bytesRead = 0;
  clientTls: TlsSession | null = null;
  serverTls: TlsSession | null = null;
  readonly tracked: null = null;
  private readonly stores = new Map<string, VariableStore>();

  /** Parses the bytes of a request (latin1), body included. */
  request(text: string): this {
    const bytes = Buffer.from(text, "latin1");
    const head = new Head();
    const end = parseRequest(head, bytes, 0, bytes.length, wide);
    if (end <= 0) throw new Error(`not a request: ${end}`);
    this.reqHead = head;
    this.requestMethod = bytes.toString("latin1", head.start, head.methodEnd);
    this.requestVersion = head.version;
    this.receivedRequestLine = text.slice(0, text.indexOf("\r\n"));
    this.requestBody = end < bytes.length ? payload(bytes.subarray(end), (head.flags & TE_CHUNKED) !== 0) : null;
    return this;
  }

  response(text: string): this {
    const bytes = Buffer.from(text, "latin1");
    const head = new Head();
    const end = parseResponse(head, bytes, 0, bytes.length, wide);
    if (end <= 0) throw new Error(`not a response: ${end}`);
    this.resHead = head;
    this.statusCode = head.status;
    this.responseVersion = head.version;
    this.responseBody = end < bytes.length ? bytes.subarray(end) : null;
    return this;
  }

  reqBodyHeld(): Uint8Array | null {
    return this.requestBody;
  }
  resBodyHeld(): Uint8Array | null {
    return this.responseBody;
  }
  uniqueIdText(): string | null {
    return this.uniqueId;
  }
  rawRequest(): Uint8Array | null {
    return this.rawIn;
  }
  rawResponse(): Uint8Array | null {
    return this.rawOut;
  }
  stampTimers(): void {}
  variables(scope: "sess" | "txn" | "req" | "res" | "check"): VariableStore {
    let store = this.stores.get(scope);
    if (store === undefined) this.stores.set(scope, (store = new Variables(this.account)));
    return store;
  }
}

/** Finds nothing, unless told otherwise. */
export function plainCompileContext(found: Partial<CompileContext> = {}): CompileContext {
  return {
    frontend: null,
    backend: null,
    findFrontend: () => null,
    findBackend: () => null,
    findServer: () => null,
    findCache: () => null,
    findTable: () => null,
    findUserlist: (): Userlist | null => null,
    bufsize: 16384,
    ...found,
  };
}

export interface Compiled {
  readonly expression: CompiledExpression | null;
  readonly diagnostics: Diagnostics;
}

/** Parses and compiles; with `any phase` by default, so that a test need not care. */
export function compileText(
  text: string,
  options: Partial<CompileOptions> = {},
  cc: CompileContext = plainCompileContext(),
  converters: readonly ConverterRow[] = [],
): Compiled {
  const diagnostics = new Diagnostics();
  const parsed = parseExpression(text, { file: "test.cfg", line: 1, column: 1 }, diagnostics);
  if (parsed === null) return { expression: null, diagnostics };
  const registries: Registries = { fetches, converters: new Map(converters.map((row) => [row.name, row])) };
  const all: CompileOptions = { phase: "log", invalid: "warning", ...options };
  return { expression: compileExpression(parsed.expression, all, cc, registries, diagnostics), diagnostics };
}
