import { expect, test } from "bun:test";
import { Input, MAX_LINE, splitWords, type Request } from "./input.ts";

function all(input: Input): Request[] {
  const found: Request[] = [];
  for (let request = input.next(); request !== null; request = input.next()) found.push(request);
  return found;
}

/** The same whatever the pieces the text comes in. */
function requests(text: string): Request[] {
  const whole = new Input();
  whole.push(text);
  const expected = all(whole);
  for (let cut = 1; cut < text.length; cut++) {
    const input = new Input();
    input.push(text.slice(0, cut));
    const first = all(input);
    input.push(text.slice(cut));
    expect([...first, ...all(input)]).toEqual(expected);
  }
  return expected;
}

test("commands end with a semicolon or a line feed", () => {
  expect(requests("show info;show stat 1 2 3\n\nquit\r\n")).toEqual([
    { words: ["show", "info"], payload: null },
    { words: ["show", "stat", "1", "2", "3"], payload: null },
    { words: [], payload: null },
    { words: ["quit"], payload: null },
  ]);
});

test("a line without its end is no command", () => {
  const input = new Input();
  input.push("show info");
  expect(input.next()).toBeNull();
  expect(input.empty).toBe(false);
});

test("a backslash takes the meaning of what follows", () => {
  expect(requests("a\\;b c\\ d \\\\e \\x\n")).toEqual([{ words: ["a;b", "c d", "\\e", "x"], payload: null }]);
  expect(splitWords("  a\t b\\")).toEqual(["a", "b"]);
});

test("a payload ends with an empty line", () => {
  expect(requests("add map x <<\n1 2;\\\n3 4\r\n\nnext\n")).toEqual([
    { words: ["add", "map", "x"], payload: "1 2;\\\n3 4\n" },
    { words: ["next"], payload: null },
  ]);
});

test("a payload with a pattern of its own may hold empty lines", () => {
  expect(requests("set x <<%EOF%\na\n\nb\n%EOF%\nnext\n")).toEqual([
    { words: ["set", "x"], payload: "a\n\nb\n" },
    { words: ["next"], payload: null },
  ]);
});

test("only the end of a line starts a payload", () => {
  expect(requests("set x <<;show\n")).toEqual([
    { words: ["set", "x", "<<"], payload: null },
    { words: ["show"], payload: null },
  ]);
  expect(requests("a<<\n")).toEqual([{ words: ["a<<"], payload: null }]);
});

test("an endless line is refused", () => {
  const input = new Input();
  input.push("x".repeat(MAX_LINE + 1));
  expect(input.next()).toBeNull();
  expect(input.overflow).toBe(true);
});
