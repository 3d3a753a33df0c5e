/** Where each line of a configuration goes: its depth, and the blank lines before it. */
import { isSectionKeyword } from "../../../lang/sections.ts";
import { type Blocks, findBlocks } from "./blocks.ts";
import { type Comments, placeComments } from "./comments.ts";
import { keywordOf, type RawLine, unquote } from "./scan.ts";

const INDENT = "    ";

/**
 * The lines of a text in their places; ends with a line feed unless there is none.
 *
 *     section keywords            column 0, a blank line before
 *     lines of a section          one level
 *     .if … .endif                as their surroundings; what is inside one level deeper, unless it holds sections
 *     comments                    as the line they belong to, which is the next one
 *
 * A comment before a section keyword belongs to the section above when it is indented deeper than that keyword. `keepLines`: no blank
 * line is added or taken away.
 */
export function layout(lines: readonly RawLine[], keepLines: boolean): string {
  return new Layout(lines, keepLines).run();
}

class Layout {
  private readonly out: string[] = [];
  private readonly blocks: Blocks;
  private readonly comments: Comments;
  /** A section keyword was passed. */
  private section = false;
  /** Blocks around the current line that are indented with their section. */
  private depth = 0;
  /** Lines written when a block at column 0 was opened last: no blank line follows. */
  private opened = -1;

  constructor(
    private readonly lines: readonly RawLine[],
    private readonly keepLines: boolean,
  ) {
    this.blocks = findBlocks(lines);
    this.comments = placeComments(lines);
  }

  run(): string {
    const { out } = this;
    this.lines.forEach((line, i) => {
      if (line.kind === "blank") this.blank();
      else if (line.kind === "verbatim") out.push(line.text);
      else if (line.kind === "comment") this.comment(line, i);
      else this.code(line, i);
    });
    if (!this.keepLines) while (out[out.length - 1] === "") out.pop();
    return out.length === 0 ? "" : `${out.join("\n")}\n`;
  }

  private blank(): void {
    const { out } = this;
    if (this.keepLines || (out.length > 0 && out[out.length - 1] !== "")) out.push("");
  }

  private put(depth: number, text: string): void {
    this.out.push(INDENT.repeat(depth) + text);
  }

  private get inside(): number {
    return this.section ? 1 + this.depth : 0;
  }

  private code(line: RawLine, i: number): void {
    const { blocks } = this;
    const keyword = keywordOf(line);
    let depth = this.inside;
    if (isSectionKeyword(keyword)) {
      if (!this.commentAbove(i)) this.separate();
      this.section = true;
      this.depth = depth = 0;
    } else if (blocks.outer.has(i)) {
      depth = 0;
      if (blocks.sections.has(i) && !this.commentAbove(i)) this.separate();
    } else if (blocks.inner.has(i)) {
      if (keyword === ".if") this.depth++;
      else {
        depth--;
        if (keyword === ".endif") this.depth--;
      }
    }
    const text = line.words.map(unquote).join(" ");
    this.put(depth, line.comment === null ? text : `${text} ${line.comment}`);
    if (blocks.outer.has(i) && keyword !== ".endif") this.opened = this.out.length;
  }

  private comment(line: RawLine, i: number): void {
    const { blocks, lines } = this;
    const end = this.comments.next[i]!;
    const below = this.comments.below[i]!;
    const next = lines[end];
    let depth = this.inside;
    if (next === undefined) {
      if (below) depth = 0;
    } else if (next.kind === "code" && this.opensGroup(end)) {
      if (below) {
        depth = 0;
        if (this.isFirst(i)) this.separate();
      }
    } else if (blocks.outer.has(end)) {
      if (line.indent <= next.indent) depth = 0;
    } else if (blocks.inner.has(end) && (keywordOf(next) === ".elif" || keywordOf(next) === ".else")) {
      // It tells about the branch that follows.
      depth--;
    }
    this.put(depth, line.comment!);
  }

  /** A blank line, unless there is one, or nothing above, or what is above opens a block. */
  private separate(): void {
    const { out } = this;
    if (this.keepLines || out.length === 0 || out.length === this.opened || out[out.length - 1] === "") return;
    out.push("");
  }

  /** Line `i` opens a section, or a block that holds some. */
  private opensGroup(i: number): boolean {
    return isSectionKeyword(keywordOf(this.lines[i]!)) || this.blocks.sections.has(i);
  }

  /** No other comment that belongs to the same line stands above comment `i`. */
  private isFirst(i: number): boolean {
    const before = this.comments.previous[i]!;
    return before < 0 || !this.comments.below[before];
  }

  /** A comment that belongs to line `i` stands before it: the blank line went there. */
  private commentAbove(i: number): boolean {
    const before = this.comments.previous[i]!;
    return before >= 0 && this.comments.below[before] === true;
  }
}
