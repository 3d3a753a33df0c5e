import { keywordTables, type KeywordInfo, type TableInfo } from "../../config/keywords/index.ts";
import { knownBind, knownGlobal, knownOptions, knownProxy, knownServer } from "../../config/keywords/known.ts";
import { removedGlobal, removedOptions, removedProxy } from "../../config/keywords/removed.ts";
import { sections } from "../../config/sections/index.ts";
import { LATER_SECTIONS } from "../../config/sections/names.ts";
import { details } from "./details.ts";
import { type Group, topic, type Topic } from "./topic.ts";

/** What the rows of a table are, in the singular. */
const KINDS: Readonly<Record<string, string>> = {
  global: "global keyword",
  proxy: "proxy keyword",
  option: "option",
  timeout: "timeout",
  bind: "bind parameter",
  server: "server parameter",
  balance: "balance algorithm",
};

/** Names of lists that differ from the tables'. */
const GROUPS: Readonly<Record<string, readonly [name: string, title: string]>> = {
  global: ["global", "Keywords of the global section"],
  proxy: ["proxy", "Keywords of defaults, frontend, listen and backend"],
  option: ["options", "Options (option NAME)"],
  timeout: ["timeouts", "Timeouts (timeout NAME)"],
  bind: ["bind", "Parameters of bind lines"],
  server: ["server", "Parameters of server and default-server lines"],
  balance: ["algorithms", "Algorithms of balance"],
};

/** Statements whose parameters have no sections of their own. */
const PARAMETERS: ReadonlySet<string> = new Set(["bind", "server", "stats-socket"]);

function keyword(row: KeywordInfo, table: TableInfo, group: string): Topic {
  const { name, usage, help, where, deprecated, invertible, noEffect } = row;
  const full = `${PARAMETERS.has(table.prefix) ? "" : `${table.prefix} `}${name} ${usage}`.trim();
  const known = details[`${table.prefix} ${name}`.trim()];
  const places = where.filter((place) => !PARAMETERS.has(place));
  const facts: [string, string][] = [];
  if (places.length > 0) facts.push(["valid in", places.join(", ")]);
  if (known?.default !== undefined) facts.push(["default", known.default]);
  if (invertible || table.prefix === "option") facts.push(["inverted", `no ${full.split(" <")[0]!.split(" [")[0]!}`]);
  if (deprecated !== undefined) facts.push(["deprecated", deprecated]);
  if (noEffect !== undefined) facts.push(["no effect", `accepted for compatibility: ${noEffect}`]);
  return topic({
    name: `${table.prefix} ${name}`.trim(),
    group,
    kind: KINDS[table.title] ?? `${table.title} parameter`,
    usage: full,
    summary: help,
    facts,
    examples: known?.example === undefined ? [] : [["example", known.example]],
  });
}

function tableGroup(table: TableInfo): Group {
  const [name, title] = GROUPS[table.title] ?? [table.prefix, `Parameters of ${table.title}`];
  return { name, title, topics: table.rows.map((row) => keyword(row, table, name)) };
}

function sectionTopic(name: string, usage: string, help: string): Topic {
  return topic({
    name,
    group: "sections",
    kind: "section",
    usage: `${name} ${usage}`.trim(),
    summary: help,
    facts: [["keywords", name === "global" ? "tlb help global" : "tlb help proxy"]],
  });
}

/** Sections and keyword tables, for `tlb help`. */
export const keywordGroups: readonly Group[] = [
  {
    name: "sections",
    title: "Sections of a configuration",
    topics: [...sections.values()].map(({ name, usage, help }) => sectionTopic(name, usage, help)),
  },
  ...keywordTables.map(tableGroup),
];

/** What HAProxy knows and tlb does not, or HAProxy itself no longer: found by name, in no list. */
export const absentTopics: readonly Topic[] = [
  ...absent("", "keyword", [...knownGlobal, ...knownProxy]),
  ...absent("option ", "option", knownOptions),
  ...absent("bind ", "bind parameter", knownBind.keys()),
  ...absent("server ", "server parameter", knownServer.keys()),
  ...absent("", "section", LATER_SECTIONS),
  ...removed("", [...removedGlobal, ...removedProxy]),
  ...removed("option ", removedOptions),
];

function absent(prefix: string, kind: string, names: Iterable<string>): Topic[] {
  return [...names].map((name) =>
    topic({ name: prefix + name, group: "", kind, summary: "Known to HAProxy 2.6, not supported by tlb yet" }),
  );
}

function removed(prefix: string, names: Iterable<readonly [string, string]>): Topic[] {
  return [...names].map(([name, instead]) =>
    topic({
      name: prefix + name,
      group: "",
      kind: "former keyword",
      summary: "HAProxy no longer has it",
      facts: instead === "" ? [] : [["instead", instead]],
    }),
  );
}
