import { expect, test } from "bun:test";
import { parseText } from "../../config/testing.helper.ts";
import { Tables } from "../../table/tables.ts";
import { clock, tick } from "../../util/clock.ts";
import { readDump, readEntry, storeEntries, type TableEntry } from "./tables.ts";

const TYPES = ["ip", "ipv6", "integer", "string", "binary"];

function tables(): Tables {
  const text = TYPES.map(
    (type) =>
      `backend ${type}\n stick-table type ${type} size 2 store server_id,gpc0,http_req_rate(10s),gpt(2),server_key\n`,
  ).join("");
  const found = new Tables(parseText(text).model!);
  found.attachLocal();
  tick();
  return found;
}

test.each<[string, Pick<TableEntry, "table" | "key" | "data">]>([
  ["a:10.0.0.1:gpc0=1", { table: "a", key: "10.0.0.1", data: [["gpc0", "1"]] }],
  [
    "a:2001:db8::1:gpc0=1,http_req_rate=20",
    {
      table: "a",
      key: "2001:db8::1",
      data: [
        ["gpc0", "1"],
        ["http_req_rate", "20"],
      ],
    },
  ],
  ["a:b:x=y:gpc0=1", { table: "a:b", key: "x=y", data: [["gpc0", "1"]] }],
  ["a:k=v,l=w:server_key=s1", { table: "a", key: "k=v,l=w", data: [["server_key", "s1"]] }],
  ["a:\xe4:gpc0=1", { table: "a", key: "\xc3\xa4", data: [["gpc0", "1"]] }],
])("--table %s", (text, entry) => {
  expect(readEntry(text, ["a", "a:b"])).toMatchObject(entry);
});

test("what is no entry", () => {
  expect(() => readEntry("c:k:gpc0=1", ["a", "b"])).toThrow("there are a, b");
  expect(() => readEntry("c:k:gpc0=1", [])).toThrow("the configuration has none");
  for (const text of ["a:k", "a:k:gpc0", "a::gpc0=1", "a:gpc0=1"]) {
    expect(() => readEntry(text, ["a"])).toThrow("NAME:KEY:DATA=VALUE");
  }
  const store = (text: string): void => storeEntries(tables(), [readEntry(text, TYPES)]);
  expect(() => store("ip:nobody:gpc0=1")).toThrow('"nobody" is no key of type ip');
  expect(() => store("integer:4294967296:gpc0=1")).toThrow("is no key of type integer");
  expect(() => store("binary:abc:gpc0=1")).toThrow("is no key of type binary");
  expect(() => store("ip:10.0.0.1:conn_cur=1")).toThrow("the table stores no conn_cur but server_id, gpc0");
  expect(() => store("ip:10.0.0.1:gpc0=x")).toThrow('gpc0 is a number, not "x"');
});

test("keys of all types, and their data", () => {
  const all = tables();
  const given = [
    ["ip", "10.0.0.1", Uint8Array.of(10, 0, 0, 1)],
    ["ipv6", "10.0.0.1", Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 0, 0, 1)],
    ["integer", "4294967295", 4294967295],
    ["string", "a:b", "a:b"],
    ["binary", "00fF", "\0\xff"],
  ] as const;
  for (const [type, text, key] of given) {
    storeEntries(all, [readEntry(`${type}:${text}:gpc0=7,http_req_rate=101,gpt1=3,server_key=s9`, TYPES)]);
    const table = all.get(type)!;
    const entry = table.lookup(key, clock.now);
    expect(entry).toBeGreaterThanOrEqual(0);
    expect(
      ["gpc0", "http_req_rate", "gpt0", "gpt1"].map((name) => table.read(entry, table.field(name)!, clock.now)),
    ).toEqual([7, 101, 0, 3]);
    expect(table.text(entry, table.field("server_key")!)).toBe("s9");
  }
});

test("an answer of show table", () => {
  const answer = [
    "# table: t, type: string, size:100, used:3",
    "0x1: key=a\\ b\\=\\\\\\xC3\\x00\\t use=0 exp=59999 server_id=1 http_req_rate(10000)=5 server_key=-",
    "0x2: key= use=1 exp=0 server_key=s1",
    "0x3: key=bare use=0 exp=0",
    "",
  ].join("\n");
  expect(readDump("t", answer)).toEqual([
    {
      table: "t",
      key: "a b=\\\xc3\0\t",
      data: [
        ["server_id", "1"],
        ["http_req_rate", "5"],
      ],
      text: "show table t",
    },
    { table: "t", key: "", data: [["server_key", "s1"]], text: "show table t" },
    { table: "t", key: "bare", data: [], text: "show table t" },
  ]);
  expect(readDump("t", "No such table\n")).toEqual([]);
  expect(() => readDump("t", "# table: t\n# contents not dumped due to insufficient privileges\n")).toThrow("too low");
});
