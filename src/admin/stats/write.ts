/** `show stat` as CSV, typed lines or JSON. Each yields text in pieces of one row, so that long answers need no big buffer. */
import { FIRST_MODULE_COLUMN, statColumns, tagsOf, type RowKind, type StatRow } from "./columns.ts";
import { jsonTags } from "./tags.ts";

/** RFC 4180: quoted only when needed. */
function csvValue(value: string | number): string {
  if (typeof value === "number") return String(value);
  return /[",\n\r]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

export function csvHeader(): string {
  const names = statColumns.map((column) => column.name);
  return `# ${[...names.slice(0, FIRST_MODULE_COLUMN), "-", ...names.slice(FIRST_MODULE_COLUMN)].join(",")},\n`;
}

export function csvRow(row: StatRow): string {
  let out = "";
  for (const [i, column] of statColumns.entries()) {
    if (i === FIRST_MODULE_COLUMN) out += "-,";
    const value = row.values[column.name];
    out += value === undefined ? "," : `${csvValue(value)},`;
  }
  return `${out}\n`;
}

const kindLetter: Readonly<Record<RowKind, string>> = { frontend: "F", backend: "B", server: "S", listener: "L" };

/** Lines `F.2.0.5.smax.1:MMP:u32:1`; with `help`, the description in quotes behind it. */
function typedRow(row: StatRow, help: boolean): string {
  let out = "";
  for (const [i, column] of statColumns.entries()) {
    const value = row.values[column.name];
    if (value === undefined) continue;
    out += `${kindLetter[row.kind]}.${row.iid}.${row.sid}.${i}.${column.name}.1:${tagsOf(column, row.kind)}:${column.type}:${value}`;
    out += help ? `:"${column.help}"\n` : "\n";
  }
  return out;
}

const kindName: Readonly<Record<RowKind, string>> = {
  frontend: "Frontend",
  backend: "Backend",
  server: "Server",
  listener: "Listener",
};

function jsonRow(row: StatRow): string {
  const fields: string[] = [];
  for (const [pos, column] of statColumns.entries()) {
    const value = row.values[column.name];
    if (value === undefined) continue;
    fields.push(
      JSON.stringify({
        objType: kindName[row.kind],
        proxyId: row.iid,
        id: row.sid,
        field: { pos, name: column.name },
        processNum: 1,
        tags: jsonTags(tagsOf(column, row.kind)),
        value: { type: column.type, value },
      }),
    );
  }
  return `[${fields.join(",")}]`;
}

export function* csv(rows: Iterable<StatRow>): Generator<string, void> {
  yield csvHeader();
  for (const row of rows) yield csvRow(row);
}

export function* typed(rows: Iterable<StatRow>, help = false): Generator<string, void> {
  for (const row of rows) yield typedRow(row, help);
}

export function* json(rows: Iterable<StatRow>): Generator<string, void> {
  let first = true;
  yield "[";
  for (const row of rows) {
    yield first ? jsonRow(row) : `,${jsonRow(row)}`;
    first = false;
  }
  yield "]\n";
}
