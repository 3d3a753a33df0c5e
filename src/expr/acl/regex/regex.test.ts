import { describe, expect, test } from "bun:test";
import { compileRegex, RegexError, regexRisk } from "./index.ts";

function error(pattern: string): string {
  const regex = compileRegex(pattern, { icase: false, capture: false });
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

test("a pattern that begins with .* costs what the text is long, and matches as if it were tried everywhere", () => {
  const patterns = [
    "(.*)/a",
    ".*b(c)?",
    "(?:(.*?)x|.+y)z",
    "(?s).*q",
    "((.*)-)+k",
    "(.*)abc\\1",
    ".{2,}d",
    "(.*)?e",
    "(?>.*)f",
  ];
  let seed = 7;
  const random = (n: number): number => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) % n;
  for (const pattern of patterns) {
    const regex = compileRegex(pattern, { icase: false, capture: true });
    if (regex instanceof RegexError) throw new Error(regex.error);
    for (let i = 0; i < 400; i++) {
      const text = Array.from({ length: random(14) }, () => "ab/cxyzqdk-ef\n"[random(14)]).join("");
      const plain = regex.js.exec(text);
      expect({ pattern, text, found: regex.exec(text) }).toEqual({
        pattern,
        text,
        found: plain === null ? null : regex.groups.map((number) => plain[number]),
      });
      expect(regex.test(text)).toBe(plain !== null);
    }
  }
  const slow = compileRegex("(.*)/a", { icase: false, capture: true });
  if (slow instanceof RegexError) throw new Error(slow.error);
  // The square of it would take minutes.
  expect(slow.test("/".repeat(2_000_000))).toBe(false);
}, 5000);
