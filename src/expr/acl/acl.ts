import type { Position } from "../../lang/position.ts";
import { castOf } from "../cast.ts";
import type { Test } from "../chain.ts";
import type { SampleContext } from "../context.ts";
import type { SampleKind, Value } from "../sample.ts";
import { type Entry, NONE } from "./entry.ts";
import { methods } from "./patterns/index.ts";
import type { MatchFlags, MatchMethod, PatternIndex } from "./patterns/method.ts";
import type { PatternSet } from "./set.ts";

/** What an ACL needs of a compiled sample expression. */
export interface AclFetch {
  /** Type of the values. */
  readonly type: SampleKind;
  /** Type HAProxy declares where it differs; decides the default method and which methods are possible. */
  readonly declared?: SampleKind;
  eval(ctx: SampleContext): Value | null;
  /** For fetches with several values, such as hdr(name): whether `test` takes one of them. Made once per ACL. */
  some?(test: Test): (ctx: SampleContext) => boolean;
  /** Where the fetch is valid, see validity.ts; absent = everywhere. */
  readonly places?: number;
  /** The only patterns that can match, compared by the criterion's own method: groups of http_auth_group(list). */
  readonly values?: readonly string[];
}

/** As HAProxy counts: AND of two results is `&`, OR is `|`. */
export const FAIL = 0;
/** Bytes are missing to tell. */
export const MISS = 1;
export const PASS = 3;
export type AclResult = typeof FAIL | typeof MISS | typeof PASS;

/** What `tlb explain` is told about each test of an ACL. */
export interface AclTrace {
  /** `sample` is the last value looked at, before its cast; null when there was none. `matched` is the pattern, null for found and bool. */
  tested(expr: AclExpr, result: AclResult, sample: Value | null, matched: Entry | null): void;
}

/** One line of an ACL: a sample, a method and its patterns. */
export class AclExpr {
  /** Whether the sample matches, when no more bytes can come. */
  readonly test: (ctx: SampleContext) => boolean;
  private readonly cast: ((value: Value, ctx: SampleContext) => Value | null) | "=";
  /** For fetches with several values: tries them all. */
  private readonly some: ((ctx: SampleContext) => boolean) | null;
  /** What the last evaluation looked at and found, for traces. */
  private seen: Value | null = null;
  /** Which index, and what in it; NONE for methods without patterns. */
  private foundIn = NONE;
  private foundRow = NONE;

  constructor(
    /** The criterion as written. */
    readonly text: string,
    readonly at: Position,
    readonly fetch: AclFetch,
    readonly method: MatchMethod,
    readonly flags: MatchFlags,
    /** Files in order, then the words. */
    readonly sets: readonly PatternSet[],
    readonly indexes: readonly PatternIndex[],
  ) {
    this.cast = method.expects === null ? "=" : castOf(fetch.type, method.expects);
    this.some = fetch.some?.((value, ctx) => this.take(value, ctx)) ?? null;
    this.test = this.compile();
  }

  private take(value: Value, ctx: SampleContext): boolean {
    this.seen = value;
    return this.lookup(value, ctx);
  }

  /** As `test`, while bytes may still come: a fetch that sets `mayChange` makes a mismatch unknown. */
  evaluate(ctx: SampleContext, trace: AclTrace | null = null): AclResult {
    ctx.mayChange = false;
    this.seen = null;
    this.foundIn = NONE;
    let passed: boolean;
    if (this.some !== null) passed = this.some(ctx);
    else {
      const value = this.fetch.eval(ctx);
      passed = value !== null && this.take(value, ctx);
    }
    const { seen, foundIn } = this;
    if (passed) {
      trace?.tested(this, PASS, seen, foundIn < 0 ? null : this.sets[foundIn]!.entry(this.foundRow));
      return PASS;
    }
    const result = ctx.mayChange && !ctx.final ? MISS : FAIL;
    trace?.tested(this, result, seen, null);
    return result;
  }

  /** Whether the value matches. */
  private lookup(value: Value, ctx: SampleContext): boolean {
    if (this.method === methods.found) return true;
    const cast = this.cast === "=" ? value : this.cast(value, ctx);
    if (cast === null) return false;
    if (this.method === methods.bool) return cast != 0;
    const { indexes } = this;
    for (let i = 0; i < indexes.length; i++) {
      const row = indexes[i]!.match(cast);
      if (row < 0) continue;
      this.foundIn = i;
      this.foundRow = row;
      return true;
    }
    return false;
  }

  /** Fast path: the usual forms without a loop or a lookup of the method. */
  private compile(): (ctx: SampleContext) => boolean {
    const { fetch, cast, method, indexes } = this;
    if (fetch.some !== undefined) {
      const plain = method !== methods.found && method !== methods.bool && cast === "=" && indexes.length === 1;
      if (!plain) return this.some!;
      const index = indexes[0]!;
      return fetch.some((value) => index.match(value) >= 0);
    }
    if (method === methods.found) return (ctx) => fetch.eval(ctx) !== null;
    if (method === methods.bool) {
      if (fetch.type === "bool") return (ctx) => fetch.eval(ctx) === true;
      return (ctx) => {
        const value = fetch.eval(ctx);
        return value !== null && this.lookup(value, ctx);
      };
    }
    if (indexes.length === 1) {
      const index = indexes[0]!;
      if (cast === "=") {
        return (ctx) => {
          const value = fetch.eval(ctx);
          return value !== null && index.match(value) >= 0;
        };
      }
      return (ctx) => {
        const value = fetch.eval(ctx);
        if (value === null) return false;
        const wanted = cast(value, ctx);
        return wanted !== null && index.match(wanted) >= 0;
      };
    }
    return (ctx) => {
      const value = fetch.eval(ctx);
      return value !== null && this.lookup(value, ctx);
    };
  }
}

/** One or more lines of one name; any of them may match. */
export class Acl {
  readonly exprs: AclExpr[] = [];
  /** Conditions that use it. */
  uses = 0;

  constructor(
    /** Null for one in braces. */
    readonly name: string | null,
    readonly at: Position,
    readonly predefined: boolean,
  ) {}

  evaluate(ctx: SampleContext, trace: AclTrace | null = null): AclResult {
    let result: AclResult = FAIL;
    for (const expr of this.exprs) {
      const one = expr.evaluate(ctx, trace);
      if (one === PASS) return PASS;
      if (one === MISS) result = MISS;
    }
    return result;
  }
}
