import { expect, test } from "bun:test";
import { EMPTY_RECORD } from "../../log/record.ts";
import { generate, Op, type Step } from "./generate.ts";

/** What the generated function must do, step by step. */
function interpret(steps: readonly Step[]): string {
  let out = "";
  let spaced = true;
  for (const { op, text, value } of steps) {
    if (op === Op.Space) {
      if (!spaced) out += " ";
      spaced = true;
      continue;
    }
    const shown = op === Op.Text ? text : value!(EMPTY_RECORD);
    out += shown;
    if (op !== Op.Optional || shown !== "") spaced = false;
  }
  return out;
}

const ALPHABET: readonly Step[] = [
  { op: Op.Text, text: "t", value: null },
  { op: Op.Space, text: "", value: null },
  { op: Op.Value, text: "", value: () => "v" },
  { op: Op.Value, text: "", value: () => "" },
  { op: Op.Optional, text: "", value: () => "o" },
  { op: Op.Optional, text: "", value: () => "" },
];

test("every line of up to five steps is what the steps say", () => {
  const walk = (steps: readonly Step[]): void => {
    expect(generate(steps)(EMPTY_RECORD)).toBe(interpret(steps));
    if (steps.length < 5) for (const step of ALPHABET) walk([...steps, step]);
  };
  walk([]);
});

test("a text is no code", () => {
  const texts = ['"', "\\", "${r}", "`", "\n\r\0", "\u2028", '";throw 1;"', "\xff"];
  const steps = texts.flatMap((text): Step[] => [{ op: Op.Text, text, value: null }, ALPHABET[2]!]);
  expect(generate(steps)(EMPTY_RECORD)).toBe(texts.map((text) => `${text}v`).join(""));
});
