/** The tables, aligned for a terminal; with --markdown as they go into the README (the same text, which is valid Markdown). */
import type { BenchScenario } from "./scenarios.ts";
import type { Memory } from "./idle.ts";
import type { ProgramName } from "./programs.ts";
import { programNames } from "./programs.ts";

export interface Sample {
  /** Microseconds of CPU of the program per completed request. */
  readonly cpu: number;
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
}

export type Results = ReadonlyMap<ProgramName, readonly Sample[]>;

export function median(values: readonly number[]): number {
  if (values.length === 0) return Number.NaN;
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export function speedTable(rows: ReadonlyMap<BenchScenario, Results>): string {
  const head = ["", "CPU µs/request", "tlb/HAProxy", "aim", "requests/s", "p50 ms", "p99 ms"];
  const names = programNames.join(" · ");
  const lines = [head.map((title, index) => ([1, 4, 5, 6].includes(index) ? `${title}: ${names}` : title))];
  for (const [scenario, results] of rows) {
    const of = (name: ProgramName, pick: (sample: Sample) => number): number =>
      median((results.get(name) ?? []).map(pick));
    const each = (pick: (sample: Sample) => number, digits: (value: number) => string): string =>
      programNames.map((name) => digits(of(name, pick))).join(" · ");
    lines.push([
      scenario.title,
      programNames.map((name) => withSpread((results.get(name) ?? []).map(({ cpu }) => cpu))).join(" · "),
      ratioText(results),
      `≤ ${scenario.aim.toFixed(1)}`,
      each(
        (sample) => sample.perSecond,
        (value) => (Number.isFinite(value) ? value.toFixed(0) : "-"),
      ),
      each((sample) => sample.p50, short),
      each((sample) => sample.p99, short),
    ]);
  }
  return table(lines);
}

/** tlb / HAProxy of each round, as these two ran one after the other: the median and the range. */
export function ratioText(results: Results): string {
  const theirs = results.get("haproxy") ?? [];
  const ratios = (results.get("tlb") ?? []).flatMap(({ cpu }, round) => {
    const other = theirs[round];
    return other === undefined ? [] : [cpu / other.cpu];
  });
  if (ratios.length === 0) return "-";
  const middle = median(ratios).toFixed(2);
  return ratios.length === 1
    ? middle
    : `${middle} (${Math.min(...ratios).toFixed(2)}-${Math.max(...ratios).toFixed(2)})`;
}

/** The median, and half the range in per cent of it. */
function withSpread(values: readonly number[]): string {
  const middle = median(values);
  const spread = (50 * (Math.max(...values) - Math.min(...values))) / middle;
  return values.length < 2 ? short(middle) : `${short(middle)} ±${spread.toFixed(0)}%`;
}

export function memoryTable(rows: ReadonlyMap<ProgramName, Memory>): string {
  const lines = [["memory", "at rest, MiB", "largest process, MiB", "per idle connection, KiB"]];
  for (const [name, memory] of rows) {
    lines.push([
      name,
      (memory.rest / 2 ** 20).toFixed(1),
      (memory.restLargest / 2 ** 20).toFixed(1),
      Number.isFinite(memory.perConnection)
        ? `${(memory.perConnection / 1024).toFixed(2)} (${memory.connections})`
        : "-",
    ]);
  }
  return table(lines);
}

/** Three significant digits. */
function short(value: number): string {
  if (!Number.isFinite(value)) return "-";
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

function table(lines: readonly (readonly string[])[]): string {
  const widths = lines[0]!.map((_, column) => Math.max(3, ...lines.map((line) => line[column]!.length)));
  const row = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))).join(" | ")} |`;
  const rule = `|${widths.map((width, column) => `${"-".repeat(width + 1)}${column === 0 ? "-" : ":"}`).join("|")}|`;
  return [row(lines[0]!), rule, ...lines.slice(1).map(row)].join("\n");
}
