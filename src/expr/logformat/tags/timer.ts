import type { LogRecord } from "../../../log/record.ts";
import type { Tag } from "../format.ts";

/** `%Tq`: Th + Ti + TR, -1 while the request is not complete. */
function tq(r: LogRecord): number {
  return r.tRequest < 0 ? -1 : r.tHandshake + (r.tIdle > 0 ? r.tIdle : 0) + r.tRequest;
}

/** `%Tu`: what the user waited: all but the idle time. */
function tu(r: LogRecord): number {
  return r.tTotal - (r.tIdle > 0 ? r.tIdle : 0);
}

/** Milliseconds; "+" before those that still grow when the line is early. */
export const timerTags = {
  Ta: {
    help: "time from the request's first byte to the end",
    http: true,
    late: true,
    compile: () => (r) => (r.logasap ? "+" + r.tActive : String(r.tActive)),
  },
  Tc: { help: "time to connect to the server", late: true, compile: () => (r) => String(r.tConnect) },
  Td: { help: "time to transfer the response", late: true, compile: () => (r) => String(r.tData) },
  Th: { help: "time of handshakes (PROXY, TLS)", late: true, compile: () => (r) => String(r.tHandshake) },
  Ti: { help: "idle time before the request", http: true, late: true, compile: () => (r) => String(r.tIdle) },
  Tq: { help: "Th + Ti + TR", http: true, late: true, compile: () => (r) => String(tq(r)) },
  TR: { help: "time to receive the request", http: true, late: true, compile: () => (r) => String(r.tRequest) },
  Tr: { help: "time the server took to answer", http: true, late: true, compile: () => (r) => String(r.tResponse) },
  Tt: {
    help: "time from accept to the end",
    late: true,
    compile: () => (r) => (r.logasap ? "+" + r.tTotal : String(r.tTotal)),
  },
  Tu: {
    help: "time from the end of the idle time to the end",
    late: true,
    compile: () => (r) => (r.logasap ? "+" + tu(r) : String(tu(r))),
  },
  Tw: { help: "time in queues", late: true, compile: () => (r) => String(r.tQueue) },
} satisfies Record<string, Tag>;
