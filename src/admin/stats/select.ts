/** Which rows `show stat` shows, and in what order. */
import { Admin, Oper, S } from "../../counters/shared.ts";
import type { AdminContext } from "../context.ts";
import type { StatRow } from "./columns.ts";
import { backendRow } from "./backend-row.ts";
import { frontendRow, listenerRow } from "./front-rows.ts";
import type { RowOptions } from "./parts.ts";
import { serverRow } from "./server-row.ts";

/** Bits of the second argument of `show stat`. */
const StatType = { frontend: 1, backend: 2, server: 4, all: 7 } as const;

export interface Selection extends RowOptions {
  /** Number of the only proxy to show; -1 = all. */
  readonly iid: number;
  /** Bits of StatType; -1 = all. */
  readonly types: number;
  /** Number of the only server or listener to show; -1 = all. */
  readonly sid: number;
  /** Leave out servers that are in maintenance. */
  readonly noMaint: boolean;
  /** Leave out servers that are down. */
  readonly onlyUp: boolean;
}

export function selectAll(nowMs: number, legends = true): Selection {
  return { iid: -1, types: -1, sid: -1, noMaint: false, onlyUp: false, nowMs, legends };
}

/** Rows in configuration order: FRONTEND, listeners (`option socket-stats`), servers, BACKEND. Disabled proxies have none. */
export function* statRows(ctx: AdminContext, selection: Selection): Generator<StatRow, void> {
  const { iid, types, sid } = selection;
  for (const proxy of ctx.model().proxies) {
    if (iid !== -1 && proxy.id !== iid) continue;
    if (proxy.disabled) continue;
    const front = proxy.kind !== "backend";
    const back = proxy.kind !== "frontend";
    if (front && types & StatType.frontend && (sid === -1 || sid === 0)) yield frontendRow(ctx, proxy, selection);
    if (front && proxy.options["socket-stats"] && types & StatType.server) {
      for (const bind of proxy.binds) {
        if (sid === -1 || sid === bind.id) yield listenerRow(ctx, proxy, bind, selection);
      }
    }
    if (back && types & StatType.server) {
      for (const server of proxy.servers) {
        if (sid !== -1 && sid !== server.id) continue;
        const slot = ctx.slotOf(`S/${proxy.name}/${server.name}`);
        const maint = (ctx.shared.getState(slot, S.admin) & Admin.maint) !== 0;
        if ((selection.noMaint || selection.onlyUp) && maint) continue;
        if (selection.onlyUp && ctx.shared.getState(slot, S.oper) === Oper.stopped) continue;
        yield serverRow(ctx, proxy, server, selection);
      }
    }
    if (back && types & StatType.backend && (sid === -1 || sid === 0)) {
      yield backendRow(ctx, proxy, selection, selection.onlyUp);
    }
  }
}
