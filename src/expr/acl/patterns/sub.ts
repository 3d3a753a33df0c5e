import { earlier } from "../entry.ts";
import { fold, matchesAt } from "../fold.ts";
import type { MatchMethod } from "./method.ts";
import { TextIndex, type TextStrategy } from "./text.ts";

const substring: TextStrategy = {
  kind: "list",
  backwards: false,
  longest: false,
  trim: null,
  matches: (text, key, table) => {
    if (table !== fold) return text.includes(key);
    const last = text.length - key.length;
    for (let at = 0; at <= last; at++) if (matchesAt(text, at, key, table)) return true;
    return false;
  },
  search: (trie, text) => {
    let best = trie.firstAt(text, text.length);
    for (let at = 0; at < text.length; at++) best = earlier(best, trie.firstAt(text, at));
    return best;
  },
};

/** `-m sub`. One walk of the trie per byte of the text, whatever the number of patterns. */
export const sub: MatchMethod = {
  name: "sub",
  help: "the text contains one of the values",
  expects: "str",
  operators: null,
  create: (flags, columns) => new TextIndex(substring, flags, columns),
};
