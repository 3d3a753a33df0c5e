import type { Args } from "../../lang/args.ts";
import type { Word } from "../../lang/line.ts";
import type { GlobalContext } from "../context.ts";
import type { Keyword } from "./keyword.ts";
import { messageOf } from "../../util/error.ts";

/** h1-case-adjust and h1-case-adjust-file (manual, section 3.1). */
export const headerCaseKeywords: readonly Keyword<GlobalContext>[] = [
  {
    name: "h1-case-adjust",
    where: ["global"],
    usage: "<from> <to>",
    help: "How a header name is written to peers that need capitals",
    parse: (c, args) => {
      const from = args.take("a header name in lower case");
      const to = from === null ? null : args.take("the name as it is to be written");
      if (from !== null && to !== null) add(c, args, to, from.text, to.text, "");
    },
  },
  {
    name: "h1-case-adjust-file",
    where: ["global"],
    usage: "<file>",
    help: "A file with two names on each line, as for h1-case-adjust",
    parse: (c, args) => {
      const file = args.take("a file");
      if (file === null) return;
      let text: string;
      try {
        text = c.env.readFile(file.text);
      } catch (error) {
        const why = messageOf(error);
        return void args.error("config/unreadable-file", file, `cannot read '${file.text}': ${why}`);
      }
      for (const [i, line] of text.split("\n").entries()) {
        const words = line.trim().split(/[ \t]+/);
        if (words[0] === "" || line.startsWith("#")) continue;
        const place = ` at line ${i + 1} of '${file.text}'`;
        if (words.length !== 2) {
          return void args.error("config/bad-value", file, `two header names are expected${place}`);
        }
        if (!add(c, args, file, words[0]!, words[1]!, place)) return;
      }
    },
  },
];

/** False after a complaint. */
function add(c: GlobalContext, args: Args, word: Word, from: string, to: string, place: string): boolean {
  const { headerCases } = c.global;
  if (from.toLowerCase() !== to.toLowerCase()) {
    args.error("config/bad-value", word, `'${to}' is not '${from}' in other letters${place}`);
    return false;
  }
  if (Object.hasOwn(headerCases, from)) {
    args.error("config/duplicate-name", word, `'${from}' is there twice${place}`);
    return false;
  }
  c.global.headerCases = { ...headerCases, [from]: to };
  return true;
}
