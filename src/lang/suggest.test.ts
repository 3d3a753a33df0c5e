import { expect, test } from "bun:test";
import { didYouMean, editDistance, suggest } from "./suggest.ts";
import { compareOpensslVersions, compareVersions } from "./version.ts";

test("distance counts insertions, deletions, replacements and swaps of neighbours", () => {
  const known: [string, string, number][] = [
    ["", "", 0], ["", "abc", 3], ["mode", "mode", 0], ["moed", "mode", 1], ["mod", "mode", 1],
    ["modes", "mode", 1], ["node", "mode", 1], ["kitten", "sitting", 3], ["ca", "abc", 3],
  ]; // prettier-ignore
  for (const [a, b, distance] of known) {
    expect([a, b, editDistance(a, b)]).toEqual([a, b, distance]);
    expect([a, b, editDistance(b, a)]).toEqual([a, b, distance]);
    expect(editDistance(a, b, 1)).toBe(Math.min(distance, 2));
  }
});

test("the nearest name is suggested, the first of equals, none when all are far", () => {
  const names = ["bind", "backlog", "balance", "mode", "maxconn"];
  expect(suggest("balence", names)).toBe("balance");
  expect(suggest("MAXCON", names)).toBe("maxconn");
  expect(suggest("frontend", names)).toBeNull();
  expect(suggest("", names)).toBeNull();
  expect(suggest("aa", ["ab", "ac"])).toBe("ab");
  expect(didYouMean("moed", names)).toBe("did you mean 'mode'?");
  expect(didYouMean("x", names)).toBeUndefined();
});

test("versions", () => {
  const ascending = ["", "2.4-dev19", "2.4", "2.6-dev1", "2.6", "2.6.12", "2.6.12-1", "2.7-dev0", "3"];
  for (let i = 1; i < ascending.length; i++) {
    const [a, b] = [ascending[i - 1]!, ascending[i]!];
    expect([a, b, compareVersions(a, b)]).toEqual([a, b, -1]);
    expect([b, a, compareVersions(b, a)]).toEqual([b, a, 1]);
  }
  expect(compareVersions("2.6", "2.6.0")).toBe(0);
  expect(compareOpensslVersions("1.1.1a", "1.1.1")).toBe(1);
  expect(compareOpensslVersions("3.0.0-alpha1", "3.0.0")).toBe(-1);
  expect(compareOpensslVersions("1.1.1", "x")).toBeNull();
});
