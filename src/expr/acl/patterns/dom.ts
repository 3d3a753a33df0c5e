import type { MatchMethod } from "./method.ts";
import { TextIndex } from "./text.ts";
import { wordStrategy } from "./words.ts";

const strategy = wordStrategy("/?.:");

/** `-m dom`: labels of a domain name, between ".", ":", "/" and "?". */
export const dom: MatchMethod = {
  name: "dom",
  help: "a part of the name, between dots, colons or slashes, equals one of the values",
  expects: "str",
  operators: null,
  create: (flags, columns) => new TextIndex(strategy, flags, columns),
};
