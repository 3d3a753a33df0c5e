import { atLine } from "../../lang/position.ts";
import { Args } from "../../lang/args.ts";
import type { Word } from "../../lang/line.ts";
import type { CacheModel } from "../model.ts";
import type { Section } from "./section.ts";

export interface CacheDraft {
  readonly word: Word;
  readonly name: string;
  /** Megabytes; 0 = not given. */
  totalMaxSize: number;
  /** Bytes; 0 = not given. */
  maxObjectSize: number;
  maxAge: number;
  processVary: boolean;
  maxSecondaryEntries: number;
}

const LARGEST = 4095;

interface Row {
  readonly usage: string;
  readonly parse: (draft: CacheDraft, args: Args) => void;
}

/** A whole number of `min` or more; null after a complaint. HAProxy warns where it cannot go on: here it is an error. */
function takeNumber(args: Args, what: string, min: number): number | null {
  const word = args.take(what);
  if (word === null) return null;
  const value = /^\d+$/.test(word.text) ? Number(word.text) : -1;
  if (value >= min && value <= 0xffffffff) return value;
  return args.error("config/bad-number", word, `'${args.label}' expects ${what}, not '${word.text}'`);
}

const keywords: Readonly<Record<string, Row>> = {
  "total-max-size": {
    usage: "<megabytes>",
    parse: (draft, args) => {
      const word = args.peek();
      const value = takeNumber(args, "a number of megabytes", 0);
      if (value === null) return;
      if (value > LARGEST) {
        args.error("config/bad-number", word!, `'total-max-size' is at most ${LARGEST} megabytes`);
        return;
      }
      draft.totalMaxSize = value;
    },
  },
  "max-object-size": {
    usage: "<bytes>",
    parse: (draft, args) => {
      draft.maxObjectSize = takeNumber(args, "a number of bytes", 0) ?? 0;
    },
  },
  "max-age": {
    usage: "<seconds>",
    parse: (draft, args) => {
      const word = args.peek();
      if (word === null) {
        args.warn("config/missing-argument", args.keyword, "'max-age' expects a number of seconds");
        return;
      }
      args.next();
      // As in HAProxy what is no number is 0.
      const value = Number.parseInt(word.text, 10);
      draft.maxAge = Number.isNaN(value) ? 0 : value;
    },
  },
  "process-vary": {
    usage: "on | off",
    parse: (draft, args) => {
      const word = args.next();
      if (word?.text === "on" || word?.text === "off") {
        draft.processVary = word.text === "on";
        return;
      }
      args.warn("config/bad-value", word ?? args.keyword, "'process-vary' expects 'on' or 'off'");
    },
  },
  "max-secondary-entries": {
    usage: "<number>",
    parse: (draft, args) => {
      const value = takeNumber(args, "a number of 1 or more", 1);
      if (value !== null) draft.maxSecondaryEntries = value;
    },
  },
};

/** `cache <name>` (manual, section 6.2.1). */
export const cacheSection: Section = {
  name: "cache",
  usage: "<name>",
  help: "A store of responses, shared by all that name it",
  open: ({ diagnostics, caches }, line) => {
    const args = new Args(line.words[0], line.words.slice(1), diagnostics, "cache", "<name>");
    const word = args.take("a name");
    const draft: CacheDraft = {
      word: word ?? line.words[0],
      name: word?.text ?? "",
      totalMaxSize: 0,
      maxObjectSize: 0,
      maxAge: 60,
      processVary: false,
      maxSecondaryEntries: 10,
    };
    if (word !== null && args.end()) {
      const known = caches.find(({ name }) => name === word.text);
      if (known === undefined) caches.push(draft);
      else {
        const message = `there is a cache section '${word.text}' already, ${atLine(known.word.at, word.at)}`;
        args.error("config/duplicate-name", word, message);
      }
    }
    return (body, at) => {
      const keyword = body.words[at]!;
      const row = Object.hasOwn(keywords, keyword.text) ? keywords[keyword.text]! : null;
      if (row === null) {
        diagnostics.error(
          "config/unknown-keyword",
          keyword.at,
          `unknown keyword '${keyword.text}' in section 'cache'`,
          {
            endColumn: keyword.endColumn,
            hint: `it holds ${Object.keys(keywords).join(", ")}`,
          },
        );
        return;
      }
      const rest = new Args(keyword, body.words.slice(at + 1), diagnostics, keyword.text, row.usage);
      const before = diagnostics.list.length;
      row.parse(draft, rest);
      if (!diagnostics.list.slice(before).some(({ severity }) => severity === "error")) rest.end();
    };
  },
};

/** A 256th of the whole is the largest object unless the section says otherwise. */
export function cacheModel({ word, ...draft }: CacheDraft): CacheModel {
  const bytes = draft.totalMaxSize * 1024 * 1024;
  return { ...draft, at: word.at, maxObjectSize: draft.maxObjectSize || bytes / 256 };
}
