import { takeChoice, takeInteger } from "../lang/values.ts";
import { byKey, NO_KEY } from "./keyed.ts";
import { pathStart } from "./keys.ts";

const SLASH = 47;
const QUESTION = 63;

interface UriModel {
  readonly kind: "uri";
  readonly whole: boolean;
  /** 0 = no limit. */
  readonly len: number;
  readonly depth: number;
  readonly pathOnly: boolean;
}

/**
 * `balance uri [whole] [len N] [depth N] [path-only]`: by the request target up to the question mark (`whole`: all of
 * it), at most its first N bytes, ended by the slash behind the Nth directory level. For caches.
 */
export const uri = byKey<UriModel>({
  name: "uri",
  usage: "uri [whole] [len <bytes>] [depth <slashes>] [path-only]",
  help: "Hash of the request's URI without its query",
  http: true,
  parse(args) {
    let whole = false;
    let pathOnly = false;
    let len = 0;
    let depth = 0;
    while (!args.done) {
      const word = takeChoice(args, ["whole", "path-only", "len", "depth"]);
      if (word === null) return null;
      if (word === "whole") whole = true;
      else if (word === "path-only") pathOnly = true;
      else {
        const value = takeInteger(args, { min: 1, lax: true, what: `a number behind '${word}'` });
        if (value === null) return null;
        if (word === "len") len = value;
        else depth = value;
      }
    }
    return { kind: "uri", whole, len, depth, pathOnly };
  },
  key({ whole, len, depth, pathOnly }, hash) {
    return (request) => {
      const text = request.uri();
      if (text === null) return NO_KEY;
      let from = 0;
      if (pathOnly) {
        from = pathStart(text);
        if (from < 0) from = text.length;
      }
      const limit = len > 0 && from + len < text.length ? from + len : text.length;
      let to = from;
      let slashes = 0;
      for (; to < limit; to++) {
        const c = text.charCodeAt(to);
        // The first slash of the path opens level one, so the end of level N is slash N + 1.
        if (c === SLASH) {
          if (depth > 0 && ++slashes === depth + 1) break;
        } else if (c === QUESTION && !whole) break;
      }
      return hash(text, from, to);
    };
  },
});
