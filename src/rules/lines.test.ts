import { expect, test } from "bun:test";
import { Edits } from "../codec/h1/edits.ts";
import { defaultLimits } from "../codec/h1/flags.ts";
import { Head, parseRequest } from "../codec/h1/head.ts";
import { headSize, writeRequestHead } from "../codec/h1/write.ts";
import { changeValues, firstValue, removeHeader, removeMatching } from "./lines.ts";
import { replaceWith } from "./replace.ts";

/** A request with `a: 1`, `b: 2`, `a: 3`. */
function message(): { head: Head; edits: Edits; text: () => string } {
  const bytes = Buffer.from("GET / HTTP/1.1\r\nA: 1\r\nB: 2\r\na: 3\r\n\r\n", "latin1");
  const head = new Head();
  expect(parseRequest(head, bytes, 0, bytes.length, defaultLimits)).toBe(bytes.length);
  const edits = new Edits();
  return {
    head,
    edits,
    text: () => {
      const out = Buffer.alloc(headSize(head, edits));
      return out
        .toString("latin1", 0, writeRequestHead(out, 0, head, edits))
        .split("\r\n")
        .slice(1, -2)
        .join(" | ");
    },
  };
}

const A = Buffer.from("a", "latin1");

test("removing reaches received, replaced and added lines", () => {
  const { head, edits, text } = message();
  edits.replace(0, Buffer.from("a: 9\r\n"));
  edits.add("a", "4");
  edits.add("c", "5");
  edits.add("a", "6");
  removeHeader(head, edits, A);
  expect(text()).toBe("b: 2 | c: 5");
  expect(edits.appendedCount).toBe(1);
  expect(edits.size).toBe("a: 9\r\n".length + "c: 5\r\n".length);
});

test("removing by a test of the name leaves the others", () => {
  const { head, edits, text } = message();
  edits.add("ab", "4");
  removeMatching(head, edits, (name) => name.startsWith("a"));
  expect(text()).toBe("b: 2");
});

test("values change in place, what change() refuses stays", () => {
  const { head, edits, text } = message();
  edits.add("a", "4");
  changeValues(head, edits, A, "a", (value) => (value === "3" ? null : `<${value}>`));
  expect(text()).toBe("a: <1> | b: 2 | a: 3 | a: <4>");
  changeValues(head, edits, A, "a", (value) => `${value}!`);
  expect(text()).toBe("a: <1>! | b: 2 | a: 3! | a: <4>!");
});

test("the first value is that of the edited message", () => {
  const { head, edits } = message();
  expect(firstValue(head, edits, A)).toBe("1");
  edits.delete(0);
  expect(firstValue(head, edits, A)).toBe("3");
  removeHeader(head, edits, A);
  expect(firstValue(head, edits, A)).toBeNull();
  edits.add("A", "7");
  expect(firstValue(head, edits, A)).toBe("7");
});

test("groups and escapes of a replacement", () => {
  const groups = ["whole", "one", undefined];
  expect(replaceWith("plain", groups)).toBe("plain");
  expect(replaceWith("<\\0> \\1 [\\2\\3] \\\\ \\x41 \\z \\", groups)).toBe("<whole> one [] \\ A z \\");
});
