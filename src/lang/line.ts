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

/** A logical line: continuation lines are joined. Never empty: blank and comment-only lines yield none. */
export interface Line {
  readonly words: readonly [Word, ...Word[]];
  readonly at: Position;
}
