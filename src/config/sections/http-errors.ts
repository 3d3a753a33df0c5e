import { atLine } from "../../lang/position.ts";
import { Args } from "../../lang/args.ts";
import type { Word } from "../../lang/line.ts";
import { readPage } from "../../rules/http/page.ts";
import { takeErrorStatus } from "../keywords/errors.ts";
import type { Section } from "./section.ts";

export interface HttpErrorsDraft {
  readonly name: string;
  readonly word: Word;
  readonly pages: Record<number, string>;
}

const USAGE = "<status> <file>";

/** `http-errors <name>` with its lines `errorfile` (manual, section 3.9). */
export const httpErrorsSection: Section = {
  name: "http-errors",
  usage: "<name>",
  help: "Error files that several proxies share",
  open: ({ diagnostics, env, global, httpErrors }, line) => {
    const args = new Args(line.words[0], line.words.slice(1), diagnostics, "http-errors", "<name>");
    const word = args.take("a name");
    const draft: HttpErrorsDraft = { name: word?.text ?? "", word: word ?? line.words[0], pages: {} };
    if (word !== null) {
      const bad = /[^A-Za-z0-9_:.-]/.exec(word.text);
      const known = httpErrors.find(({ name }) => name === word.text);
      if (bad !== null) {
        const message = `'${bad[0]}' is not possible in the http-errors name '${word.text}'`;
        args.error("config/bad-name", word, message, "letters, digits, '-', '_', '.' and ':'");
      } else if (known !== undefined) {
        const message = `there is an http-errors section '${word.text}' already, ${atLine(known.word.at, word.at)}`;
        args.error("config/duplicate-name", word, message);
      } else httpErrors.push(draft);
      args.ignoreRest();
    }
    return (body, at) => {
      const keyword = body.words[at]!;
      const { endColumn } = keyword;
      if (keyword.text !== "errorfile") {
        const message = `unknown keyword '${keyword.text}' in section 'http-errors'`;
        diagnostics.error("config/unknown-keyword", keyword.at, message, {
          endColumn,
          hint: "it holds 'errorfile' only",
        });
        return;
      }
      const rest = new Args(keyword, body.words.slice(at + 1), diagnostics, "errorfile", USAGE);
      const status = takeErrorStatus(rest);
      const file = status === null ? null : rest.take("a file");
      if (status === null || file === null) return;
      const bytes = readPage(rest, { readFile: env.readFile, bufsize: global.bufsize }, file);
      if (bytes !== null) draft.pages[status] = bytes;
      rest.ignoreRest();
    };
  },
};
