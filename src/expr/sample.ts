/**
 * Samples: what a fetch yields, a converter changes and a pattern matches (manual, section 7).
 *
 * The type of an expression is known when it is compiled, so a value at run time is a bare JavaScript value:
 *
 *     bool           boolean
 *     sint           number, or bigint where it exceeds ±2^53 (64-bit signed as in HAProxy)
 *     ipv4, ipv6     Uint8Array of 4 or 16 bytes, network order
 *     str, bin       string, one character per byte (latin1)
 *     meth           string: the method's name
 *
 * null means that there is no sample: the rule does not match, the text is empty. Only variables carry their type with them.
 */
export type SampleType = "bool" | "sint" | "ipv4" | "ipv6" | "str" | "bin" | "meth";

/** What a fetch or converter may declare: `addr` is ipv4 or ipv6, `any` everything. */
export type SampleKind = SampleType | "addr" | "any";

export type Value = boolean | number | bigint | string | Uint8Array;

/** A value whose type is only known at run time. */
export interface Sample {
  readonly type: SampleType;
  readonly value: Value;
}

/** Where in a stream's life an expression is evaluated; decides which fetches are valid (keyword dump, "sample fetches"). */
export type Phase =
  | "connection" // tcp-request connection
  | "session" // tcp-request session
  | "request-content" // tcp-request content, inspect
  | "request" // http-request, use_backend, balance hash…
  | "response-content" // tcp-response content
  | "response" // http-response, http-after-response
  | "stick" // stick on, match, store-request
  | "stick-response" // stick store-response
  | "answer" // http-error: of a request or a response
  | "log" // log-format, unique-id at the end
  | "check" // health checks
  | "cli"
  | "config"; // at start: http-errors and the like

/** Scopes of variables (manual, section 2.8): proc, sess, txn, req, res, check. */
export type VariableScope = "proc" | "sess" | "txn" | "req" | "res" | "check";
