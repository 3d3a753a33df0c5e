/** lower upper length cut_crlf ltrim rtrim concat add_item (manual, section 7.3.1). */
import type { ConverterRow } from "../converter.ts";
import { lowerAscii, upperAscii } from "./ascii.ts";
import { Variable } from "./operand.ts";
import { ofText, optional, required, textArg } from "./row.ts";

/** 1 for each byte that occurs in `chars`. */
export function byteSet(chars: string): Uint8Array {
  const set = new Uint8Array(256);
  for (let i = 0; i < chars.length; i++) set[chars.charCodeAt(i) & 255] = 1;
  return set;
}

const ltrim: ConverterRow = {
  name: "ltrim",
  args: [required("chars", "str")],
  in: "str",
  out: "str",
  help: "Cuts these characters off the start.",
  make(args) {
    const set = byteSet(args[0]!.text);
    return (value) => {
      const text = value as string;
      let from = 0;
      while (from < text.length && set[text.charCodeAt(from)] === 1) from++;
      return from === 0 ? text : text.slice(from);
    };
  },
};

const rtrim: ConverterRow = {
  name: "rtrim",
  args: [required("chars", "str")],
  in: "str",
  out: "str",
  help: "Cuts these characters off the end.",
  make(args) {
    const set = byteSet(args[0]!.text);
    return (value) => {
      const text = value as string;
      let to = text.length;
      while (to > 0 && set[text.charCodeAt(to - 1)] === 1) to--;
      return to === text.length ? text : text.slice(0, to);
    };
  },
};

/** The optional variable of concat() and add_item(); undefined = left out, null = no such name. */
function variableArg(text: string): Variable | null | undefined {
  return text === "" ? undefined : Variable.parse(text);
}

const noVariable = { message: "expects the name of a variable", arg: 1 } as const;

const concat: ConverterRow = {
  name: "concat",
  args: [required("start", "str"), optional("var", "str"), optional("end", "str")],
  in: "str",
  out: "str",
  help: "Appends a text, a variable and another text.",
  make(args, { bufsize }) {
    const start = textArg(args, 0);
    const variable = variableArg(textArg(args, 1));
    const end = textArg(args, 2);
    if (variable === null) return noVariable;
    const limit = bufsize - 1;
    return (value, ctx) => {
      const middle = variable === undefined ? "" : (variable.readText(ctx) ?? "");
      const whole = (value as string) + start + middle + end;
      return whole.length > limit ? whole.slice(0, limit) : whole;
    };
  },
};

const addItem: ConverterRow = {
  name: "add_item",
  args: [required("delimiter", "str"), required("var", "str"), optional("suffix", "str")],
  in: "str",
  out: "str",
  help: "Appends a variable and a suffix to a list, with the delimiter unless the list is empty.",
  make(args, { bufsize }) {
    const delimiter = textArg(args, 0);
    const variable = variableArg(textArg(args, 1));
    const suffix = textArg(args, 2);
    if (variable === null) return noVariable;
    if (variable === undefined && suffix === "") return "one of the optional arguments has to be nonempty";
    const limit = bufsize - 1;
    return (value, ctx) => {
      const list = value as string;
      const item = (variable === undefined ? "" : (variable.readText(ctx) ?? "")) + suffix;
      if (item === "") return list.length > limit ? list.slice(0, limit) : list;
      const whole = list === "" ? item : list + delimiter + item;
      return whole.length > limit ? whole.slice(0, limit) : whole;
    };
  },
};

export const strings: readonly ConverterRow[] = [
  ofText("lower", "str", "ASCII letters in lower case.", lowerAscii),
  ofText("upper", "str", "ASCII letters in upper case.", upperAscii),
  ofText("length", "sint", "Number of bytes.", (text) => text.length),
  ofText("cut_crlf", "str", "Cuts at the first CR or LF.", cutCrlf),
  ltrim,
  rtrim,
  concat,
  addItem,
];

function cutCrlf(text: string): string {
  const at = text.search(/[\r\n]/);
  return at < 0 ? text : text.slice(0, at);
}
