import { globalKeywords } from "../keywords/global.ts";
import { knownGlobal } from "../keywords/known.ts";
import { removedGlobal } from "../keywords/removed.ts";
import { find, run } from "./dispatch.ts";
import type { Section } from "./section.ts";
import { SECTION_NAMES } from "./names.ts";

const UNLISTED = { known: knownGlobal, removed: removedGlobal, sections: SECTION_NAMES };

export const globalSection: Section = {
  name: "global",
  usage: "",
  help: "Settings of the whole process",
  open: (state, line) => {
    const extra = line.words[1];
    if (extra !== undefined) {
      state.diagnostics.error(
        "config/extra-argument",
        extra.at,
        `'global' does not take the argument '${extra.text}'`,
        {
          endColumn: extra.endColumn,
        },
      );
    }
    return (body, at, modifier) => {
      const word = body.words[at]!;
      const row = find(globalKeywords, UNLISTED, word, "global", state.diagnostics);
      if (row === null) return;
      const context = { global: state.global, env: state.env, diagnostics: state.diagnostics, modifier, keyword: word };
      run(row, context, body, at, state.diagnostics);
    };
  },
};
