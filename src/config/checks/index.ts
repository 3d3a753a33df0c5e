import { resolveServers } from "./addresses.ts";
import { checkBackends, checkUseBackend, checkUseServer } from "./backends.ts";
import type { Check } from "./check.ts";
import { checkCaches } from "./caches.ts";
import { checkDestinations, checkLimits, checkUnusedRules } from "./limits.ts";
import { checkAnyListener, checkDuplicateBinds, checkListeners, checkProtocols } from "./listeners.ts";
import { checkLogs } from "./logs.ts";
import { checkMode } from "./mode.ts";
import { checkNames } from "./names.ts";
import { checkRuleOrder } from "./rule-order.ts";
import { checkStickRules } from "./stick-rules.ts";
import { checkStickTables } from "./stick-tables.ts";
import { checkDynamicCookies, checkServers, checkTracking } from "./servers.ts";
import { loadServerStates } from "./server-states.ts";
import { checkTls } from "./tls.ts";
import { checkTimeouts } from "./timeouts.ts";
import { checkResolvers } from "./resolvers.ts";
import { checkExternal } from "./external.ts";
import { resolveErrorPages } from "./error-pages.ts";
import { checkUserlists } from "./userlists.ts";

/** In the order they run: those that repair drafts come before those that judge the result. */
export const checks: readonly Check[] = [
  checkNames,
  checkUserlists,
  checkCaches,
  checkResolvers,
  checkStickRules,
  checkStickTables,
  resolveErrorPages,
  checkRuleOrder,
  checkMode,
  checkBackends,
  checkUseBackend,
  checkUseServer,
  checkListeners,
  checkProtocols,
  checkDuplicateBinds,
  checkExternal,
  checkServers,
  checkTracking,
  loadServerStates,
  resolveServers,
  checkDynamicCookies,
  checkTls,
  checkTimeouts,
  checkLogs,
  checkLimits,
  checkUnusedRules,
  checkDestinations,
  checkAnyListener,
];
