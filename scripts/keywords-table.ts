/**
 * Writes the table of supported keywords into README.md, between its markers, from the keyword tables and registries, and
 * that of deliberate differences from HAProxy from test/diff/divergences.ts:
 *
 *     node_modules/.bin/bun scripts/keywords-table.ts
 *
 * A test beside this file fails when one of them is stale.
 */
import { join } from "node:path";
import { type KeywordInfo, keywordTables } from "../src/config/keywords/index.ts";
import { knownBind, knownGlobal, knownOptions, knownProxy, knownServer } from "../src/config/keywords/known.ts";
import { sections } from "../src/config/sections/index.ts";
import { LATER_SECTIONS } from "../src/config/sections/names.ts";
import { converters } from "../src/expr/conv/index.ts";
import { fetches } from "../src/expr/fetch/index.ts";
import { knownConverters, knownFetches } from "../src/expr/known.ts";
import { mapRows } from "../src/expr/map/index.ts";
import { tags } from "../src/expr/logformat/tags/index.ts";
import { httpActions, laterActions } from "../src/rules/http/index.ts";
import { laterTcpActions, tcpActions } from "../src/rules/tcp/index.ts";
import { divergences } from "../test/diff/divergences.ts";

// The formatter would align the columns, and so change every line whenever one grows.
export const BEGIN = "<!-- keywords: made by scripts/keywords-table.ts -->\n\n<!-- prettier-ignore -->";
export const END = "<!-- /keywords -->";
const DIVERGENCES_BEGIN = "<!-- divergences: made by scripts/keywords-table.ts -->\n\n<!-- prettier-ignore -->";
const DIVERGENCES_END = "<!-- /divergences -->";
export const readme = join(import.meta.dir, "..", "README.md");

interface Family {
  readonly title: string;
  readonly rows: readonly Pick<KeywordInfo, "name" | "noEffect">[];
  /** Names HAProxy 2.6 has; those in `rows` do not count. */
  readonly known: Iterable<string>;
}

const names = (list: Iterable<string>): { name: string }[] => [...list].map((name) => ({ name }));

/** Lists of HAProxy's names by the title of the table they belong to. */
const knownOf: Readonly<Record<string, Iterable<string>>> = {
  global: knownGlobal,
  proxy: knownProxy,
  option: knownOptions,
  bind: knownBind.keys(),
  server: knownServer.keys(),
};

const titleOf: Readonly<Record<string, string>> = {
  global: "`global` section",
  proxy: "`defaults`, `frontend`, `listen`, `backend`",
};

function families(): Family[] {
  return [
    { title: "sections", rows: names(sections.keys()), known: LATER_SECTIONS },
    ...keywordTables.map(({ title, rows, prefix }) => ({
      title: titleOf[title] ?? `\`${prefix}\` …`,
      rows,
      known: knownOf[title] ?? [],
    })),
    { title: "actions of `http-*` rules", rows: names(httpActions.keys()), known: laterActions },
    { title: "actions of `tcp-*` rules", rows: names(tcpActions.keys()), known: laterTcpActions },
    { title: "sample fetches", rows: names(fetches.keys()), known: knownFetches },
    { title: "converters", rows: names([...converters.keys(), ...mapRows.keys()]), known: knownConverters },
    { title: "variables of log formats", rows: names(tags.keys()), known: [] },
  ];
}

/** Families of at least this many names are written as `prefix_*`. */
const FOLD = 6;

/** "3: `a`, `b`, `c`"; "-" for none. Many names that begin alike become one. */
export function listed(list: readonly string[]): string {
  if (list.length === 0) return "-";
  const byPrefix = Map.groupBy(list, (name) => /^[^._-]+[._-]/.exec(name)?.[0] ?? name);
  const parts = [...byPrefix].flatMap(([prefix, members]) =>
    members.length >= FOLD ? [`\`${prefix}*\` (${members.length})`] : members.map((name) => `\`${name}\``),
  );
  return `${list.length}: ${parts.join(", ")}`;
}

/** The table, without its markers. Ends with a line feed. */
export function keywordTable(): string {
  const lines = [
    "| family | supported | accepted without effect | not yet |",
    "| ------ | --------: | ----------------------- | ------- |",
  ];
  for (const { title, rows, known } of families()) {
    const idle = rows.filter(({ noEffect }) => noEffect !== undefined).map(({ name }) => name);
    const have = new Set(rows.map(({ name }) => name));
    const missing = [...new Set(known)].filter((name) => !have.has(name)).sort();
    lines.push(`| ${title} | ${rows.length - idle.length} | ${listed(idle)} | ${listed(missing)} |`);
  }
  return `${lines.join("\n")}\n`;
}

/** The table of reasons, without its markers: scenarios of one reason share a row. Ends with a line feed. */
export function divergenceTable(reasons: Readonly<Record<string, string>> = divergences): string {
  const byReason = new Map<string, string[]>();
  let last = "";
  for (const [name, reason] of Object.entries(reasons)) {
    // "as above, for the family UNIX"
    if (!reason.startsWith("as above")) last = reason;
    byReason.set(last, [...(byReason.get(last) ?? []), name]);
  }
  const cell = (text: string): string => text.replaceAll("|", "\\|");
  const rows = [...byReason].map(([reason, names]) => `| ${cell(names.join("; "))} | ${cell(reason)} |`);
  return ["| scenario | what differs, and why |", "| -------- | --------------------- |", ...rows, ""].join("\n");
}

/** The text with a table between the two markers. Throws when they are missing. */
export function withTable(text: string, table: string, first: string = BEGIN, last: string = END): string {
  const mark = first.slice(0, first.indexOf("\n"));
  const begin = text.indexOf(mark);
  const end = text.indexOf(last);
  if (begin < 0 || end < begin) throw new Error(`the markers '${mark}' and '${last}' are missing`);
  return `${text.slice(0, begin)}${first}\n${table}\n${text.slice(end)}`;
}

/** README.md as it should be. */
export function withTables(text: string): string {
  return withTable(withTable(text, keywordTable()), divergenceTable(), DIVERGENCES_BEGIN, DIVERGENCES_END);
}

if (import.meta.main) {
  const text = await Bun.file(readme).text();
  await Bun.write(readme, withTables(text));
}
