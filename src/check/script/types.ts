/** A check in several steps, ready to run (manual section 4.2, `http-check` and `tcp-check`). */
import type { ScriptProtocol } from "../../config/model.ts";
import type { ProcessFacts } from "../../expr/context.ts";
import type { Ends } from "../proxy-line.ts";
import type { Server } from "../../proxy/server.ts";
import type { CheckStatus } from "../status.ts";

/** What the expressions of one check see: its variables, its server, and the answer that was received last. */
export interface ScriptScope {
  readonly server: Server;
  /** Everything received since something was sent; with HTTP/2 as HTTP/1. */
  received: Buffer;
  /** The connection, null between two. */
  ends: Ends | null;
  /** Forgets the variables. */
  clear(): void;
}

/** A text that is made anew each time, one character a byte; "" = nothing. */
export type ScriptText = (scope: ScriptScope) => string;

/** A whole number, null = there is none. */
export type ScriptNumber = (scope: ScriptScope) => number | null;

export interface ConnectStep {
  readonly kind: "connect";
  readonly step: number;
  readonly comment: string | null;
  readonly usesDefaults: boolean;
  readonly port: number | ScriptNumber;
  readonly addr: { readonly ip: string; readonly port: number } | null;
  readonly sendProxy: boolean;
  readonly viaSocks4: boolean;
  readonly tls: boolean;
  readonly sni: string | null;
  readonly alpn: readonly string[] | null;
  readonly proto: "h1" | "h2" | null;
  readonly linger: boolean;
}

export interface SendStep {
  readonly kind: "send";
  readonly step: number;
  readonly comment: string | null;
  /** What to send; null = nothing came of it, so the step is skipped. A string says why the check fails. */
  readonly bytes: (scope: ScriptScope) => Buffer | string | null;
  /** Method of the request, as the answer depends on it; "" = no HTTP. */
  readonly method: string;
}

/** What an expectation says of what has come; "pass", "wait" for more. */
export type Judgement = "pass" | "wait" | Failure;

export interface Failure {
  readonly status: CheckStatus;
  /** Without the comment. */
  readonly text: string;
  /** Absent: that of the answer. */
  readonly code?: number;
}

export interface ExpectStep {
  readonly kind: "expect";
  readonly step: number;
  readonly comment: string | null;
  /** `last`: nothing more will come. */
  readonly judge: (scope: ScriptScope, method: string, last: boolean) => Judgement;
  /** HTTP status of the answer, 0 = none. */
  readonly answerCode: (scope: ScriptScope, method: string) => number;
  readonly okStatus: CheckStatus;
  readonly errorStatus: CheckStatus;
  readonly timeoutStatus: CheckStatus;
  readonly onSuccess: ScriptText | null;
  readonly statusCode: ScriptNumber | null;
  /** "(expect string 'a')", for reports of broken connections. */
  readonly title: string;
}

export interface ActionStep {
  readonly kind: "action";
  readonly run: (scope: ScriptScope) => void;
}

export type ScriptStep = ConnectStep | SendStep | ExpectStep | ActionStep;

export interface Script {
  readonly protocol: ScriptProtocol;
  readonly disableOn404: boolean;
  /** The first one is a connect, but for actions. */
  readonly steps: readonly ScriptStep[];
  scope(server: Server, process: ProcessFacts): ScriptScope;
}
