/** The summary of `strace -c`, and system calls per request of several programs side by side. */

export function parseCalls(text: string): Map<string, number> {
  const calls = new Map<string, number>();
  for (const match of text.matchAll(/^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)(?:\s+\d+)?\s+(\w+)$/gm)) {
    if (match[2] !== "total") calls.set(match[2]!, Number(match[1]));
  }
  return calls;
}

/** `columns`: for each program, calls per request by name. Calls rarer than one in a hundred requests everywhere are summed up. */
export function callTable(columns: ReadonlyMap<string, ReadonlyMap<string, number>>): string {
  const sum = (call: string): number =>
    [...columns.values()].reduce((total, calls) => total + (calls.get(call) ?? 0), 0);
  const all = [...new Set([...columns.values()].flatMap((calls) => [...calls.keys()]))].toSorted(
    (a, b) => sum(b) - sum(a),
  );
  const rare = (call: string): boolean => [...columns.values()].every((calls) => (calls.get(call) ?? 0) < 0.01);
  const row = (name: string, pick: (calls: ReadonlyMap<string, number>) => number): string =>
    name.padEnd(20) + [...columns.values()].map((calls) => pick(calls).toFixed(3).padStart(12)).join("");
  const total = (calls: ReadonlyMap<string, number>, names: readonly string[]): number =>
    names.reduce((value, name) => value + (calls.get(name) ?? 0), 0);
  return [
    "calls per request".padEnd(20) + [...columns.keys()].map((name) => name.padStart(12)).join(""),
    ...all.filter((call) => !rare(call)).map((call) => row(call, (calls) => calls.get(call) ?? 0)),
    row("others", (calls) => total(calls, all.filter(rare))),
    row("all", (calls) => total(calls, all)),
  ].join("\n");
}
