import { httpActions, laterActions } from "./http/index.ts";
import { laterTcpActions, tcpActions } from "./tcp/index.ts";
import type { ActionRow, RuleSet } from "./types.ts";

function isTcp(ruleset: RuleSet): boolean {
  return ruleset.startsWith("tcp-");
}

/** The action of this name in a ruleset's registry; it may belong to other rulesets of that registry only. */
export function actionRow(ruleset: RuleSet, name: string): ActionRow | undefined {
  return (isTcp(ruleset) ? tcpActions : httpActions).get(name);
}

/** HAProxy 2.6 has this action in some ruleset of the family, and it has no row yet. */
export function isLater(ruleset: RuleSet, name: string): boolean {
  return (isTcp(ruleset) ? laterTcpActions : laterActions).has(name);
}

/** Names of the actions of a ruleset. */
export function actionsOf(ruleset: RuleSet): string[] {
  const rows = isTcp(ruleset) ? tcpActions : httpActions;
  return [...rows.values()].filter((row) => row.where.includes(ruleset)).map((row) => row.name);
}
