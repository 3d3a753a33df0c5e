import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Diagnostics } from "./diagnostic.ts";
import { ConfigReader, readConfig, readText } from "./reader.ts";

let dir = "";
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "tlb-reader-"));
  const files = {
    "b.cfg": "b\n",
    "a.cfg": "a\n",
    "B.cfg": "B\n",
    ".hidden.cfg": "hidden\n",
    ".cfg": "dot\n",
    "c.conf": "c\n",
  };
  mkdirSync(join(dir, "many"));
  mkdirSync(join(dir, "many", "folder.cfg"));
  mkdirSync(join(dir, "none"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, "many", name), text);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const words = (reader: ConfigReader): string[] =>
  [...reader].map((line) => line.words.map(({ text }) => text).join("|"));

test("lines are read against the environment as it is when they are asked for", () => {
  const env: Record<string, string | undefined> = { A: "one" };
  const diagnostics = new Diagnostics();
  const seen: string[] = [];
  for (const { words } of readText('set\nuse "$A"\n.if streq("$A",two)\nyes\n.endif\n', "f", { env }, diagnostics)) {
    if (words[0].text === "set") env["A"] = "two";
    seen.push(words.map(({ text }) => text).join(" "));
  }
  expect(seen).toEqual(["set", "use two", "yes"]);
  expect(diagnostics.list).toEqual([]);
});

test("an undefined variable is an unset one", () => {
  const reader = readText(
    'k "${A-default}"\n.if defined(A)\nno\n.endif\n',
    "f",
    { env: { A: undefined } },
    new Diagnostics(),
  );
  expect(words(reader)).toEqual(["k|default"]);
});

test("a last line without a line feed counts and is an error", () => {
  const diagnostics = new Diagnostics();
  expect(words(readText("a\nb", "f", { env: {} }, diagnostics))).toEqual(["a", "b"]);
  expect(diagnostics.list.map(({ code, at }) => [code, at.line, at.column])).toEqual([
    ["syntax/missing-newline", 2, 2],
  ]);
});

test("reading goes on after errors, and an open block is reported where it was opened", () => {
  const diagnostics = new Diagnostics();
  expect(words(readText('a "x\n.if foo\nb\n.endif\nc\n .if 1\nd\n', "f", { env: {} }, diagnostics))).toEqual([
    "c",
    "d",
  ]);
  expect(diagnostics.list.map(({ code, at }) => `${code} ${at.line}:${at.column}`)).toEqual([
    "syntax/unmatched-quote 1:3",
    "condition/unparsable 2:5",
    "condition/unterminated 6:2",
  ]);
});

test(".diag speaks only when asked to", () => {
  for (const diag of [false, true]) {
    const diagnostics = new Diagnostics();
    words(readText(".diag hello\n", "f", { env: {}, diag }, diagnostics));
    expect(diagnostics.list.map(({ severity, message }) => [severity, message])).toEqual(
      diag ? [["diag", "'hello'"]] : [],
    );
  }
});

test(".SECTION follows the sections, also over files", () => {
  const env = {};
  const text = 'k "$.SECTION"\nglobal\nk "$.SECTION"\nfrontend www\nk "$.SECTION $.LINE"\n';
  expect(words(readText(text, "f", { env }, new Diagnostics()))).toEqual([
    "k|", "global", "k|global", "frontend|www", "k|www 5",
  ]); // prettier-ignore
});

describe("sources", () => {
  test("a folder stands for its visible *.cfg files in the order of their bytes", () => {
    const diagnostics = new Diagnostics();
    const reader = readConfig([join(dir, "many")], { env: {} }, diagnostics);
    expect(words(reader)).toEqual(["B", "a", "b"]);
    expect(reader.sources.map(({ name }) => name)).toEqual(
      ["B", "a", "b"].map((name) => join(dir, "many", `${name}.cfg`)),
    );
    expect(diagnostics.list).toEqual([]);
  });

  test("- is standard input, once", () => {
    const diagnostics = new Diagnostics();
    const stdin = Buffer.from("a \xe9\n", "latin1");
    expect(words(readConfig(["-", "-"], { env: {}, stdin }, diagnostics))).toEqual(["a|\xe9"]);
    expect(diagnostics.list.map(({ code, at }) => [code, at.file])).toEqual([["file/unreadable", "-"]]);
  });

  test("a byte order mark is an error, told once, and the words behind it are read", () => {
    const path = join(dir, "mark");
    const read = (bytes: string): [string[], string[]] => {
      writeFileSync(path, Buffer.from(bytes, "latin1"));
      const diagnostics = new Diagnostics();
      const lines = words(readConfig([path], { env: {} }, diagnostics));
      return [lines, diagnostics.list.map(({ code, at }) => `${code} ${at.line}:${at.column}`)];
    };
    expect(read("\xef\xbb\xbfa b\nc\n")).toEqual([["a|b", "c"], ["file/encoding 1:1"]]);
    expect(read("\xff\xfea\0\n\0b\0\n\0")).toEqual([[], ["file/encoding 1:1"]]);
    expect(read("\xfe\xff\0a\0\n")).toEqual([[], ["file/encoding 1:1"]]);
    expect(read("a\n\xef\xbb\xbfb\n")).toEqual([["a", "\xef\xbb\xbfb"], []]);
  });

  test("what cannot be read is reported, and the rest is read", () => {
    const diagnostics = new Diagnostics();
    const missing = join(dir, "nope.cfg");
    const reader = readConfig([missing, join(dir, "none"), join(dir, "many", "a.cfg")], { env: {} }, diagnostics);
    expect(words(reader)).toEqual(["a"]);
    expect(diagnostics.list.map(({ code }) => code)).toEqual(["file/unreadable", "file/empty-folder"]);
    expect(diagnostics.list[0]?.message).toBe(
      `Cannot open configuration file/directory ${missing} : No such file or directory`,
    );
    expect(diagnostics.list[1]?.message).toContain("holds no configuration file");
  });
});

test("nothing behind a NUL is read", () => {
  const diagnostics = new Diagnostics();
  const reader = readText("a\nb\0\nc\0\n.if 1\n", "f", { env: {} }, diagnostics);
  expect(words(reader)).toEqual(["a"]);
  expect(diagnostics.list.map(({ code, at }) => `${code} ${at.line}:${at.column}`)).toEqual([
    "syntax/nul-character 2:2",
  ]);
});

test("a file with too many errors is not read to its end, the next one is", () => {
  const diagnostics = new Diagnostics();
  const text = `${"'\n".repeat(9)}a\n`;
  const sources = [
    { name: "f", text },
    { name: "g", text },
  ];
  const reader = new ConfigReader(sources, { env: {}, maxErrors: 5 }, diagnostics);
  expect(words(reader)).toEqual([]);
  const found = diagnostics.list.map(({ code, at }) => `${at.file}:${at.line} ${code.replace(/.*\//, "")}`);
  const lines = [1, 2, 3, 4, 5].map((line) => `${line} unmatched-quote`);
  expect(found).toEqual(["f", "g"].flatMap((name) => [...lines, "6 too-many-errors"].map((end) => `${name}:${end}`)));
  expect(diagnostics.errors).toBe(12);
});
