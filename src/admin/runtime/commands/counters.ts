/** clear counters [all] */
import { C, COLUMNS, type ColumnName } from "../../../counters/columns.ts";
import type { Command } from "../command.ts";

const maxima: readonly ColumnName[] = [
  "sessMax",
  "queueMax",
  "sessRateMax",
  "reqRateMax",
  "connRateMax",
  "queueTimeMax",
  "connectTimeMax",
  "responseTimeMax",
  "totalTimeMax",
  "sslRateMax",
  "sslFrontKeyRateMax",
  "sslBackKeyRateMax",
];

/** What is no statistic but the present: clearing it would break the gauges. */
const kept: ReadonlySet<ColumnName> = new Set<ColumnName>([
  "ownLive",
  "ownQueued",
  "idleConns",
  "sslLive",
  "idleSafe",
  "usedConns",
  "h2OpenConns",
  "h2OpenStreams",
  "idlePercent",
  "loopTasks",
  "memoryBytes",
  "startedMs",
  "pipesUsed",
  "pipesFree",
]);

const everything = (Object.keys(C) as ColumnName[]).filter((name) => !kept.has(name));

/**
 * The slabs are written by the workers without locks: an event that a worker counts in the very moment a column is cleared may
 * bring its old value back. HAProxy's counters have the same race between threads.
 */
export const clearCounters: Command = {
  name: "clear counters",
  usage: "clear counters [all]",
  help: "set the maxima of all counters to zero, or all counters",
  level: "operator",
  run({ ctx, session, args }) {
    if (args[0] === "all" && session.level !== "admin") return { severity: 3, text: "Permission denied\n" };
    const columns = (args[0] === "all" ? everything : maxima).map((name) => C[name]);
    for (const slab of ctx.shared.slabs) {
      for (let slot = 0; slot < ctx.shared.slots; slot++) {
        for (const column of columns) {
          const at = slot * COLUMNS + column;
          // Reading first keeps untouched pages of the sparse segment untouched.
          if (slab[at] !== 0) slab[at] = 0;
        }
      }
    }
    return "";
  },
};
