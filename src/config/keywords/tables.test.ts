import { expect, test } from "bun:test";
import { bindParameters } from "./bind.ts";
import { globalKeywords } from "./global.ts";
import { keywordTables } from "./index.ts";
import { type Keyword, KeywordTable } from "./keyword.ts";
import { knownBind, knownGlobal, knownOptions, knownProxy, knownServer } from "./known.ts";
import { options } from "./options.ts";
import { proxyKeywords } from "./proxy.ts";
import { removedGlobal, removedOptions, removedProxy } from "./removed.ts";
import { serverParameters } from "./server.ts";

test("a keyword that stands twice in a table throws", () => {
  const row: Keyword<null> = { name: "a", where: ["global"], usage: "", help: "A thing", parse: () => {} };
  expect(() => new KeywordTable("t", [[row], [row]])).toThrow("'a' is twice in the table 't'");
});

test("every row can be shown to a user", () => {
  for (const table of keywordTables) {
    expect(table.rows.length).toBeGreaterThan(4);
    for (const { name, help, where } of table.rows) {
      expect(name).toMatch(/^[A-Za-z0-9._-]+$/);
      expect(help).toMatch(/^[A-Z0-9].*[^.]$/);
      expect(where.length).toBeGreaterThan(0);
    }
  }
});

test("a keyword is supported, known or removed, never two of them", () => {
  const groups = [
    { table: globalKeywords, known: knownGlobal, removed: removedGlobal },
    { table: proxyKeywords, known: knownProxy, removed: removedProxy },
    { table: options, known: knownOptions, removed: removedOptions },
    { table: bindParameters, known: new Set(knownBind.keys()), removed: new Map<string, string>() },
    { table: serverParameters, known: new Set(knownServer.keys()), removed: new Map<string, string>() },
  ];
  for (const { table, known, removed } of groups) {
    const both = [...known].filter((name) => table.has(name) || removed.has(name));
    expect({ title: table.title, both }).toEqual({ title: table.title, both: [] });
    expect([...removed.keys()].filter((name) => table.has(name))).toEqual([]);
  }
});
