import { describe, expect, test } from "bun:test";
import { testEnv } from "../../testing.helper.ts";
import { difference, type FormatEnv } from "./verify.ts";
import { formatText } from "./index.ts";

const env: FormatEnv = { variables: { ONE: "1", LIST: " a  b " }, machine: testEnv() };

/** What comes of a text; laying it out again changes nothing. */
function fmt(text: string): string {
  const { text: out, refused } = formatText(text, "t.cfg", env);
  expect(refused).toBeNull();
  expect(formatText(out, "t.cfg", env).text).toBe(out);
  return out;
}

describe("layout", () => {
  const cases: Record<string, [before: string, after: string]> = {
    "words are one blank apart, lines four deep": [
      "global\n\tmaxconn   100\n    daemon   \n",
      "global\n    maxconn 100\n    daemon\n",
    ],
    "sections are one blank line apart, groups at most one": [
      "\n\nglobal\ndaemon\n\n\n\nnbthread 1\ndefaults\nmode http\n\n\n",
      "global\n    daemon\n\n    nbthread 1\n\ndefaults\n    mode http\n",
    ],
    "a missing line feed comes in": ["global", "global\n"],
    "carriage returns at the end of lines go": ["global\r\n  daemon\r\n", "global\n    daemon\n"],
    "an empty text stays empty": ["", ""],
    "blank lines only are nothing": ["\n \n\t\n", ""],
    "trailing comments": ["global\n daemon    # why  \n", "global\n    daemon # why\n"],
    "a comment before a section belongs to it": [
      "global\n daemon\n# the front\nfrontend f\n bind :80\n",
      "global\n    daemon\n\n# the front\nfrontend f\n    bind :80\n",
    ],
    "an indented one belongs to the section above": [
      "global\n daemon\n  # maxconn 4\n# the front\n\n# of it\nfrontend f\n",
      "global\n    daemon\n    # maxconn 4\n\n# the front\n\n# of it\nfrontend f\n",
    ],
    "comments at the end": ["global\n# a\n  # b\n# end\n", "global\n    # a\n    # b\n# end\n"],
    "comments before all sections": ["  # a\n# b\nglobal\n", "# a\n# b\nglobal\n"],
    "quotes stay where they mean something": [
      `global\n setenv A 'x y' B "" C "$ONE" D "a"b E a\\ b F "#"\n`,
      `global\n    setenv A 'x y' B "" C "$ONE" D "a"b E a\\ b F "#"\n`,
    ],
    "quotes around a plain word go": [`"global"\n log-tag "tlb"\n`, "global\n    log-tag tlb\n"],
    "a default value may hold quotes": [
      `global\n log-tag "\${X-a"b c}"  # c\n`,
      `global\n    log-tag "\${X-a"b c}" # c\n`,
    ],
    "conditions in a section": [
      "global\n.if defined(A)\nnbthread 1\n.if 1\ndaemon\n.endif\n# other\n.else\nnbthread 2\n.endif\nmaxconn 5\n",
      "global\n    .if defined(A)\n        nbthread 1\n        .if 1\n            daemon\n        .endif\n    # other\n    .else\n        nbthread 2\n    .endif\n    maxconn 5\n",
    ],
    "conditions around sections": [
      "global\n daemon\n.if 1\n frontend a\n  bind :80\n.else\n frontend b\n  bind :81\n .endif\n",
      "global\n    daemon\n\n.if 1\nfrontend a\n    bind :80\n.else\nfrontend b\n    bind :81\n.endif\n",
    ],
    "lines before any section": ["  daemon\nglobal\n", "daemon\n\nglobal\n"],
  };
  for (const [name, [before, after]] of Object.entries(cases)) test(name, () => expect(fmt(before)).toBe(after));
});

test("lines that do not lex stay and are told", () => {
  const { text, findings, refused } = formatText("global\n   log-tag  'x\n   daemon\n", "t.cfg", env);
  expect(text).toBe("global\n   log-tag  'x\n    daemon\n");
  expect(findings.list.map(({ code, at }) => `${at.line} ${code}`)).toEqual(["2 syntax/unmatched-quote"]);
  expect(refused).toBeNull();
});

test("bytes behind a carriage return, which the parser ignores, stay where they are", () => {
  expect(fmt("global\n  daemon\r  nbthread 2\n")).toBe("global\n  daemon\r  nbthread 2\n");
});

test("a text that asks for its line numbers keeps them", () => {
  const text = 'global\n\n\n   log-tag  "a${.LINE}"\ndefaults\n mode http\n';
  expect(fmt(text)).toBe('global\n\n\n    log-tag "a${.LINE}"\ndefaults\n    mode http\n');
});

test("differences are found: words, order, lines that vanish, numbers of lines", () => {
  const text = "global\n maxconn 5\n daemon\n";
  const differs = (other: string, from = text): boolean => difference(from, other, "t.cfg", env) !== null;
  expect(differs("global\n maxconn 5\n\n\n  daemon # x\n")).toBe(false);
  expect(differs("global\n maxconn 6\n daemon\n")).toBe(true);
  expect(differs("global\n daemon\n maxconn 5\n")).toBe(true);
  expect(differs("global\n maxconn 5\n")).toBe(true);
  expect(differs("global\n maxconn 5 daemon\n")).toBe(true);
  expect(differs('global\n\n log-tag "${.LINE}"\n', 'global\n log-tag "${.LINE}"\n')).toBe(true);
});

test("the time it takes grows with the length only", () => {
  const text = `global\n${"# comment\n".repeat(50_000)}frontend f\n${"  acl a path /x\n".repeat(20_000)}`;
  const before = Date.now();
  expect(fmt(text).includes("\n# comment\nfrontend f\n    acl a path /x\n")).toBe(true);
  expect(Date.now() - before).toBeLessThan(8_000);
}, 60_000);
