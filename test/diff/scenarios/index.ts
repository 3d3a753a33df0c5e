import type { Scenario } from "../scenario.ts";
import { afterAnswers } from "./after-answers.ts";
import { auth } from "./auth.ts";
import { balance } from "./balance.ts";
import { cache } from "./cache/index.ts";
import { checks } from "./checks.ts";
import { compression } from "./compression.ts";
import { earlyLogs } from "./early-logs.ts";
import { edges } from "./edges.ts";
import { endsActs } from "./ends-acts.ts";
import { endsHttp } from "./ends-http.ts";
import { endsTcp } from "./ends-tcp.ts";
import { dualStack } from "./dual-stack.ts";
import { errors } from "./errors.ts";
import { failures } from "./failures.ts";
import { formats } from "./formats.ts";
import { framing } from "./framing.ts";
import { h2 } from "./h2/index.ts";
import { h2Ends } from "./h2-ends.ts";
import { h2Mixes } from "./h2-mixes.ts";
import { headers } from "./headers.ts";
import { httpErrors } from "./http-errors.ts";
import { keepAlive, reuse } from "./keep-alive.ts";
import { layers } from "./layers/index.ts";
import { lengths } from "./lengths.ts";
import { lastRule } from "./last-rule.ts";
import { logs } from "./logs.ts";
import { malformed } from "./malformed.ts";
import { relay } from "./tcp.ts";
import { proxyProtocol } from "./proxy-protocol.ts";
import { tcpContent } from "./tcp-content.ts";
import { tcpRules } from "./tcp-rules/index.ts";
import { targets } from "./targets.ts";
import { timeouts } from "./timeouts.ts";
import { persistence } from "./persistence.ts";
import { random } from "./random.ts";
import { rdp } from "./rdp.ts";
import { socksScenarios } from "./socks.ts";
import { settings } from "./settings.ts";
import { restatuses } from "./restatus.ts";
import { retries } from "./retries.ts";
import { connectTimeouts } from "./connect-timeouts.ts";
import { contentWaits } from "./content-waits.ts";
import { counterSamples } from "./counter-samples/index.ts";
import { counterSessions } from "./counters/sessions.ts";
import { counters } from "./counters/index.ts";
import { defaultsRules } from "./defaults-rules.ts";
import { destinations } from "./destinations.ts";
import { mutantEnds } from "./mutant-ends.ts";
import { mutants } from "./mutants.ts";
import { names } from "./names.ts";
import { negotiate } from "./negotiate.ts";
import { normalize } from "./normalize.ts";
import { operators } from "./operators.ts";
import { observe } from "./observe.ts";
import { oneWay } from "./one-way.ts";
import { options } from "./options.ts";
import { flow } from "./flow.ts";
import { stick } from "./stick/index.ts";
import { strict } from "./strict.ts";
import { framingRules } from "./framing-rules.ts";
import { rules } from "./rules.ts";
import { patterns } from "./patterns.ts";
import { places } from "./places.ts";
import { samples } from "./samples.ts";
import { uploads } from "./uploads.ts";
import { variables } from "./variables.ts";
import { sessionCounts } from "./session-counts.ts";
import { suite } from "./suite.ts";
import { suiteMore } from "./suite-more.ts";
import { patternApi } from "./pattern-api.ts";
import { runtimeState } from "./runtime-state.ts";
import { tableApi } from "./table-api.ts";
import { tls } from "./tls/index.ts";
import { tunnels } from "./tunnels.ts";
import { websocket } from "./websocket.ts";

export const scenarios: readonly Scenario[] = [
  ...keepAlive,
  ...reuse,
  ...negotiate,
  ...framing,
  ...malformed,
  ...headers,
  ...compression,
  ...tunnels,
  ...websocket,
  ...h2,
  ...h2Ends,
  ...layers,
  ...errors,
  ...lengths,
  ...timeouts,
  ...connectTimeouts,
  ...dualStack,
  ...oneWay,
  ...failures,
  ...relay,
  ...balance,
  ...logs,
  ...earlyLogs,
  ...checks,
  ...cache,
  ...persistence,
  ...restatuses,
  ...settings,
  ...socksScenarios,
  ...retries,
  ...sessionCounts,
  ...uploads,
  ...destinations,
  ...options,
  ...observe,
  ...rules,
  ...afterAnswers,
  ...lastRule,
  ...tcpRules,
  ...tcpContent,
  ...contentWaits,
  ...rdp,
  ...h2Mixes,
  ...proxyProtocol,
  ...auth,
  ...operators,
  ...normalize,
  ...formats,
  ...samples,
  ...tls,
  ...httpErrors,
  ...patterns,
  ...places,
  ...variables,
  ...counters,
  ...counterSamples,
  ...counterSessions,
  ...mutantEnds,
  ...mutants,
  ...names,
  ...defaultsRules,
  ...flow,
  ...stick,
  ...patternApi,
  ...runtimeState,
  ...tableApi,
  ...strict,
  ...framingRules,
  ...targets,
  ...edges,
  ...endsActs,
  ...endsHttp,
  ...endsTcp,
  ...random,
  ...suite,
  ...suiteMore,
];
