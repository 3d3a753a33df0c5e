/** Finds the configurations in texts about HAProxy: runs of lines that begin with keywords, from a section keyword on. */
import { keywordTables } from "../../src/config/index.ts";
import { knownGlobal, knownProxy } from "../../src/config/keywords/known.ts";
import { isSectionKeyword } from "../../src/lang/sections.ts";

export interface Snippet {
  /** Number of the file and the line it begins at: "000:62". */
  readonly name: string;
  readonly lines: readonly string[];
}

const keywords: ReadonlySet<string> = new Set([
  ...knownGlobal,
  ...knownProxy,
  ...keywordTables.flatMap((table) => (table.prefix === "" ? table.rows.map((row) => row.name) : [table.prefix])),
  ..."server bind acl http-request http-response tcp-request tcp-check http-check use_backend peer store option stats timeout redirect".split(
    " ",
  ),
  // Not in the tables of this program, but in the texts.
  ..."thread-group numa-cpuset ssl-reuse ssl-engine".split(" "),
]);

/** Prose that lost its line feed: "... checkWhat this config does:". */
const GLUED = /^(.*?[a-z0-9}])(?:What|The|This|Visit) .*$/;

/** The snippets of one text; `file` is its number. */
export function extract(text: string, file: string): Snippet[] {
  const out: Snippet[] = [];
  let lines: string[] | null = null;
  let start = 0;
  const end = (): void => {
    if (lines === null) return;
    while (/^\s*(#.*)?$/.test(lines[lines.length - 1] ?? "x")) lines.pop();
    if (lines.length > 1) out.push({ name: `${file}:${start}`, lines });
    lines = null;
  };
  text.split("\n").forEach((raw, i) => {
    const glued = GLUED.exec(raw);
    const line = glued !== null && isCode(glued[1]!) ? glued[1]! : raw;
    const opens = header(line);
    if (opens !== null && lines === null) {
      lines = [];
      start = i + 1;
    }
    if (lines === null) return;
    if (opens !== null) lines.push(opens);
    else if (line.trim() === "" || /^\s*#/.test(line) || isCode(line)) lines.push(line);
    else end();
    if (line !== raw) end();
  });
  end();
  return out;
}

/** The section keyword a line is, or stands for in a comment ("# In defaults:"). */
function header(line: string): string | null {
  const comment = /^# In (global|defaults):$/.exec(line);
  if (comment !== null) return comment[1]!;
  const words = line.split(/\s+/);
  if (!isSectionKeyword(words[0]!)) return null;
  const most = words[0] === "global" || words[0] === "defaults" ? 1 : 2;
  return words.length <= most && (most === 1 || words.length === 2) ? line : null;
}

function isCode(line: string): boolean {
  const words = line.trim().split(/\s+/);
  const first = words[0] === "no" || words[0] === "default" ? (words[1] ?? "") : words[0]!;
  return (
    keywords.has(first) && !/[.:]$/.test(line.trim()) && line.length < 250 && !line.includes("—") && !line.includes("’")
  );
}
