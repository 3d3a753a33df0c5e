import type { Line, Word } from "../../lang/line.ts";
import { suggest } from "../../lang/suggest.ts";
import type { Modifier } from "../context.ts";
import { cacheSection } from "./cache.ts";
import { globalSection } from "./global.ts";
import { LATER_SECTIONS, SECTION_NAMES } from "./names.ts";
import { proxySections } from "./proxy.ts";
import { resolversSection } from "./resolvers.ts";
import type { ParseState, Section, SectionBody } from "./section.ts";
import { httpErrorsSection } from "./http-errors.ts";
import { userlistSection } from "./userlist.ts";

export const sections: ReadonlyMap<string, Section> = new Map(
  [globalSection, ...proxySections, userlistSection, httpErrorsSection, cacheSection, resolversSection].map(
    (section) => [section.name, section],
  ),
);

const LATER: ReadonlySet<string> = new Set(LATER_SECTIONS);

/** Keywords that `no` and `default` may stand before, as in HAProxy 2.6. */
const INVERTIBLE: ReadonlySet<string> = new Set([
  "option",
  "log",
  "busy-polling",
  "set-dumpable",
  "strict-limits",
  "insecure-fork-wanted",
  "numa-cpu-mapping",
]);

const skip: SectionBody = () => {};

/** Feeds all lines through their sections. */
export function parseSections(state: ParseState, lines: Iterable<Line>): void {
  let body: SectionBody | null = null;
  for (const line of lines) {
    const first = line.words[0];
    const section = sections.get(first.text);
    if (section !== undefined) body = section.open(state, line);
    else if (LATER.has(first.text)) {
      error(state, "config/not-supported", first, `section '${first.text}' is known to HAProxy, not supported yet`);
      body = skip;
    } else if (body === null) {
      const near = suggest(first.text, SECTION_NAMES);
      error(state, "config/outside-section", first, `'${first.text}' stands outside of any section`, near);
      // One complaint is enough: the lines below belong to the section that was meant.
      if (near !== null) body = skip;
    } else inSection(state, line, body);
  }
}

function inSection(state: ParseState, line: Line, body: SectionBody): void {
  const first = line.words[0];
  let modifier: Modifier = null;
  let at = 0;
  if (first.text === "no" || first.text === "default") {
    modifier = first.text;
    at = 1;
    const keyword = line.words[1];
    if (keyword === undefined) {
      error(state, "config/missing-argument", first, `'${modifier}' expects a keyword behind it`);
      return;
    }
    if (body !== skip && !INVERTIBLE.has(keyword.text)) {
      error(state, "config/no-not-allowed", keyword, `'${modifier}' is not possible before '${keyword.text}'`);
      return;
    }
  }
  body(line, at, modifier);
}

function error(state: ParseState, code: string, word: Word, message: string, near: string | null = null): void {
  const { endColumn } = word;
  state.diagnostics.error(code, word.at, message, {
    endColumn,
    ...(near === null ? {} : { hint: `did you mean '${near}'?` }),
  });
}
