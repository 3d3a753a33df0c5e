import { fold, matchesAt } from "../fold.ts";
import type { MatchMethod } from "./method.ts";
import { TextIndex, type TextStrategy } from "./text.ts";

const prefix: TextStrategy = {
  kind: "tree",
  backwards: false,
  longest: true,
  trim: null,
  matches: (text, key, table) => (table === fold ? matchesAt(text, 0, key, table) : text.startsWith(key)),
  search: (trie, text) => trie.longest(text),
};

/** Without case HAProxy keeps a list, whose first match counts. */
const prefixFolded: TextStrategy = {
  ...prefix,
  kind: "list",
  longest: false,
  search: (trie, text) => trie.firstAt(text, 0),
};

/** `-m beg`. */
export const beg: MatchMethod = {
  name: "beg",
  help: "the text begins with one of the values",
  expects: "str",
  operators: null,
  create: (flags, columns) => new TextIndex(flags.icase ? prefixFolded : prefix, flags, columns),
};
