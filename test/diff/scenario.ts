/**
 * A differential scenario: one configuration, scripted servers and scripted clients, run through HAProxy and through tlb; everything seen
 * from outside must be equal. See run.ts for what is recorded and compare.ts for what "equal" means.
 */
import type { ConnectOptions } from "../harness/client.ts";
import type { Peer } from "../harness/peer.ts";
import type { ScriptedServer, ServerScript, ServerTls } from "../harness/server.ts";

export interface Scenario {
  readonly name: string;
  /**
   * Sections as in a configuration file, starting with `defaults`. `{word}` is the port of that name, the same name in `servers` and
   * `connect`; `{log}` the port of the scenario's log collector; `{file:NAME}` the path of an entry of `files`, in those too. Names of proxies get
   * a suffix, so that many scenarios share one process; `{@name}` is the name of a proxy where no such keyword stands before it.
   */
  readonly config: string;
  /** Lines for the global section. Scenarios with equal lines share a process. */
  readonly global?: string;
  readonly files?: Readonly<Record<string, string>>;
  /** Servers by port name. A port named in the configuration only is refused. */
  readonly servers?: Readonly<Record<string, ServerScript>>;
  /** Servers that speak TLS, by the same names. */
  readonly tls?: Readonly<Record<string, ServerTls>>;
  /** Ports that listen but accept nothing: connecting hangs. */
  readonly stuck?: readonly string[];
  readonly client: (talk: Talk) => Promise<void>;
  /** A process of its own: for health checks, and where the process-wide connection count in the log matters. */
  readonly alone?: true;
  readonly compare?: CompareOptions;
}

export interface CompareOptions {
  /** What arrived at the servers; default true. False where it is timing (checks). */
  readonly servers?: boolean;
  /** What clients received; default true. False where a client leaves at a moment at which bytes may still be held back. */
  readonly received?: false;
  /** Tell FIN from RST on the server side too; default false: only closed or open. */
  readonly serverClose?: true;
  /** Client side closes: default "exact" (FIN or RST); "closed" where the kernel decides by what happens to be unread. */
  readonly clientClose?: "exact" | "closed";
  /** Lines of the log may come in any order. */
  readonly logOrder?: "any";
  /** Compare the byte count of a line, default true; false where it depends on the kernel's buffers. */
  readonly logBytes?: false;
  /** Compare the name of the server in a line, default true; false where it is chosen at random. */
  readonly logServer?: false;
  /** Allowed difference of a timer, ms; default 60, plus a quarter of the larger. */
  readonly timers?: number;
}

/** What a client script works with. */
export interface Talk {
  /** Opens a connection to a port of the configuration, default "fe". */
  connect(name?: string, options?: ConnectOptions): Promise<Peer>;
  /** A connection that may be reset before the kernel has told the client that it stands; recorded as one that was. */
  knock(name?: string, options?: ConnectOptions): Promise<Peer>;
  /** One request on a connection of its own; returns the response and closes. The text is sent as is. */
  once(request: string, name?: string, options?: ConnectOptions): Promise<string>;
  server(name: string): ScriptedServer;
  /** The answer of the runtime API; ports in it are masked, names of proxies as in the configuration. `{@name}` and `{file:NAME}` as there. */
  command(text: string): Promise<string>;
  /** Records a value to compare. */
  note(key: string, value: unknown): void;
  /** Waits until the log has `count` lines (of those kept for comparison). */
  logged(count: number, ms?: number): Promise<void>;
  /** Waits until some log line matches. */
  logMatch(pattern: RegExp, ms?: number): Promise<void>;
  /** By its end the program has dealt with what it was sent before. */
  sleep(ms: number): Promise<void>;
  /** Starts a watch; the function tells the ms since then, without those for which the machine had no time. */
  stopwatch(): () => number;
  /** Columns of `show stat` of a proxy, by its name in the configuration; its frontend side when it has one. */
  stats(proxy: string, ...columns: string[]): Promise<readonly number[]>;
  /** Records the counters of all proxies of the scenario, to compare. */
  counters(): Promise<void>;
}

/** Everything seen from outside, ports and dates masked; plain data. */
export interface Observation {
  /** Non-null: the script could not go on. Compared too: both programs must fail it alike, and none should. */
  error: string | null;
  readonly clients: { readonly received: string; readonly close: string }[];
  readonly servers: Record<string, { readonly received: string; readonly close: string }[]>;
  readonly logs: LogLine[];
  readonly notes: Record<string, unknown>;
  /** ms for which the machine had no time for the program or for the script: by so much timers may be longer. */
  readonly missed: number;
}

/** A log line with its timers taken out: "T" stands where they were. */
export interface LogLine {
  readonly text: string;
  readonly timers: readonly number[];
}
