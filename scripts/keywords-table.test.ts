import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { keywordTables } from "../src/config/keywords/index.ts";
import { BEGIN, divergenceTable, END, keywordTable, listed, readme, withTable, withTables } from "./keywords-table.ts";

test("the tables in README.md are up to date", () => {
  const text = readFileSync(readme, "utf8");
  if (withTables(text) !== text) {
    throw new Error(
      "README.md lists other keywords or divergences than the sources: run 'node_modules/.bin/bun scripts/keywords-table.ts'",
    );
  }
});

test("a keyword is counted once: as supported, without effect or missing", () => {
  const table = keywordTable();
  const row = table.split("\n").find((line) => line.startsWith("| `option` …"))!;
  const [, , supported, idle, missing] = row.split("|").map((cell) => cell.trim());
  const { rows } = keywordTables.find(({ title }) => title === "option")!;
  const without = rows.filter(({ noEffect }) => noEffect !== undefined);
  expect(Number(supported)).toBe(rows.length - without.length);
  expect(idle).toStartWith(`${without.length}: `);
  for (const { name } of rows) expect(missing).not.toContain(`\`${name}\``);
});

test("names that begin alike are folded from six on", () => {
  expect(listed([])).toBe("-");
  expect(listed(["a_1", "a_2", "b"])).toBe("3: `a_1`, `a_2`, `b`");
  expect(listed(["a_1", "a_2", "a_3", "a_4", "a_5", "a_6", "b"])).toBe("7: `a_*` (6), `b`");
});

test("text around the markers stays, and writing twice changes nothing", () => {
  const text = `x\n${BEGIN}\nold\n${END}\ny\n`;
  const once = withTable(text, "new\n");
  expect(once).toBe(`x\n${BEGIN}\nnew\n\n${END}\ny\n`);
  expect(withTable(once, "new\n")).toBe(once);
  expect(() => withTable("x", "new\n")).toThrow("markers");
});

test("divergences of one reason share a row", () => {
  const rows = divergenceTable({ a: "x | y", b: "as above, for B", c: "z", d: "x | y" });
  expect(rows.split("\n").slice(2)).toEqual(["| a; b; d | x \\| y |", "| c | z |", ""]);
});
