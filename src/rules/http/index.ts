import type { ActionRow, RuleSet } from "../types.ts";
import { authAction } from "./auth.ts";
import { captureAction } from "./capture.ts";
import { headerActions } from "./headers.ts";
import { normalizeUriAction } from "./normalize-uri.ts";
import { patternActions } from "./patterns.ts";
import { redirectAction } from "./redirect.ts";
import { statusActions } from "./status.ts";
import { uriActions } from "./uri.ts";
import { variableActions } from "./variables.ts";
import { verdictActions } from "./verdict.ts";

/** Every action of the rulesets of mode http. A name that occurs twice throws. */
export const httpActions: ReadonlyMap<string, ActionRow> = register([
  verdictActions,
  [redirectAction, authAction, normalizeUriAction],
  headerActions,
  uriActions,
  statusActions,
  variableActions,
  patternActions,
  [captureAction],
]);

function register(families: readonly (readonly ActionRow[])[]): ReadonlyMap<string, ActionRow> {
  const rows = new Map<string, ActionRow>();
  for (const row of families.flat()) {
    if (rows.has(row.name)) throw new Error(`action '${row.name}' is registered twice`);
    rows.set(row.name, row);
  }
  return rows;
}

/** Actions of HAProxy 2.6 without a row yet. */
export const laterActions: ReadonlySet<string> = new Set(
  `cache-store cache-use disable-l7-retry do-resolve early-hint
  reject sc-inc-gpc sc-inc-gpc0 sc-inc-gpc1 sc-set-gpt sc-set-gpt0 send-spoe-group set-dst set-dst-port set-mark
  set-nice set-priority-class set-priority-offset set-src set-src-port set-timeout set-tos silent-drop strict-mode tarpit
  track-sc0 track-sc1 track-sc2 use-service wait-for-body wait-for-handshake`.split(/\s+/),
);

export function actionsOf(ruleset: RuleSet): string[] {
  return [...httpActions.values()].filter((row) => row.where.includes(ruleset)).map((row) => row.name);
}
