import { takeChoice } from "../lang/values.ts";
import type { Hash } from "../util/hash/index.ts";
import { byKey, NO_KEY } from "./keyed.ts";

interface HdrModel {
  readonly kind: "hdr";
  readonly name: string;
  readonly useDomainOnly: boolean;
}

const DOT = 46;
const COMMA = 44;
const QUOTE = 34;
const BACKSLASH = 92;

/** End of the first value of a comma-separated list; commas in quoted strings do not count (RFC 9110 section 5.6.1). */
function firstValueEnd(text: string): number {
  let quoted = false;
  let end = 0;
  for (; end < text.length; end++) {
    const c = text.charCodeAt(end);
    if (quoted) {
      if (c === BACKSLASH) end++;
      else if (c === QUOTE) quoted = false;
    } else if (c === QUOTE) quoted = true;
    else if (c === COMMA) break;
  }
  if (end > text.length) end = text.length;
  while (end > 0 && (text.charCodeAt(end - 1) === 32 || text.charCodeAt(end - 1) === 9)) end--;
  return end;
}

/** Only the label before the last dot: "example" of "www.example.com"; all of a name without dots. */
function domainHash(hash: Hash, text: string, length: number): number {
  let end = length - 1;
  while (end > 0 && text.charCodeAt(end) !== DOT) end--;
  if (end <= 0) return hash(text, 0, length);
  // A label has a character at least, even between two dots.
  let start = end - 1;
  while (start > 0 && text.charCodeAt(start - 1) !== DOT) start--;
  return hash(text, start, end);
}

/** `balance hdr(NAME) [use_domain_only]`: by the first value of a request header; in turn without one or when it is empty. */
export const hdr = byKey<HdrModel>({
  name: "hdr",
  usage: "hdr(<name>) [use_domain_only]",
  help: "Hash of a request header",
  http: true,
  parse(args, word, argument) {
    if (argument === null || argument === "") {
      return args.error("config/bad-value", word, "'balance hdr' needs the name of a header", "balance hdr(<name>)");
    }
    if (args.done) return { kind: "hdr", name: argument, useDomainOnly: false };
    if (takeChoice(args, ["use_domain_only"]) === null) return null;
    return { kind: "hdr", name: argument, useDomainOnly: true };
  },
  text: ({ name }) => `hdr(${name})`,
  key(model, hash) {
    const { useDomainOnly } = model;
    const name = model.name.toLowerCase();
    return (request) => {
      const text = request.header(name);
      if (text === null) return NO_KEY;
      const end = firstValueEnd(text);
      if (end === 0) return NO_KEY;
      return useDomainOnly ? domainHash(hash, text, end) : hash(text, 0, end);
    };
  },
});
