/** field word bytes (manual, section 7.3.1). */
import type { ArgProblem, ArgValue } from "../args.ts";
import type { Converter, ConverterRow } from "../converter.ts";
import { intArg, optional, required, textArg } from "./row.ts";
import { byteSet } from "./strings.ts";

const noDelimiters = { message: "the list of delimiters is empty", arg: 1 } as const;
const wrongIndex = { message: "0 is no index: parts are counted from 1 (first) or -1 (last)", arg: 0 } as const;

/** What both make of their arguments: index, delimiters, count. */
function split(make: (index: number, set: Uint8Array, count: number) => Converter): ConverterRow["make"] {
  return (args: readonly ArgValue[]): Converter | ArgProblem => {
    const index = intArg(args, 0, 0);
    if (index === 0) return wrongIndex;
    if (textArg(args, 1) === "") return noDelimiters;
    return make(index, byteSet(textArg(args, 1)), intArg(args, 2, 1));
  };
}

/**
 * Delimiters split the text; empty fields count. `count` fields from the wanted one on, 0 = all that follow: towards the end
 * for a positive index, towards the start for a negative one. Null when there are fewer.
 */
function field(index: number, set: Uint8Array, count: number): Converter {
  if (index > 0) {
    return (value) => {
      const text = value as string;
      const { length } = text;
      let at = 1;
      let left = count;
      let start = 0;
      for (let i = 0; i < length; i++) {
        if (set[text.charCodeAt(i)] !== 1) continue;
        if (at === index) {
          if (left === 1) return text.slice(start, i);
          if (left > 1) left--;
        } else {
          start = i + 1;
          at++;
        }
      }
      return at === index ? text.slice(start) : null;
    };
  }
  return (value) => {
    const text = value as string;
    let at = -1;
    let left = count;
    let end = text.length;
    for (let i = text.length; i > 0; i--) {
      if (set[text.charCodeAt(i - 1)] !== 1) continue;
      if (at === index) {
        if (left === 1) return text.slice(i, end);
        if (left > 1) left--;
      } else {
        end = i - 1;
        at--;
      }
    }
    return at === index ? text.slice(0, end) : null;
  };
}

/** As field, but runs of delimiters count as one and those at both ends as none. The empty text when there are fewer words. */
function word(index: number, set: Uint8Array, count: number): Converter {
  if (index > 0) {
    return (value) => {
      const text = value as string;
      const { length } = text;
      let at = 0;
      let left = count;
      let start = 0;
      let inside = false;
      for (let i = 0; i < length; i++) {
        const delimiter = set[text.charCodeAt(i)] === 1;
        if (inside !== delimiter) continue;
        if (delimiter) {
          if (at === index) {
            if (left === 1) return text.slice(start, i);
            if (left > 1) left--;
          }
          inside = false;
        } else {
          if (at !== index) {
            at++;
            start = i;
          }
          inside = true;
        }
      }
      return at === index ? text.slice(start) : "";
    };
  }
  return (value) => {
    const text = value as string;
    let at = 0;
    let left = count;
    let end = text.length;
    let inside = false;
    for (let i = text.length; i > 0; i--) {
      const delimiter = set[text.charCodeAt(i - 1)] === 1;
      if (inside !== delimiter) continue;
      if (delimiter) {
        if (at === index) {
          if (left === 1) return text.slice(i, end);
          if (left > 1) left--;
        }
        inside = false;
      } else {
        if (at !== index) {
          at--;
          end = i;
        }
        inside = true;
      }
    }
    return at === index ? text.slice(0, end) : "";
  };
}

/** Out of bounds gives the empty sample; a negative length, like none, everything up to the end. */
function bytes(args: readonly ArgValue[]): Converter {
  const offset = intArg(args, 0, 0);
  const size = intArg(args, 1, -1);
  return (value) => {
    const text = value as string;
    if (offset < 0 || offset >= text.length) return "";
    return size < 0 || offset + size >= text.length ? text.slice(offset) : text.slice(offset, offset + size);
  };
}

const splitting = [required("index", "int"), required("delimiters", "str"), optional("count", "int")];

export const fields: readonly ConverterRow[] = [
  {
    name: "field",
    args: splitting,
    in: "str",
    out: "str",
    help: "The nth field between delimiters.",
    make: split(field),
  },
  {
    name: "word",
    args: splitting,
    in: "str",
    out: "str",
    help: "The nth word between runs of delimiters.",
    make: split(word),
  },
  {
    name: "bytes",
    args: [required("offset", "int"), optional("length", "int")],
    in: "bin",
    out: "bin",
    help: "Some bytes from an offset on.",
    make: bytes,
  },
];
