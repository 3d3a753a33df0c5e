/** What an explanation holds: plain data, printed as JSON by `--json` and as text by render.ts. */

/** One test of one line of an ACL. */
export interface TestedAcl {
  /** Null for one in braces. */
  readonly name: string | null;
  readonly negated: boolean;
  /** The sample expression as written. */
  readonly criterion: string;
  readonly file: string;
  readonly line: number;
  readonly result: "true" | "false" | "unknown";
  /** The last value looked at as text; null = there was no sample. */
  readonly sample: string | null;
  /** The pattern that matched; null for none, and for methods without patterns. */
  readonly pattern: string | null;
}

export interface RuleStep {
  readonly kind: "rule";
  readonly proxy: string;
  readonly ruleset: string;
  readonly file: string;
  readonly line: number;
  /** The line as it stands in the file. */
  readonly text: string;
  /** Null = never reached. */
  applied: boolean | null;
  readonly acls: TestedAcl[];
  /** What its action changed, e.g. `+ x-a: b`, `- x-b: c`, `txn.user = "joe"`. */
  readonly changes: string[];
  /** What came of it for the rules behind it. */
  verdict: "next" | "stop" | "answered" | "waits" | null;
}

/** Time that passed while nothing could be done. */
export interface WaitStep {
  readonly kind: "wait";
  readonly ms: number;
}

export type Step = RuleStep | WaitStep;

export interface Candidate {
  readonly name: string;
  readonly address: string;
  readonly weight: number;
  readonly backup: boolean;
  readonly usable: boolean;
  /** Why it is not used, or "". */
  readonly note: string;
}

export interface ServerChoice {
  readonly algorithm: string;
  /** What the algorithm looked at, e.g. `source 192.0.2.1`. */
  readonly keys: readonly string[];
  /** What persistence said, null = there is none. */
  readonly persistence: string | null;
  readonly candidates: readonly Candidate[];
  /** The server that gets the request; null = none can. */
  readonly server: string | null;
  /** Whether every request like this one goes there; if not, it is the choice of a process that has just started. */
  readonly fixed: boolean;
}

export interface Explanation {
  readonly request: {
    readonly text: string;
    readonly source: string;
    readonly destination: string;
  };
  readonly frontend: {
    readonly name: string;
    readonly file: string;
    readonly line: number;
    readonly mode: string;
    /** The connection is TLS that ends here. */
    readonly tls: boolean;
  };
  readonly steps: readonly Step[];
  readonly backend: {
    readonly name: string;
    readonly file: string;
    readonly line: number;
    /** "use_backend", "default_backend", or "listen" for a proxy's own servers. */
    readonly by: string;
    readonly rule: { readonly file: string; readonly line: number } | null;
  } | null;
  readonly choice: ServerChoice | null;
  /** The connection to the server is TLS, with this name; null = it is plain, or there is none. */
  readonly serverTls: { readonly name: string | null } | null;
  /** What the server gets; null = nothing. Bodies included, one character per byte. */
  readonly forwarded: string | null;
  /** What the client gets without (or, with a response given, from) a server; null = that is up to the server. */
  readonly answer: string | null;
  /** Code of why it is no request; null = it is one. */
  readonly malformed: string | null;
  readonly closed: boolean;
}
