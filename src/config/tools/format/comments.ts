/** Which line each comment belongs to: the next one, or the section above it. */
import { isSectionKeyword } from "../../../lang/sections.ts";
import { keywordOf, type RawLine } from "./scan.ts";

/** By index of a line. */
export interface Comments {
  /** The next line that is neither a comment nor blank; the number of lines when there is none. */
  readonly next: readonly number[];
  /** For comments: they and all up to `next` are no deeper than that line, or the end of the text, so that they may belong to it. */
  readonly below: readonly boolean[];
  /** The comment before the line with nothing but blank lines between, -1 when there is none. */
  readonly previous: readonly number[];
}

export function placeComments(lines: readonly RawLine[]): Comments {
  const count = lines.length;
  const next = new Array<number>(count).fill(count);
  const below = new Array<boolean>(count).fill(false);
  const previous = new Array<number>(count).fill(-1);
  let first = lines.findIndex((line) => isSectionKeyword(keywordOf(line)));
  if (first < 0) first = count;
  let end = count;
  let ok = true;
  for (let i = count - 1; i >= 0; i--) {
    const { kind, indent } = lines[i]!;
    next[i] = end;
    if (kind === "comment") {
      ok &&= indent <= (lines[end]?.indent ?? 0);
      // Before all sections there is nothing else they could belong to.
      below[i] = ok || i < first;
    } else if (kind !== "blank") {
      end = i;
      ok = true;
    }
  }
  let last = -1;
  lines.forEach(({ kind }, i) => {
    previous[i] = last;
    if (kind === "comment") last = i;
    else if (kind !== "blank") last = -1;
  });
  return { next, below, previous };
}
