import { SETS } from "../../counters/shared.ts";
import { LARGEST_TABLE, layoutOf } from "../../table/layout.ts";
import type { ProxyDraft } from "../draft.ts";
import { type Check, errorAt, title } from "./check.ts";

/** No two tables have the same name, which a frontend and a backend can have in common, and each can be mapped into memory. */
export const checkStickTables: Check = ({ proxies, global, diagnostics }) => {
  const tables = new Map<string, ProxyDraft>();
  for (const proxy of proxies) {
    const { stickTable, marks } = proxy;
    if (stickTable === null) continue;
    const word = marks.get("own stick-table")!;
    const other = tables.get(proxy.name);
    if (other !== undefined) {
      const message = `there is a stick table '${proxy.name}' already: that of ${title(other)}, line ${other.at.line}`;
      errorAt(diagnostics, word, "config/duplicate-name", message);
      continue;
    }
    tables.set(proxy.name, proxy);
    const { bytes } = layoutOf(stickTable, Math.max(1, global.nbthread) * SETS);
    if (bytes <= LARGEST_TABLE) continue;
    const gigabytes = Math.ceil(bytes / 1024 ** 3);
    const message = `a stick table of ${stickTable.size} such entries takes ${gigabytes} GB: more than the 4 GB that fit`;
    errorAt(diagnostics, word, "config/out-of-range", message, "fewer entries, or fewer data types");
  }
};
