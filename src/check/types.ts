import type { ExternalCheckModel, GlobalModel } from "../config/model.ts";
import type { LevelName } from "../log/record.ts";
import type { Backend } from "../proxy/backend.ts";
import type { Server } from "../proxy/server.ts";
import type { Wheel } from "../util/wheel.ts";
import type { ProcessFacts } from "../expr/context.ts";
import type { Script } from "./script/types.ts";
import type { CheckStatus } from "./status.ts";

/** What came of one check. */
export interface Verdict {
  readonly status: CheckStatus;
  /** HTTP status, 0 = none. Shown only where the status goes by the content of an answer. */
  readonly code: number;
  /** The `info:"…"` of log lines and last_chk of the statistics; "" = none. */
  readonly info: string;
}

/** Where the state machine reports to. */
export interface HealthContext {
  /** Epoch milliseconds, the cached clock of the process. */
  readonly clock: { readonly now: number };
  /** A line for the log of the backend, without its end. */
  event(backend: Backend, level: LevelName, text: string): void;
  /** The server went up or down (or is stopping: down). The shared state has changed already; mirrors have not. */
  onStateChange?(server: Server, up: boolean): void;
}

export interface CheckerContext extends HealthContext {
  readonly wheel: Wheel;
  /** For expressions in checks. */
  readonly process: ProcessFacts;
}

/** The health checks of one process: worker 0 runs one, the others none. */
export interface Checker {
  /** Begins to check, the first checks spread over the interval. */
  start(): void;
  /** Closes what is under way and disarms every timer. A stopped checker may be started again. */
  stop(): void;
  /**
   * Takes a new configuration over. Servers that are checked the same way as before keep their rhythm; their state is
   * in the shared segment and stays anyway.
   */
  reconfigure(backends: readonly Backend[], global: GlobalModel): void;
}

/** One check under way on an established connection. */
export interface Probe {
  /** The connection stands; `alpn`: the protocol TLS agreed on, null = none. Comes before the rest. */
  agree?(alpn: string | null): void;
  /** What to send; null = nothing, being connected is all. */
  readonly request: Buffer | null;
  /**
   * Looks at everything received so far. `last`: nothing more will come (the peer closed, or the buffer is full). Null =
   * more is needed; never null when `last`.
   */
  read(received: Buffer, last: boolean): Verdict | null;
  /** Status to report when time runs out while waiting for the answer. */
  readonly timeoutStatus: CheckStatus;
}

/** What `check` of one server does once connected; made when the configuration is compiled. */
export interface Method {
  /** Port of a `connect` rule; 0 = the server's check port. */
  readonly port: number;
  /** What is run instead of connecting; null = nothing. */
  readonly program: ExternalCheckModel | null;
  /** Several steps; null = one connection and what `probe` does on it. */
  readonly script: Script | null;
  /** Null: the connection alone is the check. */
  probe(server: Server): Probe | null;
}
