/** TLS 1.3 handshakes by `openssl s_time`: several at once, each one connection after the other, counted per connection. */
import { run } from "../../test/harness/program.ts";
import type { LoadResult } from "./load.ts";

export interface HandshakeLoad {
  readonly tool: "handshakes";
  readonly port: number;
  /**
   * False: a full handshake, then the connection is closed. True: the ticket of the connection before is used; as a ticket follows the handshake, each
   * connection then makes one request.
   */
  readonly resumed: boolean;
}

/** Enough to keep a proxy busy on its core although each waits for its own round trips. */
const PROCESSES = 8;

export async function handshakes(load: HandshakeLoad, seconds: number, pin: readonly string[]): Promise<LoadResult> {
  const start = performance.now();
  const outputs = await Promise.all(
    Array.from({ length: PROCESSES }, () =>
      run([
        ...[...pin, "openssl", "s_time", "-tls1_3", "-connect", `127.0.0.1:${load.port}`, "-time", String(seconds)],
        ...(load.resumed ? ["-reuse", "-www", "/"] : ["-new"]),
      ]),
    ),
  );
  const elapsed = (performance.now() - start) / 1000;
  let requests = 0;
  const errors = new Set<string>();
  for (const { code, stdout, stderr } of outputs) {
    if (code !== 0) errors.add(stderr.trim().split("\n").at(-1) ?? `exit code ${code}`);
    const { connections, full } = parse(stdout);
    requests += connections;
    if (load.resumed && full > 0) errors.add(`${full} of ${connections} handshakes were not resumed`);
  }
  return {
    requests,
    perSecond: requests / elapsed,
    p50: Number.NaN,
    p99: Number.NaN,
    errors: [...errors].join("; "),
  };
}

/** `full`: those that were not resumed. A line of marks tells: `r` resumed, `*`, `t` and the like a full handshake. */
export function parse(text: string): { connections: number; full: number } {
  const connections = Number(/^(\d+) connections in \d+ real seconds/m.exec(text)?.[1] ?? 0);
  const resumed = /^r+$/m.exec(text)?.[0].length ?? 0;
  return { connections, full: Math.max(0, connections - resumed) };
}
