import { expect, test } from "bun:test";
import { openSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { codeOf, messageOf } from "./error.ts";

function thrownBy(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

test("what the system refuses is told in its own words, without call and path", () => {
  for (const [run, code, text] of [
    [() => readFileSync("/nowhere/x"), "ENOENT", "No such file or directory"],
    [() => readFileSync("/"), "EISDIR", "Is a directory"],
    [() => readdirSync("/dev/null"), "ENOTDIR", "Not a directory"],
    [() => writeFileSync("/dev/full", "x"), "ENOSPC", "No space left on device"],
    [() => openSync("/dev/null", "wx"), "EEXIST", "File exists"],
    [() => readFileSync(`/${"x".repeat(300)}`), "ENAMETOOLONG", "File name too long"],
  ] as const) {
    const error = thrownBy(run);
    expect([codeOf(error), messageOf(error)]).toEqual([code, text]);
  }
});

test("any other value says what it says", () => {
  expect(messageOf(new Error("no"))).toBe("no");
  expect(messageOf("no")).toBe("no");
  expect(codeOf(new Error("no"))).toBe("");
  expect(messageOf(Object.assign(new Error("no"), { code: "ERR_OWN" }))).toBe("no");
});
