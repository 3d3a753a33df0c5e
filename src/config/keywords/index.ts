import { algorithms } from "../../balance/index.ts";
import { bindParameters } from "./bind.ts";
import { httpCheckRules, tcpCheckRules } from "./check.ts";
import { globalKeywords } from "./global.ts";
import type { Where } from "./keyword.ts";
import { options } from "./options.ts";
import { proxyKeywords } from "./proxy.ts";
import { serverParameters } from "./server.ts";
import { socketParameters } from "./stats-socket.ts";
import { timeouts } from "./timeouts.ts";

/** What help, completion and linters need of a row: everything but how it is parsed. */
export interface KeywordInfo {
  readonly name: string;
  readonly where: readonly Where[];
  readonly usage: string;
  readonly help: string;
  readonly deprecated?: string;
  readonly invertible?: true;
  readonly noEffect?: string;
}

/** One table of keywords, for help and completion. */
export interface TableInfo {
  readonly title: string;
  /** What stands before the name in a configuration line, e.g. "option"; empty for plain keywords. */
  readonly prefix: string;
  readonly rows: readonly KeywordInfo[];
}

function info(prefix: string, table: { readonly title: string; rows(): Iterable<KeywordInfo> }): TableInfo {
  return { title: table.title, prefix, rows: [...table.rows()] };
}

/** Every keyword table, for `tlb help`, completions, the formatter and the linter. */
export const keywordTables: readonly TableInfo[] = [
  info("", globalKeywords),
  info("", proxyKeywords),
  info("option", options),
  info("timeout", timeouts),
  info("bind", bindParameters),
  info("server", serverParameters),
  info("http-check", httpCheckRules),
  info("tcp-check", tcpCheckRules),
  info("stats socket", socketParameters),
  {
    title: "balance",
    prefix: "balance",
    rows: Object.entries(algorithms).map(([name, row]) => ({
      name,
      where: ["defaults", "listen", "backend"],
      usage: row.usage.slice(name.length).trim(),
      help: row.help,
    })),
  },
];
