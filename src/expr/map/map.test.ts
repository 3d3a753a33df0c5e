import { expect, test } from "bun:test";
import { PatternStore } from "../acl/store.ts";
import { argValue, bareContext } from "../acl/testing.helper.ts";
import type { ArgProblem } from "../args.ts";
import type { Converter } from "../converter.ts";
import type { CompileContext } from "../fetch/types.ts";
import { expand } from "./expand.ts";
import { mapConverters } from "./index.ts";

function store(files: Record<string, string>): PatternStore {
  return new PatternStore((path) => {
    const text = files[path];
    if (text === undefined) throw Object.assign(new Error(path), { code: "ENOENT" });
    return text;
  });
}

function make(from: PatternStore, name: string, ...texts: string[]): Converter | ArgProblem {
  const row = mapConverters(from).find((each) => each.name === name)!;
  return row.make(
    texts.map((text, i) => argValue(text, row.args[i]!.type)),
    {} as CompileContext,
  );
}

test("one row for each name of HAProxy 2.6, and the _key forms", () => {
  const names = mapConverters(store({})).map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(names.filter((name) => !name.endsWith("_key"))).toHaveLength(29);
  expect(names).toContain("map_regm");
  expect(names).toContain("map_int_key");
});

test("values change at run time for every map over the file, and only to what all can read", () => {
  const from = store({ file: "a 1\n" });
  const [text, number, key] = ["map", "map_str_int", "map_str_key"].map(
    (name) => make(from, name, "file") as Converter,
  );
  const set = from.find("file")!;
  const ask = () => [text, number, key].map((map) => map!("a", bareContext()));
  expect(ask()).toEqual(["1", 1, "a"]);
  expect(set.set("a", "x")).toBe("unable to parse 'x'");
  expect(ask()).toEqual(["1", 1, "a"]);
  expect(set.set("a", "-9223372036854775808")).toBe(1);
  expect(ask()).toEqual(["-9223372036854775808", -9223372036854775808n, "a"]);
  expect(set.add("b", "x")).toBe("unable to parse 'x'");
  expect(set.delete("a")).toBe(1);
  expect(ask()).toEqual([null, null, null]);
});

test("complaints name the argument, and file and line", () => {
  const from = store({ bad: "a 5\n# x\nb x\n", words: "10.0.0.0/8 a\nfoo b\n", good: "a 1.2.3.4\n" });
  expect(make(from, "map_str_int", "bad")).toEqual({ message: "unable to parse 'x' at line 3 of file 'bad'", arg: 0 });
  expect(make(from, "map_ip", "words")).toEqual({
    message: "'foo' is not a valid IPv4 or IPv6 address at line 2 of file 'words'",
    arg: 0,
  });
  expect(make(from, "map", "missing")).toEqual({ message: "failed to open pattern file <missing>", arg: 0 });
  expect(make(from, "map_str_ip", "good", "nowhere")).toEqual({ message: "'nowhere' is not an address", arg: 1 });
  expect(make(from, "map", "")).toMatchObject({ arg: 0 });
});

test("templates of map_regm", () => {
  expect(expand("\\2-\\1-\\0\\9|\\x41\\\\\\q", ["whole", "one", undefined])).toBe("-one-whole|A\\q");
  expect(expand("plain", [])).toBe("plain");
});
