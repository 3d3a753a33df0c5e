import { addressText } from "../../../expr/cast.ts";
import type { KeyValue } from "../../../table/key.ts";
import type { Table } from "../../../table/table.ts";

/** Lines handed over at a time. */
const BATCH = 256;

/** The line of a table; entries past their end do not count. */
export function tableLine(table: Table, now: number): string {
  const { name, keyType, size } = table.model;
  table.sweep(now, size);
  return `# table: ${name}, type: ${keyType}, size:${size}, used:${table.used}\n`;
}

/** What those may see who may not see entries. */
export function withoutEntries(table: Table, now: number): string {
  return `${tableLine(table, now)}# contents not dumped due to insufficient privileges\n`;
}

/** A table and those of its entries that pass all filters, in the order of their keys. */
export function* dumpTable(
  table: Table,
  filters: readonly ((entry: number) => boolean)[],
  now: number,
): Generator<string> {
  yield tableLine(table, now);
  const found: number[] = [];
  for (let entry = table.next(0, now); entry >= 0; entry = table.next(entry + 1, now)) {
    if (filters.every((passes) => passes(entry))) found.push(entry);
  }
  found.sort((a, b) => table.compareKeys(a, b));
  for (let i = 0; i < found.length; i += BATCH) {
    let lines = "";
    for (const entry of found.slice(i, i + BATCH)) {
      // It may be gone by now: the reader takes its time.
      if (table.next(entry, now) === entry) lines += entryLine(table, entry, now);
    }
    yield lines;
  }
}

/** There are no addresses to show: entries have their number. */
function entryLine(table: Table, entry: number, now: number): string {
  const { keyType } = table.model;
  let line = `0x${(entry + 1).toString(16)}: key=${keyText(table.keyOf(entry), keyType === "binary")}`;
  line += ` use=${table.uses(entry)} exp=${Math.round(table.remaining(entry, now))}`;
  for (const field of table.fields) {
    const value = field.kind === "text" ? (table.text(entry, field) ?? "-") : table.read(entry, field, now);
    line += field.period > 0 ? ` ${field.name}(${field.period})=${value}` : ` ${field.name}=${value}`;
  }
  return `${line}\n`;
}

function keyText(key: KeyValue, binary: boolean): string {
  if (typeof key === "number") return String(key);
  if (typeof key !== "string") return addressText(key);
  return binary ? Buffer.from(key, "latin1").toString("hex").toUpperCase() : escaped(key);
}

const letters: Readonly<Record<string, string>> = {
  "\t": "\\t",
  "\n": "\\n",
  "\r": "\\r",
  "\x1b": "\\e",
  "\\": "\\\\",
  " ": "\\ ",
  "=": "\\=",
};

function escaped(text: string): string {
  return text.replace(
    /[^!-<>-[\]-~]/g,
    (char) => letters[char] ?? `\\x${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
}
