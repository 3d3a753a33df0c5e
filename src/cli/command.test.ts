import { expect, test } from "bun:test";
import { integerOption, scan, scanStrictly, UsageError, valuesOf } from "./command.ts";
import { parseRuntimeAddress } from "./runtime.ts";
import { parseStats } from "./stats.ts";
import { type Column, fit, humanBytes, humanSeconds, renderTable } from "./table.ts";

const defs = {
  file: { type: "string", alias: "f" },
  quiet: { type: "boolean", alias: "q" },
  name: { type: "positional" },
  more: { type: "positional", required: false },
} as const;

test("options repeat, take values either way, and end at --", () => {
  const scanned = scan(["-f", "a", "--file=b", "-q", "x", "--file", "-", "--", "-f"], defs);
  expect(valuesOf(scanned, "file")).toEqual(["a", "b", "-"]);
  expect(valuesOf(scanned, "quiet")).toEqual(["true"]);
  expect(scanned.positionals).toEqual(["x", "-f"]);
});

test("mistakes are told", () => {
  const mistakes: [string[], string][] = [
    [["--fiel", "a"], "unknown option '--fiel'; did you mean '--file'?"],
    [["-f"], "option '-f' needs a value"],
    [["--quiet=1"], "option '--quiet' takes no value"],
    [[], "missing argument NAME"],
    [["a", "b", "c"], "unexpected argument 'c'"],
  ];
  for (const [raw, message] of mistakes) expect(() => scanStrictly(raw, defs)).toThrow(new UsageError(message));
  expect(() => integerOption("0", "interval", 1, 1)).toThrow("--interval needs an integer of at least 1");
  expect(integerOption(undefined, "interval", 7, 1)).toBe(7);
});

test("addresses of runtime sockets", () => {
  expect(parseRuntimeAddress("/run/x")).toEqual({ unix: "/run/x" });
  expect(parseRuntimeAddress("unix@x.sock")).toEqual({ unix: "x.sock" });
  expect(parseRuntimeAddress("abns@x")).toEqual({ unix: "\0x" });
  expect(parseRuntimeAddress("127.0.0.1:99")).toEqual({ hostname: "127.0.0.1", port: 99 });
  expect(parseRuntimeAddress(":99")).toEqual({ hostname: "127.0.0.1", port: 99 });
  expect(parseRuntimeAddress("ipv6@[::1]:99")).toEqual({ hostname: "::1", port: 99 });
});

test("statistics: quoted fields, empty fields, trailing comma", () => {
  const [row] = parseStats('# pxname,svname,last_chk,\nweb,FRONTEND,"a,""b""",\n\n');
  expect([...row!]).toEqual([
    ["pxname", "web"],
    ["svname", "FRONTEND"],
    ["last_chk", 'a,"b"'],
    ["", ""],
  ]);
  expect(() => parseStats("Unknown command.\n")).toThrow("Unknown command.");
});

test("tables align, fit and have no trailing spaces", () => {
  type Row = readonly [string, number, string];
  const columns: Column<Row>[] = [
    { title: "NAME", align: "left", drop: 0, text: (row) => row[0] },
    { title: "N", align: "right", drop: 1, text: (row) => String(row[1]) },
    { title: "NOTE", align: "left", drop: 2, text: (row) => row[2] },
  ];
  const rows: Row[] = [["a", 5, ""], ["日本語", 1234, "x"]]; // prettier-ignore
  expect(renderTable(columns, rows, 0)).toBe("NAME       N  NOTE\na          5\n日本語  1234  x\n");
  expect(fit(columns, rows, 17).map(({ title }) => title)).toEqual(["NAME", "N"]);
  expect(fit(columns, rows, 1).map(({ title }) => title)).toEqual(["NAME"]);
});

test("numbers for people", () => {
  expect([0, 1023, 1024, 1536, 10240, 5 * 1024 ** 3].map(humanBytes)).toEqual([
    "0",
    "1023",
    "1.0K",
    "1.5K",
    "10K",
    "5.0G",
  ]);
  expect([0, 59, 60, 3725, 90000].map(humanSeconds)).toEqual(["0s", "59s", "1m", "1h2m", "1d1h"]);
});
