import { earlier, NONE } from "../entry.ts";
import { matchesAt } from "../fold.ts";
import type { RadixTrie } from "../index/radix.ts";
import type { TextStrategy } from "./text.ts";

/**
 * Words between delimiters, for dir and dom. Delimiters around a pattern are dropped; within it they count. A pattern made of
 * delimiters alone matches where an empty word ends the text: "" and what ends with a delimiter.
 */
export function wordStrategy(delimiters: string): TextStrategy {
  const table = new Uint8Array(256);
  for (const each of delimiters) table[each.charCodeAt(0)] = 1;
  return {
    kind: "list",
    backwards: false,
    longest: false,
    trim: table,
    matches: (text, key, folding) => {
      const last = text.length - key.length;
      if (key === "") return endsEmpty(text, table);
      for (let at = 0; at <= last; at++) {
        const after = at + key.length;
        if (at > 0 && table[text.charCodeAt(at - 1)] !== 1) continue;
        if (after < text.length && table[text.charCodeAt(after)] !== 1) continue;
        if (matchesAt(text, at, key, folding)) return true;
      }
      return false;
    },
    search: (trie, text) => searchWords(trie, text, table),
  };
}

function searchWords(trie: RadixTrie, text: string, table: Uint8Array): number {
  // Beyond the end of the text only the empty key is left.
  let best = endsEmpty(text, table) ? trie.firstAt(text, text.length) : NONE;
  let start = true;
  for (let at = 0; at < text.length; at++) {
    if (table[text.charCodeAt(at)] === 1) {
      start = true;
    } else if (start) {
      best = earlier(best, trie.wordAt(text, at, table));
      start = false;
    }
  }
  return best;
}

function endsEmpty(text: string, table: Uint8Array): boolean {
  return text === "" || table[text.charCodeAt(text.length - 1)] === 1;
}
