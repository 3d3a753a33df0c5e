/** Case folding as strncasecmp(3) does it in the C locale: only A-Z, the upper half of latin1 stays as it is. */

/** fold[c] is the lower-case code of c. */
export const fold: Uint8Array = Uint8Array.from({ length: 256 }, (_, c) => (c >= 65 && c <= 90 ? c + 32 : c));

/** fold that changes nothing, for code that serves both cases. */
export const same: Uint8Array = Uint8Array.from({ length: 256 }, (_, c) => c);

/** The text in lower case, ASCII letters only. */
export function foldAscii(text: string): string {
  // toLowerCase is native and keeps strings that need no change, but it folds À-Þ too.
  return /[\x80-\xff]/.test(text) ? text.replace(/[A-Z]+/g, (run) => run.toLowerCase()) : text.toLowerCase();
}

/** Whether text holds part at `at`, under the given folding. `part` must already be folded. */
export function matchesAt(text: string, at: number, part: string, table: Uint8Array): boolean {
  const length = part.length;
  if (at < 0 || at + length > text.length) return false;
  for (let i = 0; i < length; i++) if (table[text.charCodeAt(at + i)] !== part.charCodeAt(i)) return false;
  return true;
}
