import { Edits } from "../../codec/h1/edits.ts";
import { defaultLimits } from "../../codec/h1/flags.ts";
import { NEED_MORE } from "../../codec/h1/errors.ts";
import { Head, parseResponse } from "../../codec/h1/head.ts";
import { readAnswer } from "../../check/kinds/http-answer.ts";
import type { ScriptScope } from "../../check/script/types.ts";
import type { Ends } from "../../check/proxy-line.ts";
import type { ProcessFacts, SampleContext, ServerSideFacts } from "../../expr/context.ts";
import type { SampleType } from "../../expr/sample.ts";
import { VariableAccount, type VariableLimits, Variables, type VariableStore } from "../../expr/variables.ts";
import { EMPTY_RECORD, type LogRecord } from "../../log/record.ts";
import type { Backend } from "../../proxy/backend.ts";
import type { Server } from "../../proxy/server.ts";
import { clock } from "../../util/clock.ts";
import { parseIp } from "../../util/ip.ts";

const NOTHING: Buffer = Buffer.alloc(0);
const NO_EDITS = new Edits();

/** What the expressions of one check see: there is no client, no stream and no request, only a server and what it answered. */
export class CheckSamples implements SampleContext, ScriptScope {
  valueType: SampleType = "str";
  mayChange = false;
  readonly final = true;
  received: Buffer = NOTHING;
  ends: Ends | null = null;
  /** For tags of formats. */
  readonly record: LogRecord & { sampleContext(): SampleContext };
  private readonly session: Variables;
  private readonly own: Variables;
  private readonly head = new Head();
  private parsed: Buffer | null = null;
  private parsedWell = false;

  constructor(
    readonly server: Server,
    readonly process: ProcessFacts,
    private readonly http: boolean,
    limits: VariableLimits,
  ) {
    const session = new VariableAccount(limits.sess, null);
    this.session = new Variables(session);
    this.own = new Variables(new VariableAccount(limits.check, session));
    const ends = (): Ends | null => this.ends;
    // What HAProxy's tags show of a check: it belongs to a frontend of its own, and has no client.
    this.record = {
      ...EMPTY_RECORD,
      clientAddress: "",
      frontendAddress: "",
      frontendName: "CHECKS-FE",
      logasap: true,
      terminationState: "PR--",
      status: 0,
      get serverAddress() {
        return ends()?.remoteAddress ?? null;
      },
      get serverPort() {
        return ends()?.remotePort ?? 0;
      },
      get backendSourceAddress() {
        return ends()?.localAddress ?? null;
      },
      get backendSourcePort() {
        return ends()?.localPort ?? 0;
      },
      backendName: server.backend.name,
      serverName: server.name,
      acceptDate: clock.now,
      sampleContext: () => this,
    };
  }

  clear(): void {
    this.own.clear();
    this.session.clear();
  }

  variables(scope: "sess" | "txn" | "req" | "res" | "check"): VariableStore | null {
    return scope === "check" ? this.own : scope === "sess" ? this.session : null;
  }

  get now(): number {
    return clock.now;
  }
  get mode(): "tcp" | "http" {
    return this.http ? "http" : "tcp";
  }
  get backend(): Backend {
    return this.server.backend;
  }

  // ---- the answer

  get resHead(): Head | null {
    if (!this.http) return null;
    const { received, head } = this;
    if (this.parsed !== received) {
      this.parsed = received;
      head.reset();
      const end = received.length === 0 ? NEED_MORE : parseResponse(head, received, 0, received.length, defaultLimits);
      this.parsedWell = end > 0;
    }
    return this.parsedWell ? head : null;
  }
  get statusCode(): number {
    return this.resHead?.status ?? 0;
  }
  get responseVersion(): number {
    return this.resHead?.version ?? 0;
  }
  resBodyHeld(): Uint8Array | null {
    const answer = this.resHead === null ? "bad" : readAnswer(this.received, "GET", true);
    return typeof answer === "string" ? null : Buffer.from(answer.body, "latin1");
  }
  rawResponse(): Uint8Array | null {
    return this.http ? null : this.received;
  }
  readonly resEdits = NO_EDITS;
  readonly answerSize = -1;

  // ---- the connection

  get serverSide(): ServerSideFacts | null {
    const { ends } = this;
    if (ends === null) return null;
    const { localAddress: from, remoteAddress: to } = ends;
    return {
      source: from === undefined ? null : parseIp(from),
      sourcePort: ends.localPort ?? 0,
      destination: to === undefined ? null : parseIp(to),
      destinationPort: ends.remotePort ?? 0,
      httpMajor: 0,
      error: 0,
      errorText: null,
    };
  }

  // ---- what a check has not

  readonly frontend = null;
  readonly listener = null;
  readonly source = null;
  readonly sourcePort = 0;
  readonly destination = null;
  readonly destinationPort = 0;
  readonly connectionSource = null;
  readonly connectionSourcePort = 0;
  readonly connectionDestination = null;
  readonly connectionDestinationPort = 0;
  readonly client = null;
  readonly reqHead = null;
  readonly reqEdits = NO_EDITS;
  reqBodyHeld(): null {
    return null;
  }
  readonly firstRequest = true;
  readonly requestMethod = null;
  readonly requestVersion = 0;
  readonly receivedRequestLine = null;
  readonly responseCompressed = false;
  readonly responseCompression = null;
  readonly requestCaptures = null;
  readonly responseCaptures = null;
  uniqueIdText(): null {
    return null;
  }
  rawRequest(): null {
    return null;
  }
  readonly clientTimeout = 0;
  readonly serverTimeout = 0;
  readonly tunnelTimeout = 0;
  readonly priorityClass = 0;
  readonly priorityOffset = 0;
  readonly lastRule = null;
  stampTimers(): void {}
  readonly tHandshake = 0;
  readonly tIdle = 0;
  readonly tRequest = -1;
  readonly tQueue = -1;
  readonly tConnect = -1;
  readonly tResponse = -1;
  readonly tData = -1;
  readonly tActive = 0;
  readonly tTotal = 0;
  readonly bytesUploaded = 0;
  readonly bytesRead = 0;
  readonly clientTls = null;
  readonly serverTls = null;
  readonly tracked = null;
}
