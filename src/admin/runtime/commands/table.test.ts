import { beforeEach, expect, test } from "bun:test";
import { parseText } from "../../../config/testing.helper.ts";
import type { Table } from "../../../table/table.ts";
import { Tables } from "../../../table/tables.ts";
import { FakeContext } from "../../fake.helper.ts";
import type { Level, Session } from "../command.ts";
import { execute } from "../execute.ts";

const { model } = parseText(
  "backend t\n stick-table type integer size 100k store gpc0\nbackend u\n stick-table type binary len 3 size 9 expire 1m\n",
);
let context: FakeContext;
let table: Table;

beforeEach(() => {
  const tables = new Tables(model!);
  tables.attachLocal();
  context = new FakeContext(model!);
  context.tables = [...tables.all()];
  table = tables.get("t")!;
});

async function say(line: string, level: Level = "admin"): Promise<string> {
  const session: Session = { level, prompt: false, timeoutMs: 0, severity: "none", closing: false };
  const answer = await execute(context, session, { words: line.split(" "), payload: null });
  return typeof answer === "string" ? answer : [...answer!].join("");
}

test("who may see how much there is, but not what", async () => {
  await say("set table t key 1 data.gpc0 5");
  const head = "# table: t, type: integer, size:102400, used:1\n";
  expect(await say("show table", "user")).toBe(`# table: u, type: binary, size:9, used:0\n${head}`);
  for (const line of ["show table t", "show table t data.gpc0 gt 1"]) {
    expect(await say(line, "user")).toBe(`${head}# contents not dumped due to insufficient privileges\n`);
  }
  for (const line of ["show table t key 1", "clear table t", "clear table t key 1", "set table t key 1 data.gpc0 1"]) {
    expect(await say(line, "user")).toBe("Permission denied\n");
  }
  expect(await say("show table t", "operator")).toBe(`${head}0x1: key=1 use=0 exp=0 gpc0=5\n`);
  expect(await say("clear table t", "operator")).toBe("");
  expect(table.used).toBe(0);
});

test("a long dump is made piece by piece, in the order of the keys, without what goes meanwhile", async () => {
  const COUNT = 20_000;
  // Numbers are kept with their lowest byte first.
  const order = (key: number): number => ((key & 0xff) << 8) | (key >> 8);
  for (let key = COUNT - 1; key >= 0; key--) table.obtain(key, Date.now());
  const session: Session = { level: "admin", prompt: false, timeoutMs: 0, severity: "none", closing: false };
  const answer = await execute(context, session, { words: ["show", "table", "t"], payload: null });
  const pieces: string[] = [];
  for (const piece of answer!) {
    pieces.push(piece);
    if (pieces.length === 3) for (let key = 0; key < COUNT; key += 2) table.remove(table.lookup(key, Date.now()));
  }
  expect(pieces.length).toBeGreaterThan(50);
  expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThan(20_000);
  const keys = pieces
    .join("")
    .split("\n")
    .slice(1, -1)
    .map((line) => Number(/ key=(\d+) /.exec(line)![1]));
  expect(keys.map(order)).toEqual(keys.map(order).sort((a, b) => a - b));
  expect(keys.length).toBeGreaterThan(COUNT / 2);
  expect(keys.length).toBeLessThan(COUNT / 2 + 600);
  expect(keys.slice(600).every((key) => key % 2 === 1)).toBe(true);
});

test("what is past its end is neither shown nor counted", async () => {
  const other = context.tables[1]!;
  other.obtain("abc", Date.now() - 61_000);
  other.obtain("a\0\xff", Date.now() - 1000);
  expect(other.used).toBe(2);
  const lines = (await say("show table u")).split("\n");
  expect(lines[0]).toBe("# table: u, type: binary, size:9, used:1");
  expect(lines[1]).toMatch(/^0x\d: key=6100FF use=0 exp=(58\d{3}|59000)$/);
  expect(lines.slice(2)).toEqual([""]);
});
