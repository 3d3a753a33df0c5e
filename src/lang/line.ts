import type { TextModel } from "../config/model.ts";
import type { Position } from "./position.ts";

/**
 * One word of a configuration line after comments, quotes, escapes and environment variables are resolved.
 * `text` holds one character per byte (latin1), so that a byte escape such as `\xe9` survives unchanged.
 */
export interface Word {
  readonly text: string;
  readonly at: Position;
  /** Column after the word's last byte as typed. */
  readonly endColumn: number;
  /** Whether any part stood in quotes or was escaped: `"#"` and `\#` are words, not comments. */
  readonly quoted: boolean;
}

/** A word as the model keeps it: positions inside of it count from its first character, behind a quote. */
export function textOf(word: Word): TextModel {
  const quote = word.quoted && word.endColumn - word.at.column === word.text.length + 2 ? 1 : 0;
  return { text: word.text, at: { ...word.at, column: word.at.column + quote }, endColumn: word.endColumn };
}

/** A logical line: continuation lines are joined. Never empty: blank and comment-only lines yield none. */
export interface Line {
  readonly words: readonly [Word, ...Word[]];
  readonly at: Position;
}
