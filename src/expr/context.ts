import type { Edits } from "../codec/h1/edits.ts";
import type { Head } from "../codec/h1/head.ts";
import type { Mode } from "../config/model.ts";
import type { TlsSession } from "../net/tls/session.ts";
import type { Backend } from "../proxy/backend.ts";
import type { Frontend, Listener } from "../proxy/frontend.ts";
import type { Server } from "../proxy/server.ts";
import type { Table } from "../table/table.ts";
import type { SampleType } from "./sample.ts";
import type { VariableStore } from "./variables.ts";

/**
 * What an expression may ask of the stream, session or check it is evaluated for.
 *
 * Implemented by the streams of the engine and by a stand-alone object (`context.ts` of testing, `tlb explain`). Fields may
 * be getters: nothing is asked that the expression does not need. "null" always means "not there (yet)"; a fetch then
 * yields no sample. Bytes handed out belong to the stream: a fetch copies what it returns.
 */
export interface SampleContext {
  /**
   * Written by fetches and converters whose declared type is `any` (var(), json_query(), …) before they return a value, and
   * read by whoever consumes it: the type of that value. Every other expression leaves it alone.
   */
  valueType: SampleType;
  /**
   * Set by a fetch that found no sample, or one that is not final, because bytes are still missing. Whoever evaluates a rule
   * of tcp-request content clears it first and waits (inspect-delay) when it is set afterwards.
   */
  mayChange: boolean;
  /** No more bytes will come: the inspection delay is over, the buffer is full or the peer finished. */
  readonly final: boolean;

  /** Epoch milliseconds, the worker's cached clock. */
  readonly now: number;
  readonly process: ProcessFacts;
  /** False where there is a connection only: rules about it, and log lines of what became no request. Default true. */
  readonly hasStream?: boolean;
  /** Mode of the stream: tcp, or http once a head may be asked for. */
  readonly mode: Mode;

  // ---- who
  readonly frontend: Frontend | null;
  readonly listener: Listener | null;
  /** The backend chosen so far; the frontend's own name space has none before. */
  readonly backend: Backend | null;
  readonly server: Server | null;

  // ---- the client connection. Addresses are 4 or 16 bytes in network order, null on UNIX sockets and without a connection.
  /** Source and destination as rules see them: after a PROXY header, set-src and set-dst. */
  readonly source: Uint8Array | null;
  /** 0 when there is no address. */
  readonly sourcePort: number;
  readonly destination: Uint8Array | null;
  readonly destinationPort: number;
  /** Those of the connection itself (fc_src …): set-src and set-dst leave them alone; a PROXY header does not. */
  readonly connectionSource: Uint8Array | null;
  readonly connectionSourcePort: number;
  readonly connectionDestination: Uint8Array | null;
  readonly connectionDestinationPort: number;
  /** The rest of fc_*: null for what is not known of this connection. */
  readonly client: ConnectionFacts | null;

  // ---- the server connection, null before there is one.
  readonly serverSide: ServerSideFacts | null;

  // ---- HTTP. `reqHead` is null until a whole request head was received and parsed, and again once it was sent on; in mode tcp the
  // engine parses the first bytes when asked. `resHead` likewise.
  readonly reqHead: Head | null;
  readonly reqEdits: Edits;
  readonly resHead: Head | null;
  readonly resEdits: Edits;
  /** Payload held so far, chunk framing removed; null = none. Valid until the stream goes on. */
  reqBodyHeld(): Uint8Array | null;
  resBodyHeld(): Uint8Array | null;
  /** Bytes the chunk that was read last still lacks; absent = 0. */
  readonly reqBodyPending?: number;
  /** Trailers of a chunked body whose end is held; null before it, and of other bodies. */
  reqTrailers?(): Trailers | null;
  resTrailers?(): Trailers | null;
  /** The whole message that rules look at is held; absent = true. */
  readonly messageComplete?: boolean;
  /** Size of the body when the response was written here; -1 or absent: it comes from a server. */
  readonly answerSize?: number;
  /** The cache the response comes from; null or absent = none. */
  readonly cacheName?: string | null;
  /** First request of its connection. */
  readonly firstRequest: boolean;
  /** As received (in HAProxy 2.6 set-method does not change what `method` yields), kept until the end; null = no request. */
  readonly requestMethod: string | null;
  /** 11, 10 or 9 as Head.version, 0 = no request or response (yet). */
  readonly requestVersion: number;
  readonly responseVersion: number;
  /** Status of the response in force (after set-status), 0 = none yet. */
  readonly statusCode: number;
  /** The request line as received, before any rule, kept for capture.req.*; null when nothing captures it. */
  readonly receivedRequestLine: string | null;
  /** This program compresses the response; by which algorithm is known until the response is over. */
  readonly responseCompressed: boolean;
  readonly responseCompression: string | null;
  /** Slots of `capture request header`, null = none captured. */
  readonly requestCaptures: readonly (string | null)[] | null;
  readonly responseCaptures: readonly (string | null)[] | null;
  /** Text of unique-id-format, made at the first call; null = none configured. */
  uniqueIdText(): string | null;

