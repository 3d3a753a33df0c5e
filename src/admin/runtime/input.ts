/**
 * Cuts what a client sends into commands (management manual, section 9.3): separated by ";" or a line feed, "\" in front of
 * a character takes its meaning away, and a line that ends in " <<" is followed by a payload up to an empty line, or up to
 * the word that stands behind "<<".
 */

/** Longest line accepted, in characters; HAProxy's is its buffer size. */
export const MAX_LINE = 16384;
/** Longest payload: certificates and map files fit many times. */
const MAX_PAYLOAD = 4 * 1024 * 1024;
/** More words are dropped. */
const MAX_WORDS = 64;

export interface Request {
  readonly words: readonly string[];
  readonly payload: string | null;
}

interface Pending {
  readonly words: readonly string[];
  readonly end: string;
  readonly lines: string[];
  size: number;
}

export class Input {
  private text = "";
  private pending: Pending | null = null;
  /** The client sent more than the limits allow: nothing more can be understood. */
  overflow = false;
  /** Lines that ask for more, taken by the last call of `next`: each gets a prompt of its own. */
  continued = 0;

  push(text: string): void {
    this.text += text;
  }

  /** Characters that wait to be understood. */
  get buffered(): number {
    return this.text.length;
  }

  get empty(): boolean {
    return this.text === "" && this.pending === null;
  }

  /** The next complete command, or null. */
  next(): Request | null {
    this.continued = 0;
    if (this.pending !== null) return this.collect(this.pending);
    const at = delimiter(this.text);
    if (at < 0) {
      if (this.text.length > MAX_LINE) this.overflow = true;
      return null;
    }
    const ends = this.text[at] === "\n";
    let line = this.text.slice(0, at);
    this.text = this.text.slice(at + 1);
    if (ends && line.endsWith("\r")) line = line.slice(0, -1);
    const words = splitWords(line);
    const last = words[words.length - 1];
    if (ends && words.length > 1 && last !== undefined && /^<<.{0,64}$/.test(last) && line.endsWith(last)) {
      this.pending = { words: words.slice(0, -1), end: last.slice(2), lines: [], size: 0 };
      this.continued = 1;
      return this.collect(this.pending);
    }
    return { words, payload: null };
  }

  private collect(pending: Pending): Request | null {
    for (;;) {
      const at = this.text.indexOf("\n");
      if (at < 0) {
        if (this.text.length > MAX_PAYLOAD) this.overflow = true;
        return null;
      }
      let line = this.text.slice(0, at);
      this.text = this.text.slice(at + 1);
      if (line.endsWith("\r")) line = line.slice(0, -1);
      if (line === pending.end) {
        this.pending = null;
        return { words: pending.words, payload: pending.lines.map((text) => `${text}\n`).join("") };
      }
      this.continued++;
      pending.lines.push(line);
      pending.size += line.length + 1;
      if (pending.size > MAX_PAYLOAD) {
        this.overflow = true;
        return null;
      }
    }
  }
}

/** Offset of the first ";" or line feed that no backslash stands in front of, or -1. */
function delimiter(text: string): number {
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x5c) i++;
    else if (c === 0x3b || c === 0x0a) return i;
  }
  return -1;
}

/** Words separated by blanks and tabs; "\x" is x, whatever x. */
export function splitWords(line: string): string[] {
  const words: string[] = [];
  let word = "";
  let inside = false;
  for (let i = 0; i < line.length; i++) {
    const c = line[i]!;
    if (c === " " || c === "\t") {
      if (inside) words.push(word);
      word = "";
      inside = false;
      continue;
    }
    inside = true;
    if (c === "\\") i++;
    word += c === "\\" ? (line[i] ?? "") : c;
  }
  if (inside) words.push(word);
  return words.slice(0, MAX_WORDS);
}
