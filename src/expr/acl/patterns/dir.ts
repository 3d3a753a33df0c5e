import type { MatchMethod } from "./method.ts";
import { TextIndex } from "./text.ts";
import { wordStrategy } from "./words.ts";

const strategy = wordStrategy("/?");

/** `-m dir`: parts of a path, between "/" and "?". */
export const dir: MatchMethod = {
  name: "dir",
  help: "a part of the path, between slashes, equals one of the values",
  expects: "str",
  operators: null,
  create: (flags, columns) => new TextIndex(strategy, flags, columns),
};
