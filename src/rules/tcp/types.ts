import type { RuleStream } from "../types.ts";

/** The header a connection is to begin with. */
export type HeaderKind = "proxy" | "netscaler";

/** What actions of the tcp rulesets ask of a session or stream, beside what all flow actions ask. */
export interface TcpRuleStream extends RuleStream {
  /** The connection must begin with such a header. Connection rules only. */
  expectHeader(kind: HeaderKind): void;
  /** Ends the connection to the server; what it sent goes on to the client. Response rules only. */
  closeServer(): void;
  /** From now on the bytes of the client are requests. No effect in mode http. */
  switchMode(): void;
}
