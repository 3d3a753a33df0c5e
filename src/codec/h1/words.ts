/** Words and lists in header values. */

/** Compares buf[start, end) without regard to the case of letters; `word` is lower case. */
export function equalsWord(buf: Uint8Array, start: number, end: number, word: Uint8Array): boolean {
  const n = word.length;
  if (end - start !== n) return false;
  for (let i = 0; i < n; i++) {
    let c = buf[start + i]!;
    if (c >= 65 && c <= 90) c |= 32;
    if (c !== word[i]) return false;
  }
  return true;
}

/** Compares two ranges of one buffer without regard to the case of letters. */
export function equalRanges(buf: Uint8Array, a: number, aEnd: number, b: number, bEnd: number): boolean {
  if (aEnd - a !== bEnd - b) return false;
  for (; a < aEnd; a++, b++) {
    let x = buf[a]!;
    let y = buf[b]!;
    if (x >= 65 && x <= 90) x |= 32;
    if (y >= 65 && y <= 90) y |= 32;
    if (x !== y) return false;
  }
  return true;
}

/** Offset of the comma (outside quoted strings) that ends the list element at `p`, or `end`. */
export function elementEnd(buf: Uint8Array, p: number, end: number): number {
  let quoted = false;
  for (; p < end; p++) {
    const c = buf[p]!;
    if (quoted) {
      if (c === 92) p++;
      else if (c === 34) quoted = false;
    } else if (c === 34) quoted = true;
    else if (c === 44) return p;
  }
  return end;
}

/** `end` without blanks before it. */
export function trimEnd(buf: Uint8Array, start: number, end: number): number {
  while (end > start && (buf[end - 1] === 32 || buf[end - 1] === 9)) end--;
  return end;
}
