export { createChecker } from "./checker.ts";
/** Workers without checks need one of these for `observe`; `createChecker` has its own. */
export { Health } from "./health.ts";
export { type Observation, observeResult } from "./observe.ts";
export type { Checker } from "./types.ts";