  // ---- raw bytes held (req.len, req.payload, req.ssl_*, req.rdp_cookie …): what was received and not yet forwarded.
  rawRequest(): Uint8Array | null;
  rawResponse(): Uint8Array | null;

  // ---- settings in force of the stream, ms; 0 = none.
  readonly clientTimeout: number;
  readonly serverTimeout: number;
  readonly tunnelTimeout: number;
  /** set-priority-class and set-priority-offset. */
  readonly priorityClass: number;
  readonly priorityOffset: number;
  /** The rule that ended the evaluation of its ruleset: file and line, null = none. */
  readonly lastRule: { readonly file: string; readonly line: number } | null;

  // ---- durations, ms, -1 = not reached; see LogRecord. `stampTimers` brings them up to date with `now`.
  stampTimers(): void;
  readonly tHandshake: number;
  readonly tIdle: number;
  readonly tRequest: number;
  readonly tQueue: number;
  readonly tConnect: number;
  readonly tResponse: number;
  readonly tData: number;
  readonly tActive: number;
  readonly tTotal: number;
  /** Bytes that came from the client and went to it so far. */
  readonly bytesUploaded: number;
  readonly bytesRead: number;

  // ---- variables. Made when first needed; null where the scope does not exist (a check has no session).
  variables(scope: "sess" | "txn" | "req" | "res" | "check"): VariableStore | null;

  // ---- for later families: each brings its own interface.
  /** TLS of the client's connection and of the server's (manual, section 7.3.4); null = none. */
  readonly clientTls: TlsSession | null;
  readonly serverTls: TlsSession | null;
  /** Entries tracked by sc0 … (manual, stick tables); null = none. */
  readonly tracked: TrackedEntries | null;
}

/** Names in lower case. */
export type Trailers = readonly (readonly [name: string, value: string])[];

/** The entries of stick tables that a stream and its session track, by counter from 0 on. */
export interface TrackedEntries {
  /** Null = nothing is tracked by this counter. */
  tableOf(counter: number): Table | null;
  /** Of a counter that tracks one. */
  entryOf(counter: number): number;
}

/** Facts of the process, the same for all streams of a worker. */
export interface ProcessFacts {
  readonly hostname: string;
  /** Number of this worker from 0 (`thread`), and how many processes `nbproc` counts (always 1 in 2.6). */
  readonly worker: number;
  /** Connections of the process now. */
  readonly connections: number;
  readonly stopping: boolean;
  /** Environment in force: setenv, presetenv applied. */
  env(name: string): string | null;
  readonly variables: VariableStore;
}

/** A client's connection, for samples of the family fc_*. */
export interface ConnectionFacts {
  /** 1, 2: HTTP version of the connection; 0 = raw. */
  readonly httpMajor: number;
  /** Came with a PROXY header; its authority and unique id TLVs. */
  readonly proxyHeader: boolean;
  readonly proxyAuthority: string | null;
  readonly proxyUniqueId: string | null;
  /** A TLV of it by its type, in latin1. */
  proxyTlv(type: number): string | null;
  /** Error of the connection: HAProxy's numeric code, 0 = none, and its text. */
  readonly error: number;
  readonly errorText: string | null;
  /** struct tcp_info of the kernel; null when the platform does not tell. Times are µs. */
  tcpInfo(): TcpInfo | null;
}

export interface TcpInfo {
  readonly rtt: number;
  readonly rttvar: number;
  readonly unacked: number;
  readonly sacked: number;
  readonly lost: number;
  readonly retrans: number;
  readonly fackets: number;
  readonly reordering: number;
}

/** The connection to the server, for samples of the family bc_*. */
export interface ServerSideFacts {
  /** Own address of the connection to the server, and where it goes. */
  readonly source: Uint8Array | null;
  readonly sourcePort: number;
  readonly destination: Uint8Array | null;
  readonly destinationPort: number;
  readonly httpMajor: number;
  readonly error: number;
  readonly errorText: string | null;
}
