/** `tlb fmt` over every configuration of the tests and over random ones: it is idempotent, refuses nothing and changes no meaning. */
import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { cases } from "../src/config/oracle.cases.ts";
import { testEnv } from "../src/config/testing.helper.ts";
import { formatText, type FormatEnv } from "../src/config/tools/format/index.ts";
import { difference } from "../src/config/tools/format/verify.ts";
import { scenarios } from "./diff/scenarios/index.ts";
import { seedsFolder } from "./seeds/folder.ts";

const root = join(import.meta.dir, "..");
const env: FormatEnv = { variables: { ONE: "1", LIST: " a  b ", EMPTY: "" }, machine: testEnv() };

/** Every text of a configuration that the tests hold, once: many scenarios differ in what their clients do alone. */
function corpus(): string[] {
  const texts = cases.map(({ text }) => text);
  const golden = join(root, "src/config/golden");
  for (const file of readdirSync(golden)) {
    for (const block of readFileSync(join(golden, file), "latin1")
      .split(/^===== /m)
      .slice(1)) {
      texts.push(block.slice(block.indexOf("\n") + 1).split(/^-----\n/m)[0]!);
    }
  }
  for (const { config, global, files } of scenarios) {
    const text = `global\n${global ?? ""}\n${config}`;
    texts.push(
      text
        .replace(/\{file:([^}]+)\}/g, (_, name: string) => (files !== undefined ? `/${name}` : ""))
        .replace(/\{(\w+)\}/g, "8080"),
    );
  }
  if (seedsFolder !== null)
    for (const file of readdirSync(seedsFolder)) texts.push(readFileSync(join(seedsFolder, file), "latin1"));
  return [...new Set(texts)];
}

function verify(text: string): void {
  const once = formatText(text, "t.cfg", env);
  const twice = formatText(once.text, "t.cfg", env);
  if (once.refused !== null || twice.text !== once.text || difference(text, once.text, "t.cfg", env) !== null) {
    expect({ text, refused: once.refused, once: once.text, twice: twice.text }).toEqual({
      text,
      refused: null,
      once: once.text,
      twice: once.text,
    });
    throw new Error(`the meaning changed: ${JSON.stringify(text)}`);
  }
}

/** A small generator (mulberry32), so that a failure can be repeated from its seed. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

test("every configuration of the tests", () => {
  const texts = corpus();
  expect(texts.length).toBeGreaterThan(500);
  for (const text of texts) verify(text);
}, 300_000);

test("configurations whose blanks and line ends were shaken", () => {
  const texts = corpus();
  for (let seed = 1; seed <= 400; seed++) {
    const pick = random(seed);
    const text = texts[pick(texts.length)]!;
    const shaken = text
      .replace(/^[ \t]*/gm, () => ["", " ", "\t", "      "][pick(4)]!)
      .replace(/\n/g, () => ["\n", "\n", "\r\n", "\n\n", "\n \n\n", " \n", " # c\n", "\n# c\n", "\n   #d\n"][pick(9)]!);
    verify(shaken);
  }
}, 60_000);

const PIECES = [
  ..."\n \t\"'\\$#{}\r\0",
  "\n",
  "\n",
  "  ",
  "global",
  "\nfrontend f",
  "\n.if 1",
  "\n.else",
  "\n.elif 0",
  "\n.endif",
  "\ndefaults",
  "\n# c",
  "\n  # d",
  '"${ONE}"',
  '"${LIST[*]}"',
  '"${X-a"b}"',
  '"${.LINE}"',
  "\\x41",
  "\\x4",
  "abc",
  '"abc"',
  "'a b'",
  "a\\ b",
  "maxconn 5",
];

test("random pieces", () => {
  for (let seed = 1; seed <= 4000; seed++) {
    const pick = random(seed);
    let text = "";
    for (let n = pick(40); n > 0; n--) text += PIECES[pick(PIECES.length)]!;
    try {
      verify(text);
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  }
}, 60_000);
