import { NoPatterns } from "./found.ts";
import type { MatchMethod } from "./method.ts";

/** `-m bool` (manual, section 7.1.1): any value but false and 0. Never asks its index. */
export const bool: MatchMethod = {
  name: "bool",
  help: "the value is true or a number other than 0; values are ignored",
  expects: "sint",
  operators: null,
  create: () => new NoPatterns(),
};
