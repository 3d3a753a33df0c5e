/** What is in the stick tables when an explanation begins: nothing, unless it is told or asked of the running process. */
import { castOf } from "../../expr/cast.ts";
import type { SampleContext } from "../../expr/context.ts";
import type { KeyValue } from "../../table/key.ts";
import type { Table } from "../../table/table.ts";
import type { Tables } from "../../table/tables.ts";
import { clock } from "../../util/clock.ts";
import { parseIp } from "../../util/ip.ts";
import { UsageError } from "../command.ts";
import { quoted } from "./values.ts";

/** An entry as text: its key as `show table` shows it, or as it is typed. */
export interface TableEntry {
  readonly table: string;
  readonly key: string;
  readonly data: readonly (readonly [name: string, value: string])[];
  /** As it was given, for messages. */
  readonly text: string;
}

/** `NAME:KEY:DATA=VALUE[,DATA=VALUE]...`. Names of tables and keys may hold colons: `names` decides. Throws UsageError. */
export function readEntry(text: string, names: readonly string[]): TableEntry {
  const table = names
    .filter((name) => text.startsWith(`${name}:`))
    .sort((a, b) => b.length - a.length)
    .at(0);
  if (table === undefined) {
    const which = names.length === 0 ? "the configuration has none" : `there are ${names.join(", ")}`;
    throw new UsageError(`--table ${text} begins with no name of a stick table and a colon: ${which}`);
  }
  const found = /^(.+):(\w+=[^,=:]*(?:,\w+=[^,=:]*)*)$/s.exec(text.slice(table.length + 1));
  if (found === null) throw new UsageError(`--table ${text} is not written NAME:KEY:DATA=VALUE[,DATA=VALUE]...`);
  const data = found[2]!.split(",").map((pair): [string, string] => {
    const at = pair.indexOf("=");
    return [pair.slice(0, at), pair.slice(at + 1)];
  });
  return { table, key: Buffer.from(found[1]!, "utf8").toString("latin1"), data, text: `--table ${text}` };
}

/** `0x1: key=10.0.0.1 use=0 exp=100 gpc0=1 http_req_rate(10000)=4`; blanks in keys have a backslash before them. */
const LINE = /^0x[0-9a-f]+: key=((?:[^\\ ]|\\.)*) use=\d+ exp=\d+ ?(.*)$/s;

/** The entries of an answer to `show table NAME`; none when the running process has no such table. Throws UsageError. */
export function readDump(table: string, answer: string): TableEntry[] {
  if (/^Permission denied|insufficient privileges/m.test(answer)) {
    throw new UsageError(`the runtime socket does not show the entries of '${table}': its level is too low`, 1);
  }
  return answer.split("\n").flatMap((line): TableEntry[] => {
    const found = LINE.exec(line);
    if (found === null) return [];
    const data = found[2]!.split(" ").flatMap((pair): [string, string][] => {
      const match = /^(\w+)(?:\(\d+\))?=(.*)$/.exec(pair);
      return match === null || match[2] === "-" ? [] : [[match[1]!, match[2]!]];
    });
    return [{ table, key: unescaped(found[1]!), data, text: `show table ${table}` }];
  });
}

const letters: Readonly<Record<string, string>> = { t: "\t", n: "\n", r: "\r", e: "\x1b" };

function unescaped(text: string): string {
  return text.replace(/\\(?:x([0-9A-F]{2})|(.))/g, (_, code: string | undefined, char: string | undefined) =>
    code === undefined ? (letters[char!] ?? char!) : String.fromCharCode(parseInt(code, 16)),
  );
}

/** Makes the entries, as if they had come to be what they are right now. Throws UsageError for what a table cannot hold. */
export function storeEntries(tables: Tables, entries: readonly TableEntry[]): void {
  for (const { table: name, key: keyText, data, text } of entries) {
    const table = tables.get(name);
    if (table === undefined) continue;
    const key = keyOf(table, keyText);
    if (key === null) throw new UsageError(`${text}: ${quoted(keyText)} is no key of type ${table.model.keyType}`);
    const entry = table.obtain(key, clock.now);
    if (entry < 0) throw new UsageError(`${text}: the table is full`);
    for (const [type, value] of data) setDatum(table, entry, type, value, text);
    table.touch(entry, clock.now);
  }
}

function setDatum(table: Table, entry: number, type: string, value: string, text: string): void {
  const field = table.field(type);
  if (field === null) {
    const stored = table.fields.map(({ name }) => name).join(", ");
    throw new UsageError(`${text}: the table stores no ${type}${stored === "" ? "" : ` but ${stored}`}`);
  }
  if (field.kind === "text") table.setText(entry, field, value);
  else if (/^-?\d+$/.test(value)) table.set(entry, field, Number(value), clock.now);
  else throw new UsageError(`${text}: ${type} is a number, not ${quoted(value)}`);
}

/** Binary keys are hexadecimal. */
function keyOf({ model: { keyType } }: Table, text: string): KeyValue | null {
  switch (keyType) {
    case "ip": {
      const bytes = parseIp(text);
      return bytes?.length === 4 ? bytes : null;
    }
    case "ipv6": {
      const bytes = parseIp(text);
      if (bytes === null || bytes.length === 16) return bytes;
      const cast = castOf("ipv4", "ipv6");
      return cast === "=" ? bytes : (cast(bytes, {} as SampleContext) as Uint8Array);
    }
    case "integer":
      return /^\d+$/.test(text) && Number(text) <= 0xffffffff ? Number(text) : null;
    case "string":
      return text;
    case "binary":
      return /^(?:[0-9A-Fa-f]{2})+$/.test(text) ? Buffer.from(text, "hex").toString("latin1") : null;
  }
}
