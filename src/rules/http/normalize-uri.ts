import { atCondition, NOTHING, unknownWord } from "../parts.ts";
import { type ActionRow, Verdict } from "../types.ts";
import {
  decodeUnreserved,
  fragmentEncode,
  fragmentStrip,
  mergeSlashes,
  percentToUppercase,
  sortQuery,
  stripDot,
  stripDotDot,
} from "./normalize.ts";
import { pathStart, setTarget, targetOf } from "./target.ts";

interface Normalizer {
  /** The word it may take. */
  readonly option: "full" | "strict" | null;
  /** What it works on: the path alone, path and query, or the query alone. */
  readonly part: "path" | "pathq" | "query";
  readonly run: (text: string, option: boolean) => string | null;
}

const normalizers: Readonly<Record<string, Normalizer>> = {
  "fragment-strip": { option: null, part: "pathq", run: fragmentStrip },
  "fragment-encode": { option: null, part: "pathq", run: fragmentEncode },
  "path-merge-slashes": { option: null, part: "path", run: mergeSlashes },
  "path-strip-dot": { option: null, part: "path", run: stripDot },
  "path-strip-dotdot": { option: "full", part: "path", run: stripDotDot },
  "percent-decode-unreserved": { option: "strict", part: "pathq", run: decodeUnreserved },
  "percent-to-uppercase": { option: "strict", part: "pathq", run: percentToUppercase },
  "query-sort-by-name": { option: null, part: "query", run: sortQuery },
};

/** `normalize-uri` (manual, section 4.2). A target that a strict normalizer does not understand is answered with 400. */
export const normalizeUriAction: ActionRow = {
  name: "normalize-uri",
  where: ["http-request"],
  usage:
    "{fragment-encode | fragment-strip | path-merge-slashes | path-strip-dot | path-strip-dotdot [full] | " +
    "percent-decode-unreserved [strict] | percent-to-uppercase [strict] | query-sort-by-name}",
  help: "Write the target in one of its equivalent forms",
  experimental: true,
  parse: (args) => {
    const word = args.take("a normalizer");
    if (word === null) return null;
    const found = Object.hasOwn(normalizers, word.text) ? normalizers[word.text]! : null;
    if (found === null) return unknownWord(args, word);
    const flags = [word.text];
    if (!atCondition(args) && found.option !== null) {
      const option = args.next()!;
      if (option.text !== found.option) return unknownWord(args, option);
      flags.push(option.text);
    }
    return { ...NOTHING, flags };
  },
  compile: ({ flags }) => {
    const { part, run } = normalizers[flags[0]!]!;
    const option = flags.length > 1;
    return (stream) => {
      const { reqEdits } = stream;
      const target = targetOf(stream.reqHead!, reqEdits);
      let from = pathStart(target);
      let to = target.length;
      const mark = target.indexOf("?", from);
      if (part === "query") {
        if (mark < 0) return Verdict.next;
        from = mark + 1;
      } else if (part === "path" && mark >= 0) to = mark;
      const old = target.slice(from, to);
      const text = run(old, option);
      if (text === null) {
        stream.invalid();
        return Verdict.done;
      }
      if (text !== old) setTarget(reqEdits, target.slice(0, from) + text + target.slice(to));
      return Verdict.next;
    };
  },
};
