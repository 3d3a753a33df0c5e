/** The `.if` blocks of a text, told apart by whether they hold whole sections or lines of one. */
import { isSectionKeyword } from "../../../lang/sections.ts";
import { keywordOf, type RawLine } from "./scan.ts";

/** Indexes of lines. */
export interface Blocks {
  /** Directives at column 0: their block holds sections, or stands before all of them, or lacks its other end. */
  readonly outer: ReadonlySet<number>;
  /** The `.if` of blocks that hold sections. */
  readonly sections: ReadonlySet<number>;
  /** Directives of blocks within one section. */
  readonly inner: ReadonlySet<number>;
}

interface Block {
  readonly lines: number[];
  outer: boolean;
  holds: boolean;
}

const DIRECTIVES: ReadonlySet<string> = new Set([".if", ".elif", ".else", ".endif"]);

export function findBlocks(lines: readonly RawLine[]): Blocks {
  const outer = new Set<number>();
  const sections = new Set<number>();
  const inner = new Set<number>();
  const open: Block[] = [];
  let section = false;
  lines.forEach((line, i) => {
    if (line.kind !== "code") return;
    const keyword = keywordOf(line);
    if (isSectionKeyword(keyword)) {
      section = true;
      for (const block of open) block.outer = block.holds = true;
    } else if (keyword === ".if") {
      open.push({ lines: [i], outer: !section, holds: false });
    } else if (DIRECTIVES.has(keyword)) {
      const block = open[open.length - 1];
      if (block === undefined) {
        outer.add(i);
        return;
      }
      block.lines.push(i);
      if (keyword !== ".endif") return;
      open.pop();
      for (const at of block.lines) (block.outer ? outer : inner).add(at);
      if (block.holds) sections.add(block.lines[0]!);
    }
  });
  for (const block of open) for (const at of block.lines) outer.add(at);
  return { outer, sections, inner };
}
