/** Where a fetch may be used (keyword dump of HAProxy 2.6, "sample fetch functions"). */
import type { Phase } from "./sample.ts";

/** What a fetch depends on, as HAProxy classes it; each class is available at certain places of a stream's life. */
export type Use =
  | "const" // nothing
  | "internal" // state of the process
  | "client-l4" // the client's connection
  | "client-l5" // the client's session
  | "frontend" // the frontend
  | "request-head" // request headers, gone once they are sent
  | "request-head-kept" // facts of the request that are kept until the end
  | "request-body"
  | "backend" // the backend chosen
  | "server" // the server chosen
  | "server-l4" // the server's connection
  | "server-l5"
  | "response-head"
  | "response-head-kept"
  | "response-body"
  | "request-final" // totals of the request
  | "response-final"
  | "transaction-final"
  | "session-final";

/**
 * One character a place: Y where the class is available. The places, in the order of the columns of HAProxy's list:
 *
 *      0  frontend tcp-request connection rule
 *      1  frontend tcp-request session rule
 *      2  frontend tcp-request content rule
 *      3  frontend http-request header rule
 *      4  frontend http-request body rule
 *      5  frontend use-backend rule
 *      6  backend tcp-request content rule
 *      7  backend http-request header rule
 *      8  backend http-request body rule
 *      9  backend use-server, balance or stick-match rule
 *     10  server source selection
 *     11  backend tcp-response content rule
 *     12  backend http-response header rule
 *     13  backend http-response body rule
 *     14  backend stick-store rule
 *     15  frontend tcp-response content rule
 *     16  frontend http-response header rule
 *     17  frontend http-response body rule
 *     18  logs
 *     19  backend tcp-check rule
 *     20  configuration parser
 *     21  CLI parser
 */
const table: Readonly<Record<Use, string>> = {
  const: "YYYYYYYYYYYYYYYYYYYYYY",
  internal: "YYYYYYYYYYYYYYYYYYYY.Y",
  "client-l4": "YYYYYYYYYYYYYYYYYYYY..",
  "client-l5": ".YYYYYYYYYYYYYYYYYY...",
  frontend: "YYYYYYYYYYYYYYYYYYY...",
  "request-head": "..YYYYYYYYY...........",
  "request-head-kept": "..YYYYYYYYYYYYYYYYY...",
  "request-body": "..YYYYYYYYY...........",
  backend: "......YYYYYYYYYYYYYY..",
  server: "..........YYYYYYYYYY..",
  "server-l4": "...........YYYYYYYYY..",
  "server-l5": "...........YYYYYYYYY..",
  "response-head": "...........YYYYYYY.Y..",
  "response-head-kept": "...........YYYYYYYYY..",
  "response-body": "...........YYYYYYY.Y..",
  "request-final": "..................Y...",
  "response-final": "..................Y...",
  "transaction-final": "..................Y...",
  "session-final": "..................Y...",
};

/** Bit n = valid at place n; several classes add up. */
export function validityOf(use: readonly Use[]): number {
  let mask = 0;
  for (const one of use) {
    const row = table[one];
    for (let i = 0; i < row.length; i++) if (row[i] === "Y") mask |= 1 << i;
  }
  return mask;
}

const bits = (...columns: number[]): number => columns.reduce((mask, column) => mask | (1 << column), 0);

/** Places of each phase, by side of the proxy. */
const phases: Readonly<Record<Phase, { readonly frontend: number; readonly backend: number }>> = {
  connection: { frontend: bits(0), backend: 0 },
  session: { frontend: bits(1), backend: 0 },
  "request-content": { frontend: bits(2), backend: bits(6) },
  request: { frontend: bits(3), backend: bits(7) },
  "response-content": { frontend: bits(15), backend: bits(11) },
  response: { frontend: bits(16), backend: bits(12) },
  stick: { frontend: 0, backend: bits(9) },
  "stick-response": { frontend: 0, backend: bits(14) },
  answer: { frontend: (1 << 18) - 1, backend: (1 << 18) - 1 },
  log: { frontend: bits(18), backend: bits(18) },
  check: { frontend: bits(19), backend: bits(19) },
  cli: { frontend: bits(21), backend: bits(21) },
  config: { frontend: bits(20), backend: bits(20) },
};

/** The places that an expression of this phase stands at. */
export function placesOf(phase: Phase, side: "frontend" | "backend" | "both"): number {
  const { frontend, backend } = phases[phase];
  return (side === "backend" ? 0 : frontend) | (side === "frontend" ? 0 : backend);
}

/** In words, for messages. */
export const phaseNames: Readonly<Record<Phase, string>> = {
  connection: "tcp-request connection rules",
  session: "tcp-request session rules",
  "request-content": "tcp-request content rules",
  request: "http-request rules",
  "response-content": "tcp-response content rules",
  response: "http-response rules",
  stick: "stick rules",
  "stick-response": "stick store-response",
  answer: "http-error",
  log: "logs",
  check: "health checks",
  cli: "the runtime API",
  config: "the configuration parser",
};

/** As others, or everywhere: they say nothing new of a sample. */
const UNNAMED: ReadonlySet<Phase> = new Set(["stick", "stick-response", "answer"]);

/** Where a fetch of these classes can be used, in words. */
export function placesText(mask: number): string {
  const names = Object.keys(phases) as Phase[];
  const found = names
    .filter((phase) => !UNNAMED.has(phase) && (mask & placesOf(phase, "both")) !== 0)
    .map((phase) => phaseNames[phase]);
  return found.length === 0 ? "nowhere" : found.join(", ");
}
