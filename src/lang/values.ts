/** Readers of typed arguments. Each reports at the offending word and returns null on failure. */
import type { Args } from "./args.ts";
import type { Word } from "./line.ts";
import { MAX_TIME, parseInteger, parseSize, parseTime } from "./units.ts";

const TIME_HINT = "a number with one unit: us, ms, s, m, h or d";

/** What an integer may be: by default 0 to 2^31-1. `what` names it where it is missing. */
export interface IntegerRange {
  readonly min?: number;
  readonly max?: number;
  readonly what?: string;
  /** HAProxy reads this number up to the first other character: text behind the digits is a warning, not an error. */
  readonly lax?: true;
}

/** A time argument in milliseconds; `unit` counts when none is written. */
export function takeTime(args: Args, unit: "us" | "ms" | "s" = "ms"): number | null {
  const word = args.take("a time such as 10s");
  return word === null ? null : timeOf(args, word, unit);
}

/** As `takeTime`, for a word that was taken already. */
export function timeOf(args: Args, word: Word, unit: "us" | "ms" | "s" = "ms"): number | null {
  const result = parseTime(word.text, unit);
  if (!result.ok) {
    const { problem } = result;
    if (problem.kind === "overflow") {
      return args.error(
        "config/time-overflow",
        word,
        `'${word.text}' is too long for '${args.label}'`,
        `at most ${MAX_TIME} ms`,
      );
    }
    const unexpected = problem.at < word.text.length ? `: unexpected '${word.text.charAt(problem.at)}'` : "";
    return args.error("config/bad-time", word, `'${word.text}' is not a time${unexpected}`, TIME_HINT);
  }
  if (result.trailing >= 0) {
    args.warn(
      "config/trailing-text",
      word,
      `only '${word.text.slice(0, result.trailing)}' of '${word.text}' counts`,
      TIME_HINT,
    );
  }
  return result.value;
}

/** An integer argument within `range` (defaults: 0 to 2^31-1). Text behind the digits is an error. */
export function takeInteger(args: Args, range: IntegerRange = {}): number | null {
  const word = args.take(range.what ?? "a number");
  return word === null ? null : integerOf(args, word, range);
}

/** As `takeInteger`, for a word that was taken already. */
export function integerOf(args: Args, word: Word, range: IntegerRange): number | null {
  const { min = 0, max = 2147483647 } = range;
  const result = parseInteger(word.text);
  if (!result.ok) {
    if (result.problem.kind === "syntax") {
      return args.error("config/bad-number", word, `'${args.label}' expects an integer, not '${word.text}'`);
    }
    return args.error("config/out-of-range", word, `'${word.text}' is too large for '${args.label}'`);
  }
  if (result.trailing >= 0) {
    if (!range.lax)
      return args.error("config/bad-number", word, `'${args.label}' expects an integer, not '${word.text}'`);
    args.warn("config/trailing-text", word, `only '${word.text.slice(0, result.trailing)}' of '${word.text}' counts`);
  }
  if (result.value < min || result.value > max) {
    return args.error(
      "config/out-of-range",
      word,
      `'${args.label}' must be between ${min} and ${max}, not ${word.text}`,
    );
  }
  return result.value;
}

/** A size in bytes with an optional k, m or g. */
export function takeSize(args: Args, range: IntegerRange = {}): number | null {
  const word = args.take(range.what ?? "a size such as 16k");
  if (word === null) return null;
  const { min = 0, max = 0xffffffff } = range;
  const result = parseSize(word.text);
  if (!result.ok) {
    if (result.problem.kind === "syntax") {
      return args.error(
        "config/bad-size",
        word,
        `'${word.text}' is not a size`,
        "a number of bytes, optionally with k, m or g",
      );
    }
    return args.error("config/out-of-range", word, `'${word.text}' is too large for '${args.label}'`);
  }
  if (result.value < min || result.value > max) {
    return args.error(
      "config/out-of-range",
      word,
      `'${args.label}' must be between ${min} and ${max} bytes, not ${word.text}`,
    );
  }
  return result.value;
}

/** One of a closed set of words. */
export function takeChoice<const T extends string>(args: Args, choices: readonly T[], what = "one of"): T | null {
  const word = args.take(`${what} ${choices.join(", ")}`);
  if (word === null) return null;
  const found = choices.find((c) => c === word.text);
  if (found !== undefined) return found;
  return args.error(
    "config/bad-value",
    word,
    `'${args.label}' does not know '${word.text}'`,
    `one of ${choices.join(", ")}`,
  );
}
