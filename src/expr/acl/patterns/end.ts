import { fold, matchesAt } from "../fold.ts";
import type { MatchMethod } from "./method.ts";
import { TextIndex, type TextStrategy } from "./text.ts";

const suffix: TextStrategy = {
  kind: "list",
  backwards: true,
  longest: false,
  trim: null,
  matches: (text, key, table) =>
    table === fold ? matchesAt(text, text.length - key.length, key, table) : text.endsWith(key),
  search: (trie, text) => trie.firstAt(text, 0),
};

/** `-m end`. */
export const end: MatchMethod = {
  name: "end",
  help: "the text ends with one of the values",
  expects: "str",
  operators: null,
  create: (flags, columns) => new TextIndex(suffix, flags, columns),
};
