/** Every command of the runtime API. Adding one is a line here. Order: as `help` lists them. */
import type { AdminContext } from "../context.ts";
import type { Command } from "./command.ts";
import * as cli from "./commands/cli.ts";
import { showInfo, showSchema, showStat } from "./commands/show.ts";

const registered: readonly Command[] = [
  cli.operator,
  cli.setSeverity,
  cli.setTimeoutCli,
  cli.showCliLevel,
  cli.showCliSockets,
  cli.showEnv,
  cli.showVersion,
  cli.user,
  cli.help,
  cli.prompt,
  cli.quit,
  showInfo,
  showSchema,
  showStat,
];

const sorted = [...registered].sort((a, b) => (a.name < b.name ? -1 : 1));
for (const [i, command] of sorted.entries()) {
  if (sorted[i + 1]?.name === command.name) throw new Error(`runtime command ${command.name} is registered twice`);
}

/** The commands whose effect is real in this process, sorted by name. */
export function commandsOf(ctx: AdminContext): readonly Command[] {
  return sorted.filter(({ needs }) => needs === undefined || ctx.queries.has(needs));
}
