import type { Method } from "../types.ts";

/** A server without other orders is well when it accepts a connection (manual section 5.2, `check`). */
export function tcpMethod(): Method {
  return { port: 0, probe: () => null, program: null, script: null };
}
