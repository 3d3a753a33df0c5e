/** Which of several headers of one name a fetch takes (manual, section 7.3.6). */
import { latin1 } from "../../util/latin1.ts";
import type { ArgProblem, ArgValue } from "../args.ts";
import type { SampleContext } from "../context.ts";
import type { Value } from "../sample.ts";
import { fieldValues } from "./elements.ts";
import { ElementWalk, type HeaderWalk, type Side } from "./message.ts";
import type { EachFetcher, Fetcher } from "./types.ts";

/** How far back from the last occurrence HAProxy can look. */
const MAX_HISTORY = 10;

export type Walk = ElementWalk | HeaderWalk;

export interface Choice {
  /** Lower case; empty = an empty one was given, which every header matches; null = none was. */
  readonly name: Uint8Array | null;
  /** 1 = first, -1 = last; 0 = not given. */
  readonly occurrence: number;
}

/** What the arguments of a header fetch, name and number, ask for. */
export function choiceOf(args: readonly ArgValue[]): Choice {
  return {
    name: args[0] === undefined ? null : Buffer.from(args[0].text.toLowerCase(), "latin1"),
    occurrence: Number(args[1]?.int ?? 0),
  };
}

/** Complains about a number of an occurrence further back than HAProxy looks. */
export function checkOccurrence(args: readonly ArgValue[]): ArgProblem | null {
  return Number(args[1]?.int ?? 0) < -MAX_HISTORY
    ? { message: `header occurrence must be >= -${MAX_HISTORY}`, arg: 1 }
    : null;
}

/** Text of the occurrence asked for; the last one by default. */
export function occurrenceFetcher(side: Side, walk: Walk, { name, occurrence }: Choice): Fetcher {
  // Without a name HAProxy 2.6 finds nothing here, though it counts all headers (hdr_cnt).
  if (name === null) return () => null;
  if (occurrence > 0) {
    return (ctx) => {
      if (!walk.start(side, ctx, name)) return null;
      let left = occurrence;
      while (walk.next()) if (--left === 0) return walk.value;
      return null;
    };
  }
  if (occurrence === 0 || occurrence === -1) {
    if (!side.response && name.length > 0) {
      const known = fieldValues(name, walk instanceof ElementWalk);
      return (ctx) => {
        if (known.read(ctx)) return known.count === 0 ? null : known.values[known.count - 1]!;
        return last(side, walk, ctx, name);
      };
    }
    return (ctx) => last(side, walk, ctx, name);
  }
  return (ctx) => {
    if (!walk.start(side, ctx, name)) return null;
    let count = 0;
    while (walk.next()) count++;
    let left = count + occurrence + 1;
    if (left < 1) return null;
    walk.start(side, ctx, name);
    while (walk.next()) if (--left === 0) return walk.value;
    return null;
  };
}

/** Remembers where the last one is and builds one string at the end. */
function last(side: Side, walk: Walk, ctx: SampleContext, name: Uint8Array): string | null {
  if (!walk.start(side, ctx, name) || !walk.next()) return null;
  let { buf, from, to } = walk;
  while (walk.next()) ({ buf, from, to } = walk);
  return latin1(buf, from, to);
}

/** Every occurrence of the name, converted; with a number that one alone. */
export function eachOf(side: Side, walk: Walk, choice: Choice, convert: (text: string) => Value | null): EachFetcher {
  const { name } = choice;
  if (choice.occurrence !== 0 || name === null) {
    const one = occurrenceFetcher(side, walk, choice);
    return (ctx, visit) => {
      const text = one(ctx);
      const value = text === null ? null : convert(text as string);
      return value !== null && visit(value, ctx);
    };
  }
  const known = side.response || name.length === 0 ? null : fieldValues(name, walk instanceof ElementWalk);
  return (ctx, visit) => {
    // Fast path: a request's field of few values.
    if (known !== null && known.read(ctx)) {
      for (let i = 0; i < known.count; i++) {
        const value = convert(known.values[i]!);
        if (value !== null && visit(value, ctx)) return true;
      }
      return false;
    }
    if (!walk.start(side, ctx, name)) return false;
    while (walk.next()) {
      const value = convert(walk.value);
      if (value !== null && visit(value, ctx)) return true;
    }
    return false;
  };
}
