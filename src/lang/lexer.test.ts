import { describe, expect, test } from "bun:test";
import { Diagnostics } from "./diagnostic.ts";
import { lexLine, MAX_LINE_BYTES, MAX_WORDS } from "./lexer.ts";

const env = { HOME: "/root", EMPTY: "", LIST: " a  b ", UTF: "\xc3\xa9" };

function lex(text: string): { words: string[]; errors: string[] } {
  const diagnostics = new Diagnostics();
  const line = lexLine(text, "lb.cfg", 7, { env, section: "www" }, diagnostics);
  return {
    words: line?.words.map((word) => word.text) ?? [],
    errors: diagnostics.list.map(({ code, at }) => `${code}@${at.column}`),
  };
}

const good: readonly (readonly [string, readonly string[]])[] = [
  ["", []],
  [" \t ", []],
  ['  # comment "', []],
  ["global#x", ["global"]],
  ["a\tb\vc\fd", ["a", "b", "c", "d"]],
  ["a b\r", ["a", "b"]],
  ["a b\rc", ["a", "b"]],
  ["a 'b#c' \"d#e\" f\\#g", ["a", "b#c", "d#e", "f#g"]],
  [`a'b'"c"d\\ e "f'g" 'h"i' ""k "" ''`, ["abcd e", "f'g", 'h"i', "k", "", ""]],
  ["k \\x41\\x6Fb \"\\x20\" '\\x41'", ["k", "Aob", " ", "\\x41"]],
  ["k \\n\\r\\t\\\\\\'\\\"\\q\\1\\$", ["k", "\n\r\t\\'\"\\q\\1\\$"]],
  ['k "\\n\\r\\t\\\\\\\'\\"\\q\\1\\$\\ "', ["k", "\n\r\t\\'\"\\q\\1$ "]],
  ["k 'a\\'", ["k", "a\\"]],
  ["k ab\\", ["k", "ab\\"]],
  ["k \\", ["k", "\\"]],
  ['k $HOME \'$HOME\' "$HOME" "${HOME}x"', ["k", "$HOME", "$HOME", "/root", "/rootx"]],
  ['k "$UNSET" a"$UNSET"b "${EMPTY-x}" "${UNSET-x $y}"', ["k", "", "ab", "", "x $y"]],
  ['k "${UNSET-a"b}" "${UNSET-a\\}b"', ["k", 'a"b', "a\\b"]],
  ['k "x${LIST[*]}y" "$HOME[*]"', ["k", "x", "a", "b", "y", "/root[*]"]],
  ['k "${UNSET[*]-c  d}" "${UNSET[*]}"', ["k", "c", "d", ""]],
  ['k "${.FILE}:$.LINE $.SECTION"', ["k", "lb.cfg:7 www"]],
  ['"$UNSET" ignored', []],
  ['k "$constructor" "$__proto__"', ["k", "", ""]],
  ["\xef\xbb\xbfglobal \xe9", ["\xef\xbb\xbfglobal", "\xe9"]],
];

const bad: readonly (readonly [string, string])[] = [
  ['k "ab', "syntax/unmatched-quote@3"],
  ["k 'ab\\", "syntax/unmatched-quote@3"],
  ['k "ab\\"', "syntax/unmatched-quote@3"],
  ["k a\\x4", "syntax/bad-hex-escape@4"],
  ["k \\xzz", "syntax/bad-hex-escape@3"],
  ['k "a$"', "syntax/bad-variable-name@6"],
  ['k "$1"', "syntax/bad-variable-name@5"],
  ['k "${}"', "syntax/bad-variable-name@6"],
  ['k "${.FOO}"', "syntax/bad-variable-name@6"],
  ['k "${HOME"', "syntax/unmatched-brace@5"],
  ['k "${HOME x}"', "syntax/unmatched-brace@5"],
  ['k "${HOME-x"', "syntax/unmatched-brace@5"],
  ['k "${HOME[x]}"', "syntax/bad-word-expansion@10"],
  ["k a\0b", "syntax/nul-character@4"],
  ["k ".repeat(MAX_WORDS + 1), "syntax/too-many-words@129"],
  ["k".repeat(MAX_LINE_BYTES + 1), `syntax/line-too-long@${MAX_LINE_BYTES + 1}`],
];

describe("words", () => {
  for (const [text, words] of good) {
    test(JSON.stringify(text), () => expect(lex(text)).toEqual({ words: [...words], errors: [] }));
  }
  test(`${MAX_WORDS} words are allowed`, () => expect(lex("k ".repeat(MAX_WORDS)).words).toHaveLength(MAX_WORDS));
});

describe("errors", () => {
  for (const [text, error] of bad) {
    test(JSON.stringify(text.slice(0, 40)), () => expect(lex(text)).toEqual({ words: [], errors: [error] }));
  }
  test("an expansion cannot exhaust memory", () => {
    const diagnostics = new Diagnostics();
    const big = { env: { A: "x".repeat(MAX_LINE_BYTES / 4) }, section: "" };
    expect(lexLine('k "$A$A$A" "$A$A"', "f", 1, big, diagnostics)).toBeNull();
    expect(diagnostics.list[0]?.code).toBe("syntax/line-too-long");
  });
});

test("positions are those of the typed bytes", () => {
  const line = lexLine(`  mode\t"a b"c  "\${LIST[*]}" 'x'`, "lb.cfg", 3, { env, section: "" }, new Diagnostics());
  expect(line?.at).toEqual({ file: "lb.cfg", line: 3, column: 3 });
  expect(line?.words.map(({ text, at, endColumn, quoted }) => [text, at.column, endColumn, quoted])).toEqual([
    ["mode", 3, 7, false],
    ["a bc", 8, 14, true],
    ["", 16, 27, true],
    ["a", 17, 27, true],
    ["b", 17, 27, true],
    ["", 17, 28, true],
    ["x", 29, 32, true],
  ]);
});

test("random bytes never throw, and every position lies inside the text", () => {
  let seed = 12345;
  const random = (limit: number): number => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return (seed >>> 8) % limit;
  };
  const likely = " \t\"'\\$#{}[*]-._xnAHOME0\r";
  for (let round = 0; round < 20_000; round++) {
    let text = "";
    for (let i = random(40); i >= 0; i--) {
      text += random(4) === 0 ? String.fromCharCode(random(256)) : likely[random(likely.length)]!;
    }
    const diagnostics = new Diagnostics();
    const line = lexLine(text, "f", 1, { env, section: "" }, diagnostics);
    expect(line === null || diagnostics.list.length === 0).toBe(true);
    let last = 0;
    for (const { at, endColumn } of line?.words ?? []) {
      expect(at.column).toBeGreaterThan(last === 0 ? 0 : last - 1);
      expect(endColumn).toBeGreaterThan(at.column);
      expect(endColumn).toBeLessThanOrEqual(text.length + 1);
      last = at.column;
    }
    for (const { at } of diagnostics.list) {
      expect(at.column).toBeGreaterThan(0);
      expect(at.column).toBeLessThanOrEqual(text.length + 1);
    }
  }
});
