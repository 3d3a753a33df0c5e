/** Samples and converters about entries of stick tables, and the actions that change them. */
import type { Scenario } from "../../scenario.ts";
import { ofCounters } from "./of-counters.ts";
import { others } from "./samples.ts";
import { ofKeys } from "./keys.ts";
import { ofActions } from "./actions.ts";
import { entries } from "./entries.ts";
import { limits } from "./limits.ts";
import { inLogs, edges } from "./logs.ts";

export const counterSamples: readonly Scenario[] = [
  ...ofCounters,
  ...others,
  ...ofKeys,
  ...ofActions,
  ...limits,
  ...entries,
  ...inLogs,
  ...edges,
];
