/** One run of wrk on the load core, and what it reported. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../test/harness/program.ts";

export interface Load {
  readonly port: number;
  readonly path: string;
  readonly connections: number;
  /** Extra request fields, e.g. "Connection: close". */
  readonly fields?: readonly string[];
  /** Bytes of the body of a POST; absent = GET. */
  readonly upload?: number;
}

export interface LoadResult {
  readonly requests: number;
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** What went wrong, in wrk's words; empty when nothing did. */
  readonly errors: string;
}

export async function wrk(load: Load, seconds: number, pin: readonly string[], dir: string): Promise<LoadResult> {
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
    `http://127.0.0.1:${load.port}${load.path}`,
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
