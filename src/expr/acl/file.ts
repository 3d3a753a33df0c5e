/** The two formats of pattern files (manual, sections 7.1 and 7.3.1). */

/** A line by offsets into the bytes; both of the value are the same in files of one column. */
export type TakeLine = (line: number, from: number, to: number, valueFrom: number, valueTo: number) => void;

/**
 * The lines of a pattern file. Lines that start with "#" and blank ones are left out, leading blanks are dropped, a carriage return
 * ends the line. With one column the rest is the pattern, spaces included; with two, the first word is the pattern and
 * the rest its value, without blanks around it. " #x" is a pattern. A NUL ends the line.
 */
export function readPatternFile(bytes: Uint8Array, columns: 1 | 2, take: TakeLine): void {
  const { length } = bytes;
  let number = 0;
  for (let start = 0; start < length;) {
    let next = bytes.indexOf(10, start);
    if (next < 0) next = length;
    number++;
    let at = start;
    start = next + 1;
    if (bytes[at] === 35) continue;
    while (at < next && blank(bytes[at]!)) at++;
    let end = at;
    while (end < next && bytes[end] !== 13 && bytes[end] !== 0) end++;
    if (at === end) continue;
    if (columns === 1) {
      take(number, at, end, end, end);
      continue;
    }
    let key = at;
    while (key < end && !blank(bytes[key]!)) key++;
    let value = key;
    while (value < end && blank(bytes[value]!)) value++;
    while (end > value && blank(bytes[end - 1]!)) end--;
    take(number, at, key, value, end);
  }
}

function blank(code: number): boolean {
  return code === 32 || code === 9;
}
