import type { Scenario } from "../../scenario.ts";
import { DATA, GENERAL, shows, one, legacy, counters } from "./tools.ts";

/** Every sample of every counter, for a client that is tracked. */
export const ofCounters: readonly Scenario[] = counters.flatMap((n) => [
  one(`samples of sc${n}`, {
    frontend: [
      `http-request track-sc${n} src table {@tab}`,
      shows([
        ...DATA.map((name) => `sc${n}_${name}`),
        ...GENERAL.map((name) => `sc${n}_get_${name}`),
        `sc${n}_tracked`,
        `sc${n}_trackers`,
      ]),
    ].join("\n    "),
    more: legacy,
  }),
  one(`samples of counter ${n}`, {
    frontend: [
      `http-request track-sc${n} src table {@tab}`,
      shows([
        ...DATA.map((name) => `sc_${name}(${n})`),
        ...GENERAL.map((name) => `sc_get_${name}(${n})`),
        `sc_tracked(${n})`,
        `sc_trackers(${n})`,
      ]),
    ].join("\n    "),
    more: legacy,
  }),
  one(`changes by samples of sc${n}`, {
    frontend: [
      `http-request track-sc${n} src table {@tab}`,
      shows([
        `sc${n}_inc_gpc0`,
        `sc${n}_inc_gpc0`,
        `sc${n}_get_gpc0`,
        `sc${n}_gpc0_rate`,
        `sc${n}_inc_gpc1`,
        `sc${n}_get_gpc1`,
        `sc${n}_gpc1_rate`,
        `sc${n}_clr_gpc0`,
        `sc${n}_get_gpc0`,
        `sc${n}_gpc0_rate`,
        `sc_inc_gpc0(${n})`,
        `sc_inc_gpc1(${n})`,
        `sc_clr_gpc0(${n})`,
        `sc_clr_gpc1(${n})`,
        `sc${n}_clr_gpc1`,
        `sc${n}_get_gpc1`,
      ]),
    ].join("\n    "),
    more: legacy,
  }),
]);
