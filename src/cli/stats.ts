/** The answer of `show stat` as rows, and the columns of `tlb stats`. */
import type { Colors } from "picocolors/types";
import { firstLine } from "./runtime.ts";
import { type Column, humanBytes, humanSeconds } from "./table.ts";

/** One line of `show stat` by column name; absent values are "". */
export type StatRow = ReadonlyMap<string, string>;

/** Reads CSV with its `# pxname,…` header; fields may be in double quotes. Throws when there is no header. */
export function parseStats(csv: string): StatRow[] {
  const lines = csv.split("\n").filter((line) => line.trim() !== "");
  const header = lines[0];
  if (header === undefined || !header.startsWith("# ")) throw new Error(firstLine(csv) || "an empty line");
  const names = csvFields(header.slice(2));
  return lines.slice(1).map((line) => {
    const values = csvFields(line);
    return new Map(names.map((name, i) => [name, values[i] ?? ""]));
  });
}

function csvFields(line: string): string[] {
  const fields: string[] = [];
  for (const match of line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)) {
    fields.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? "");
  }
  return fields;
}

function get(row: StatRow, name: string): string {
  return row.get(name) ?? "";
}

function number(row: StatRow, name: string): number {
  return Number(get(row, name)) || 0;
}

/** Frontend, backend, server or listener, by the type column. */
function isServer(row: StatRow): boolean {
  return get(row, "type") === "2";
}

const plain =
  (name: string) =>
  (row: StatRow): string =>
    get(row, name);

/** "12/2000": the current value and, when there is one, its limit. */
function withLimit(row: StatRow): string {
  const limit = get(row, "slim");
  return limit === "" ? get(row, "scur") : `${get(row, "scur")}/${limit}`;
}

function checkText(row: StatRow): string {
  const status = get(row, "check_status");
  if (status === "") return "";
  const code = get(row, "check_code");
  const took = get(row, "check_duration");
  return `${status}${code === "" || code === "0" ? "" : `/${code}`}${took === "" ? "" : ` ${took}ms`}`;
}

/** Percent of 5xx among the answers of an HTTP proxy; "" before the first. */
function errorShare(row: StatRow): string {
  const codes = ["1xx", "2xx", "3xx", "4xx", "5xx", "other"].map((code) => number(row, `hrsp_${code}`));
  const total = codes.reduce((a, b) => a + b, 0);
  return total === 0 ? "" : `${((number(row, "hrsp_5xx") * 100) / total).toFixed(1)}%`;
}

export function statColumns(colors: Colors): Column<StatRow>[] {
  const paintStatus = (cell: string, row: StatRow): string => {
    const status = get(row, "status");
    if (/^(UP|OPEN)/.test(status)) return status.startsWith("UP ") ? colors.yellow(cell) : colors.green(cell);
    if (/^(DOWN|STOP)/.test(status)) return colors.red(cell);
    if (/^(MAINT|DRAIN|NOLB)/.test(status)) return colors.cyan(cell);
    return colors.dim(cell);
  };
  const warn =
    (name: string) =>
    (cell: string, row: StatRow): string =>
      number(row, name) > 0 ? colors.yellow(cell) : cell;
  return [
    {
      title: "PROXY",
      align: "left",
      drop: 0,
      text: plain("pxname"),
      paint: (c, r) => (isServer(r) ? colors.dim(c) : colors.bold(c)),
    },
    { title: "NAME", align: "left", drop: 0, text: plain("svname") },
    { title: "STATUS", align: "left", drop: 0, text: plain("status"), paint: paintStatus },
    { title: "SESS", align: "right", drop: 1, text: withLimit },
    { title: "MAX", align: "right", drop: 8, text: plain("smax") },
    { title: "QUEUE", align: "right", drop: 5, text: plain("qcur"), paint: warn("qcur") },
    { title: "RATE", align: "right", drop: 2, text: plain("rate") },
    { title: "TOTAL", align: "right", drop: 3, text: plain("stot") },
    { title: "IN", align: "right", drop: 6, text: (row) => humanBytes(number(row, "bin")) },
    { title: "OUT", align: "right", drop: 6, text: (row) => humanBytes(number(row, "bout")) },
    { title: "5XX", align: "right", drop: 4, text: errorShare, paint: warn("hrsp_5xx") },
    { title: "ECON", align: "right", drop: 7, text: plain("econ"), paint: warn("econ") },
    { title: "RETR", align: "right", drop: 9, text: plain("wretr"), paint: warn("wretr") },
    { title: "WGT", align: "right", drop: 10, text: plain("weight") },
    { title: "CHECK", align: "left", drop: 5, text: checkText },
    {
      title: "SINCE",
      align: "right",
      drop: 9,
      text: (row) => (get(row, "lastchg") === "" ? "" : humanSeconds(number(row, "lastchg"))),
    },
  ];
}
