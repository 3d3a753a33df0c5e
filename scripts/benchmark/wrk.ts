/** One run of wrk on the load core, and what it reported. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../test/harness/program.ts";
import type { LoadResult } from "./load.ts";

export interface WrkLoad {
  readonly tool: "wrk";
  readonly port: number;
  readonly tls?: true;
  readonly path: string;
  readonly connections: number;
  /** Extra request fields, e.g. "Connection: close". */
  readonly fields?: readonly string[];
  /** Bytes of the body of a POST; absent = GET. */
  readonly upload?: number;
}

export async function wrk(load: WrkLoad, seconds: number, pin: readonly string[], dir: string): Promise<LoadResult> {
  const script: string[] = [];
  if (load.upload !== undefined) {
    const file = join(dir, `upload-${load.upload}.lua`);
    writeFileSync(file, `wrk.method = "POST"\nwrk.body = string.rep("x", ${load.upload})\n`);
    script.push("-s", file);
  }
  const { code, stdout, stderr } = await run([
    ...pin,
    "wrk",
    "-t1",
    `-c${load.connections}`,
    `-d${seconds}s`,
    "--timeout",
    "5s",
    "--latency",
    ...(load.fields ?? []).flatMap((field) => ["-H", field]),
    ...script,
    `${load.tls === true ? "https" : "http"}://127.0.0.1:${load.port}${load.path}`,
  ]);
  if (code !== 0) throw new Error(`wrk: ${stderr || stdout}`);
  return parse(stdout);
}

export function parse(text: string): LoadResult {
  const number = (pattern: RegExp): number => Number(pattern.exec(text)?.[1] ?? 0);
  const errors = [...text.matchAll(/^\s*(Socket errors:.*|Non-2xx.*)$/gm)].map((match) => match[1]!.trim());
  return {
    requests: number(/^\s*(\d+) requests in/m),
    perSecond: number(/^Requests\/sec:\s*([\d.]+)/m),
    p50: milliseconds(/^\s*50%\s+(\S+)/m.exec(text)?.[1]),
    p99: milliseconds(/^\s*99%\s+(\S+)/m.exec(text)?.[1]),
    errors: errors.join("; "),
  };
}

function milliseconds(text = "0ms"): number {
  const value = Number.parseFloat(text);
  if (text.endsWith("us")) return value / 1000;
  if (text.endsWith("ms")) return value;
  return text.endsWith("m") ? value * 60_000 : value * 1000;
}
