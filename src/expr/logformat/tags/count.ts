import type { Tag } from "../format.ts";
import { hexadecimal } from "../text.ts";

/** Numbers and states. None is ever quoted. */
export const countTags = {
  ST: { help: "status code", compile: () => (r) => String(r.status) },
  B: {
    help: "bytes from server to client",
    late: true,
    compile: () => (r) => (r.logasap ? "+" + r.bytesRead : String(r.bytesRead)),
  },
  U: { help: "bytes from client to server", late: true, compile: () => (r) => String(r.bytesUploaded) },
  ac: { help: "connections of the process", late: true, compile: () => (r) => String(r.actconn) },
  fc: { help: "connections of the frontend", late: true, compile: () => (r) => String(r.feconn) },
  bc: { help: "connections of the backend", late: true, compile: () => (r) => String(r.beconn) },
  sc: { help: "connections of the server", late: true, compile: () => (r) => String(r.srvconn) },
  rc: {
    help: "connection retries, with + before it after a redispatch",
    late: true,
    compile: () => (r) => (r.redispatched ? "+" + r.retries : String(r.retries)),
  },
  sq: { help: "position in the server's queue", late: true, compile: () => (r) => String(r.srvQueue) },
  bq: { help: "position in the backend's queue", late: true, compile: () => (r) => String(r.backendQueue) },
  lc: {
    help: "number of the line in its frontend",
    compile: (f) => (f.hex ? (r) => hexadecimal(r.logCounter, 4) : (r) => String(r.logCounter)),
  },
  rt: {
    help: "number of the request or session in the process",
    compile: (f) => (f.hex ? (r) => hexadecimal(r.requestCounter, 4) : (r) => String(r.requestCounter)),
  },
  ts: {
    help: "termination state",
    late: true,
    compile: () => (r) => r.terminationState.slice(0, 2),
  },
  tsc: { help: "termination state with cookie status", http: true, compile: () => (r) => r.terminationState },
} satisfies Record<string, Tag>;
