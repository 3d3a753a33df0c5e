import type { Timeouts } from "../../../model.ts";
import { enabled, hasBack, hasFront, type LintRule, markOf } from "../rule.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

interface Range {
  readonly name: string;
  readonly field: keyof Timeouts;
  readonly side: "front" | "back";
  /** Below it, almost surely a number of seconds without its unit. Milliseconds. */
  readonly min: number;
  /** Above it, a lost peer costs too much for too long. Milliseconds. */
  readonly max: number;
}

/** Wide on purpose: what lies outside is a mistake rather than a matter of taste. */
const RANGES: readonly Range[] = [
  { name: "connect", field: "connect", side: "back", min: 20, max: 2 * MINUTE },
  { name: "client", field: "client", side: "front", min: 100, max: 24 * HOUR },
  { name: "server", field: "server", side: "back", min: 100, max: 24 * HOUR },
  { name: "http-request", field: "httpRequest", side: "front", min: 100, max: 10 * MINUTE },
  { name: "http-keep-alive", field: "httpKeepAlive", side: "front", min: 5, max: HOUR },
  { name: "queue", field: "queue", side: "back", min: 10, max: 10 * MINUTE },
  { name: "check", field: "check", side: "back", min: 10, max: 10 * MINUTE },
  { name: "client-fin", field: "clientFin", side: "front", min: 10, max: 24 * HOUR },
  { name: "server-fin", field: "serverFin", side: "back", min: 10, max: 24 * HOUR },
];

export const extremeTimeout: LintRule = {
  code: "lint/extreme-timeout",
  severity: "warning",
  title: "a timeout that is extremely short or long",
  explanation:
    "A number without unit is in milliseconds: 'timeout client 30' ends connections after 30 ms. At the other end, a timeout of days keeps every lost " +
    "connection for as long, and a long connect timeout makes clients wait for a dead server. Write the unit ('30s'); for tunnels and WebSockets, which may be " +
    "silent for hours, set 'timeout tunnel', which is not limited here.",
  bad: `defaults
    mode http
    timeout connect 5
    timeout client 30s
    timeout server 30s
frontend web
    bind :80
    default_backend app
backend app
    server s1 192.0.2.1:80`,
  good: `defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
frontend web
    bind :80
    default_backend app
backend app
    server s1 192.0.2.1:80`,
  run(input, report) {
    for (const { proxy, draft } of enabled(input)) {
      for (const { name, field, side, min, max } of RANGES) {
        if (!(side === "front" ? hasFront(proxy) : hasBack(proxy)) || !draft.marks.has(`timeout ${name}`)) continue;
        const value = proxy.timeouts[field];
        if (value === 0 || (value >= min && value <= max)) continue;
        const { at, endColumn } = markOf(draft, `timeout ${name}`);
        if (value < min) {
          const hint = `a number without unit is in milliseconds: is 'timeout ${name} ${value}s' meant?`;
          report(at, `timeout ${name} is only ${value} ms`, { endColumn, hint });
        } else {
          const message = `timeout ${name} is ${inWords(value)}: lost connections stay that long`;
          report(at, message, { endColumn, hint: `more than ${inWords(max)} is rarely meant` });
        }
      }
    }
  },
};

function inWords(ms: number): string {
  for (const [unit, size] of [
    ["days", 24 * HOUR],
    ["hours", HOUR],
    ["minutes", MINUTE],
  ] as const) {
    if (ms >= 2 * size) return `${Math.round(ms / size)} ${unit}`;
  }
  return `${Math.round(ms / SECOND)} seconds`;
}
