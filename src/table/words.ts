import { acquire, release } from "../cache/lock.ts";
import { latin1 } from "../util/latin1.ts";
import { H, WORD_BYTES, WORDS } from "./layout.ts";
import type { TableStore } from "./store.ts";

/** The dictionary of a table: names or addresses of servers by number from 1 on. It only grows; 0 = no word. */

const LONGEST = WORD_BYTES - 1;

export function readWord({ words }: TableStore, word: number): string | null {
  if (word <= 0) return null;
  const at = (word - 1) * WORD_BYTES;
  return at < words.length ? latin1(words, at + 1, at + 1 + words[at]!) : null;
}

/** The number of a word, a new one if need be; 0 = it is too long, or there are too many. */
export function wordOf(store: TableStore, word: string): number {
  if (word.length === 0 || word.length > LONGEST) return 0;
  const { header, words } = store;
  let seen = 0;
  for (; seen < header[H.words]!; seen++) if (isWord(words, seen, word)) return seen + 1;
  if (!acquire(header, H.lock, store.recover)) return 0;
  try {
    for (; seen < header[H.words]!; seen++) if (isWord(words, seen, word)) return seen + 1;
    if (seen >= WORDS || words.length === 0) return 0;
    const at = seen * WORD_BYTES;
    for (let i = 0; i < word.length; i++) words[at + 1 + i] = word.charCodeAt(i);
    words[at] = word.length;
    Atomics.store(header, H.words, seen + 1);
    return seen + 1;
  } finally {
    release(header, H.lock);
  }
}

function isWord(words: Buffer, index: number, word: string): boolean {
  const at = index * WORD_BYTES;
  if (words[at] !== word.length) return false;
  for (let i = 0; i < word.length; i++) if (words[at + 1 + i] !== word.charCodeAt(i)) return false;
  return true;
}
