/** The two formats of pattern files (manual, sections 7.1 and 7.3.1). */

export interface FileLine {
  readonly line: number;
  readonly pattern: string;
  /** "" in files of one column. */
  readonly value: string;
}

/**
 * The lines of a pattern file. Lines that start with "#" and blank ones are left out, leading blanks are dropped, a carriage return
 * ends the line. With one column the rest is the pattern, spaces included; with two, the first word is the pattern and
 * the rest its value, without blanks around it. " #x" is a pattern. A NUL ends the line.
 */
export function readPatternFile(text: string, columns: 1 | 2): FileLine[] {
  const out: FileLine[] = [];
  let number = 0;
  for (let at = 0; at < text.length;) {
    let end = text.indexOf("\n", at);
    if (end < 0) end = text.length;
    number++;
    const line = parseLine(text, at, end, columns, number);
    if (line !== null) out.push(line);
    at = end + 1;
  }
  return out;
}

function parseLine(text: string, from: number, to: number, columns: 1 | 2, line: number): FileLine | null {
  if (text[from] === "#") return null;
  let at = from;
  while (at < to && blank(text.charCodeAt(at))) at++;
  let end = at;
  while (end < to && text.charCodeAt(end) !== 13 && text.charCodeAt(end) !== 0) end++;
  if (at === end) return null;
  if (columns === 1) return { line, pattern: text.slice(at, end), value: "" };
  let key = at;
  while (key < end && !blank(text.charCodeAt(key))) key++;
  let value = key;
  while (value < end && blank(text.charCodeAt(value))) value++;
  while (end > value && blank(text.charCodeAt(end - 1))) end--;
  return { line, pattern: text.slice(at, key), value: text.slice(value, end) };
}

function blank(code: number): boolean {
  return code === 32 || code === 9;
}
