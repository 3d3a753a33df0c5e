/** Every command of the runtime API. Adding one is a line here. */
import type { AdminContext } from "../context.ts";
import type { Command } from "./command.ts";
import * as cli from "./commands/cli.ts";
import { showCache } from "./commands/cache.ts";
import { clearCounters } from "./commands/counters.ts";
import * as frontend from "./commands/frontend.ts";
import * as master from "./commands/master.ts";
import { getVar } from "./commands/variable.ts";
import * as dynamicCookie from "./commands/dynamic-cookie.ts";
import { showLibs, showPeers, showStartupLogs, showTlsKeys } from "./commands/process-files.ts";
import { showResolvers } from "./commands/resolvers.ts";
import { showTlsFiles } from "./commands/tls-files.ts";
import * as patternEdit from "./commands/pattern-edit.ts";
import * as patternGet from "./commands/pattern-get.ts";
import * as patternShow from "./commands/pattern-show.ts";
import * as patternVersion from "./commands/pattern-version.ts";
import * as process from "./commands/process.ts";
import { setRateLimit } from "./commands/rate-limit.ts";
import * as server from "./commands/server.ts";
import * as servers from "./commands/servers.ts";
import { showErrors } from "./commands/errors.ts";
import * as session from "./commands/session.ts";
import * as show from "./commands/show.ts";
import * as table from "./commands/table.ts";

const registered: readonly Command[] = [
  cli.help,
  cli.operator,
  cli.prompt,
  cli.quit,
  cli.setSeverity,
  cli.setTimeoutCli,
  cli.showCliLevel,
  cli.showCliSockets,
  cli.showEnv,
  cli.showVersion,
  cli.user,
  clearCounters,
  setRateLimit,
  frontend.disableFrontend,
  frontend.enableFrontend,
  frontend.setMaxconnFrontend,
  frontend.setMaxconnGlobal,
  frontend.shutdownFrontend,
  dynamicCookie.disableDynamicCookie,
  dynamicCookie.enableDynamicCookie,
  dynamicCookie.setDynamicCookieKey,
  ...showTlsFiles,
  showResolvers,
  showLibs,
  showPeers,
  showStartupLogs,
  showTlsKeys,
  getVar,
  patternEdit.addAcl,
  patternEdit.addMap,
  patternEdit.clearAcl,
  patternEdit.clearMap,
  patternEdit.delAcl,
  patternEdit.delMap,
  patternEdit.setMap,
  patternGet.getAcl,
  patternGet.getMap,
  patternShow.showAcl,
  patternShow.showMap,
  patternVersion.commitAcl,
  patternVersion.commitMap,
  patternVersion.prepareAcl,
  patternVersion.prepareMap,
  process.drainProcess,
  process.getSockets,
  process.reload,
  process.showWorkers,
  process.upgrade,
  server.disableAgent,
  server.disableHealth,
  server.disableServer,
  server.enableAgent,
  server.enableHealth,
  server.enableServer,
  server.getWeight,
  server.setMaxconnServer,
  server.setServer,
  server.setWeightCommand,
  servers.showBackend,
  servers.showServersConn,
  servers.showServersState,
  showErrors,
  session.showSess,
  session.shutdownSession,
  session.shutdownSessionsServer,
  showCache,
  show.showInfo,
  show.showSchema,
  show.showStat,
  table.clearTable,
  table.setTable,
  table.showTable,
];

/** What the master CLI offers without a prefix, in the order of `help`. */
export const masterCommands: readonly Command[] = [
  master.toPid,
  master.toRelative,
  master.toMaster,
  cli.help,
  cli.operator,
  cli.prompt,
  cli.quit,
  cli.showCliLevel,
  cli.showCliSockets,
  master.showProc,
  cli.showVersion,
  cli.user,
  process.reload,
  process.showWorkers,
  process.upgrade,
];

const sorted = [...registered].sort((a, b) => (a.name < b.name ? -1 : 1));
for (const [i, command] of sorted.entries()) {
  if (sorted[i + 1]?.name === command.name) throw new Error(`runtime command ${command.name} is registered twice`);
}

/** All that people may write, sorted by name, for `tlb help`. */
export const listedCommands: readonly Command[] = sorted.filter(({ hidden }) => hidden !== true);

/** The commands whose effect is real in this process, sorted by name, as `help` lists them. */
export function commandsOf(ctx: AdminContext): readonly Command[] {
  return sorted.filter(({ needs }) => needs === undefined || ctx.queries.has(needs));
}
