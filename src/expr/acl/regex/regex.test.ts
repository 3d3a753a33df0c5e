import { describe, expect, test } from "bun:test";
import { compileRegex, RegexError, regexRisk } from "./index.ts";

function error(pattern: string, capture = false): string {
  const regex = compileRegex(pattern, { icase: false, capture });
  return regex instanceof RegexError ? `${regex.error} @${regex.offset}` : "ok";
}

test("groups keep their numbers next to atomic and possessive parts", () => {
  const regex = compileRegex("(?>x+)(a)y++(?:(b)|(?<n>c))\\1", { icase: false, capture: true });
  if (regex instanceof RegexError) throw new Error(regex.error);
  expect(regex.exec("xxayyca")).toEqual(["xxayyca", "a", undefined, "c"]);
  expect(regex.test("xxayycb")).toBe(false);
});

test("only ASCII letters have two cases", () => {
  const regex = compileRegex("^\xe9[a-c]\\W$", { icase: true, capture: false });
  if (regex instanceof RegexError) throw new Error(regex.error);
  expect(regex.test("\xe9B\xc9")).toBe(true);
  expect(regex.test("\xc9B-")).toBe(false);
});

/** Messages and offsets as HAProxy 2.6 with PCRE2 10.42 prints them. */
test("errors", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["(", "missing closing parenthesis @1"],
    ["(a)b\\1", "reference to non-existent subpattern @6"],
    ["*a", "quantifier does not follow a repeatable item @0"],
    ["a**", "quantifier does not follow a repeatable item @2"],
    ["a++*", "quantifier does not follow a repeatable item @3"],
    ["[a", "missing terminating ] for character class @2"],
    ["[b-a]", "range out of order in character class @3"],
    ["[[:foo:]]", "unknown POSIX class name @3"],
    ["a)", "unmatched closing parenthesis @1"],
    ["a{3,1}", "numbers out of order in {} quantifier @5"],
    ["a{70000}", "number too big in {} quantifier @7"],
    ["\\", "\\ at end of pattern @1"],
    ["(?<=a*)b", "lookbehind assertion is not fixed length @0"],
    ["\\y", "unrecognized character follows \\ @1"],
    ["(?R)", "(?R is not supported @0"],
    ["a\\Kb", "\\K is not supported @1"],
    ["\\p{L}", "\\p is not supported @0"],
  ];
  for (const [pattern, message] of cases) expect([pattern, error(pattern)]).toEqual([pattern, message]);
});

describe("catastrophic backtracking", () => {
  for (const pattern of [
    "(a+)+$",
    "(a*)*b",
    "(.*,)*x",
    "(\\w|\\d)+$",
    "(a|aa)*c",
    "^(([a-z])+.)+[A-Z]$",
    "(\\s*\\w*)*!",
    "((a+)?b?)*$",
    "(x+x+)+y",
    "(?i)(A+)+",
    "(a|a)*",
    "(a{1,}){20,}b",
  ]) {
    test(`found in ${pattern}`, () => expect(regexRisk(pattern)).not.toBeNull());
  }
  for (const pattern of [
    "a+b+",
    "(a+b)+",
    "([^,]*,)+",
    "(foo|far)*",
    "\\.(png|gif|jpe?g)$",
    "^/api/v[0-9]+/",
    "(a++)+",
    "(?>a+)+",
    "(a|b)*",
    "(a{2})+",
    "^[^/:]*://",
    "(,[^,]+)*",
    "(",
  ]) {
    test(`not found in ${pattern}`, () => expect(regexRisk(pattern)).toBeNull());
  }
});
