import { expect, test } from "bun:test";
import { type AclResult, FAIL, MISS, PASS } from "../expr/acl/acl.ts";
import { type ContentRule, type ContentStream, runContent } from "./content.ts";
import { Verdict } from "./types.ts";

/** What `runContent` touches of a stream. */
function stream(): ContentStream {
  return { waitingRule: -1, final: true, lastRule: null } as unknown as ContentStream;
}

const log: string[] = [];

/** A rule of line `line`: its condition yields `results` one after the other, its action `verdicts`. */
function rule(line: number, results: AclResult[] | null, ...verdicts: number[]): ContentRule {
  return {
    line,
    file: "f",
    judge:
      results === null
        ? null
        : (s) => {
            log.push(`judge ${line} ${s.final}`);
            return results.shift() ?? FAIL;
          },
    action: (s, again) => {
      log.push(`act ${line} ${s.final}${again ? " again" : ""}`);
      return verdicts.shift() ?? Verdict.next;
    },
  };
}

function run(rules: ContentRule[], s: ContentStream, final: boolean): [number, string[]] {
  log.length = 0;
  return [runContent({ rules, delay: 0 }, s, final), [...log]];
}

test("rules run in order until one decides; actions see final samples", () => {
  const s = stream();
  const rules = [rule(1, [FAIL]), rule(2, null), rule(3, [PASS], Verdict.stop), rule(4, null)];
  expect(run(rules, s, false)).toEqual([Verdict.stop, ["judge 1 false", "act 2 true", "judge 3 false", "act 3 true"]]);
  expect(s.lastRule).toMatchObject({ file: "f", line: 3 });
  expect(s.final).toBe(true);
});

test("a condition that misses bytes holds all rules, which then begin again", () => {
  const s = stream();
  const rules = [rule(1, null), rule(2, [MISS, PASS], Verdict.done), rule(3, null)];
  expect(run(rules, s, false)).toEqual([Verdict.wait, ["act 1 true", "judge 2 false"]]);
  expect([s.waitingRule, s.lastRule]).toEqual([-1, null]);
  expect(run(rules, s, true)).toEqual([Verdict.done, ["act 1 true", "judge 2 true", "act 2 true"]]);
  expect(s.lastRule).toMatchObject({ line: 2 });
});

test("an action that waits goes on where it was, without its condition", () => {
  const s = stream();
  const rules = [
    rule(1, null),
    rule(2, [PASS], Verdict.wait, Verdict.wait, Verdict.next),
    rule(3, [PASS], Verdict.stop),
  ];
  expect(run(rules, s, false)).toEqual([Verdict.wait, ["act 1 true", "judge 2 false", "act 2 true"]]);
  expect(s.waitingRule).toBe(1);
  expect(run(rules, s, false)).toEqual([Verdict.wait, ["act 2 true again"]]);
  expect(s.waitingRule).toBe(1);
  expect(run(rules, s, true)).toEqual([Verdict.stop, ["act 2 true again", "judge 3 true", "act 3 true"]]);
  expect([s.waitingRule, s.lastRule?.line]).toEqual([-1, 3]);
});

test("no rule that decides lets pass", () => {
  const s = stream();
  expect(run([rule(1, [FAIL]), rule(2, null)], s, true)[0]).toBe(Verdict.next);
  expect(run([], s, true)[0]).toBe(Verdict.next);
  expect(s.lastRule).toBeNull();
});
