/**
 * The shape of src: a file imports values only from rows below its own, and values are never imported in a circle.
 * Types may come from anywhere: `import type` leaves no trace at run time.
 */
import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

/** Top to bottom. */
const rows = [
  "main.ts",
  "cli",
  "supervisor",
  "worker",
  "admin",
  "compile",
  "config",
  "stream",
  "rules",
  "expr",
  // Slow start asks the algorithm whether its weights may change.
  "check",
  "balance",
  "server",
  "table",
  "log",
  // Objects are stored and judged without a stream, but their heads are read with the codec.
  "cache",
  "codec",
  "net",
  "proxy",
  "counters",
  "ffi",
  "lang",
  "util",
] as const;

const src = join(import.meta.dir, "..", "src");

/** Production files, relative to src. Tests beside the code may import what they test it with. */
const files = readdirSync(src, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts") && !path.endsWith(".d.ts"))
  .sort();

const transpiler = new Bun.Transpiler({ loader: "ts" });

/** Relative value imports, resolved against src. Type-only imports are erased by the transpiler, so what it finds is what runs. */
function valueImports(path: string): string[] {
  const text = readFileSync(join(src, path), "utf8");
  const found: string[] = [];
  for (const { path: target } of transpiler.scanImports(text)) {
    if (target.startsWith(".")) found.push(normalize(join(dirname(path), target)));
  }
  return found;
}

const graph = new Map(files.map((path) => [path, valueImports(path)]));

function row(path: string): number {
  return (rows as readonly string[]).indexOf(path.split("/")[0]!);
}

test("there is something to look at", () => {
  expect(files.length).toBeGreaterThan(3);
});

test("every file of src is in a known row", () => {
  expect(files.filter((path) => row(path) < 0)).toEqual([]);
});

test("values are imported from the same row or rows below only", () => {
  const wrong: string[] = [];
  for (const [path, targets] of graph) {
    for (const target of targets) {
      if (target.startsWith("..")) continue;
      if (row(target) < row(path)) wrong.push(`src/${path} imports src/${target}`);
    }
  }
  expect(wrong).toEqual([]);
});

test("src imports nothing from test or scripts", () => {
  const outside = [...graph].flatMap(([path, targets]) =>
    targets
      .filter((target) => target.startsWith("..") && target !== "../package.json")
      .map((target) => `${path}: ${target}`),
  );
  expect(outside).toEqual([]);
});

test("values are not imported in a circle", () => {
  expect(cycles(graph)).toEqual([]);
});

test("the circle finder finds circles", () => {
  const circle = new Map([
    ["a", ["b"]],
    ["b", ["c", "d"]],
    ["c", ["b"]],
    ["d", []],
  ]);
  expect(cycles(circle)).toEqual(["b > c > b"]);
});

/** Each circle once, as the path that closes it. */
function cycles(edges: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>();
  const path: string[] = [];
  const found: string[] = [];
  const visit = (node: string): void => {
    const at = path.indexOf(node);
    if (at >= 0) {
      found.push([...path.slice(at), node].join(" > "));
      return;
    }
    if (done.has(node)) return;
    path.push(node);
    for (const next of edges.get(node) ?? []) visit(next);
    path.pop();
    done.add(node);
  };
  for (const node of edges.keys()) visit(node);
  return found;
}
