/** One run of h2load on the load core, and what it reported. */
import { run } from "../../test/harness/program.ts";
import type { LoadResult } from "./load.ts";

export interface H2Load {
  readonly tool: "h2load";
  readonly port: number;
  /** False: HTTP/2 by prior knowledge. */
  readonly tls: boolean;
  readonly path: string;
  readonly connections: number;
  /** At once, on each connection. */
  readonly streams: number;
}

export async function h2load(load: H2Load, seconds: number, pin: readonly string[]): Promise<LoadResult> {
  const { code, stdout, stderr } = await run([
    ...[...pin, "h2load", "-t1", `-c${load.connections}`, `-m${load.streams}`, `-D${seconds}`],
    `${load.tls ? "https" : "http"}://127.0.0.1:${load.port}${load.path}`,
  ]);
  if (code !== 0) throw new Error(`h2load: ${stderr || stdout}`);
  return parse(stdout);
}

export function parse(text: string): LoadResult {
  const number = (pattern: RegExp): number => Number(pattern.exec(text)?.[1] ?? 0);
  const errors: string[] = [];
  const failed = /^requests: .* (\d+) failed, (\d+) errored, (\d+) timeout$/m.exec(text);
  if (failed !== null && failed.slice(1).some((count) => count !== "0")) errors.push(failed[0]);
  const statuses = /^status codes: .*$/m.exec(text)?.[0] ?? "";
  if (!statuses.endsWith(" 0 3xx, 0 4xx, 0 5xx")) errors.push(statuses || "no status codes");
  return {
    requests: number(/^requests: .* (\d+) succeeded/m),
    perSecond: number(/^finished in .*, ([\d.]+) req\/s/m),
    // Its quantiles need a log of every request, which would cost more than the request.
    p50: Number.NaN,
    p99: Number.NaN,
    errors: errors.join("; "),
  };
}
