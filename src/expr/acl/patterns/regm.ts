import type { MatchMethod } from "./method.ts";
import { RegexIndex } from "./reg.ts";

/** `-m regm`: as reg, with groups; made for map_regm. */
export const regm: MatchMethod = {
  name: "regm",
  help: "as reg, with groups that the value of a map may refer to",
  expects: "str",
  operators: null,
  create: (flags, columns) => new RegexIndex(flags, true, columns),
};
