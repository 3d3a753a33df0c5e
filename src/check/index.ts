export { createChecker } from "./checker.ts";
export type { Checker, CheckerContext, HealthContext } from "./types.ts";
