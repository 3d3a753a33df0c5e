/** The clock of the machine is set while timers run. */
import { afterEach, expect, spyOn, test } from "bun:test";
import { clock, compareClocks, onClockStep, tick } from "./clock.ts";
import { type TimerEntry, Wheel } from "./wheel.ts";

const wall = spyOn(Date, "now");
const steady = spyOn(performance, "now");
const steps: number[] = [];
onClockStep((ms) => steps.push(ms));

/** What both clocks say now. */
const at = { wall: 0, steady: 0 };
function pass(ms: number, step = 0): void {
  at.wall += ms + step;
  at.steady += ms;
}

function begin(): void {
  at.wall = 1_800_000_000_000;
  at.steady = 5000;
  wall.mockImplementation(() => at.wall);
  steady.mockImplementation(() => at.steady);
  compareClocks(at.wall);
  clock.now = at.wall;
  steps.length = 0;
}

afterEach(() => {
  wall.mockRestore();
  steady.mockRestore();
});

test("a clock that is set is told, and what passes is not", () => {
  begin();
  for (const ms of [0, 1, 999, 5000, 3_600_000]) {
    pass(ms);
    expect(tick()).toBe(at.wall);
  }
  expect(steps).toEqual([]);
  // Set back, set forward, both while nothing happened for a while.
  pass(10, -3_600_000);
  expect(tick()).toBe(at.wall);
  pass(10, 7_200_000);
  tick();
  pass(60_000, -86_400_000);
  tick();
  pass(60_000, 500);
  tick();
  expect(steps).toEqual([-3_600_000, 7_200_000, -86_400_000, 500]);
  // Slewing: a minute a day, in small pieces.
  steps.length = 0;
  for (let i = 0; i < 10_000; i++) {
    pass(1500, 1);
    tick();
  }
  expect(steps).toEqual([]);
});

function timer(fired: string[], name: string): TimerEntry {
  const onTimer = (now: number): void => void fired.push(`${name} ${now - at.wall}`);
  return { wheelNext: null, wheelPrev: null, wheelSlot: -1, wheelDue: 0, deadline: 0, onTimer };
}

test.each([-86_400_000, -10_000, -1000, 1000, 10_000, 86_400_000, 3_000_000_000])(
  "timers keep what they have left when the clock is set by %d ms",
  (step) => {
    begin();
    const wheel = new Wheel(() => at.wall, true);
    const fired: string[] = [];
    const delays = { short: 40, later: 3000, long: 700_000, lazy: 100 };
    const timers = Object.entries(delays).map(([name, ms]) => {
      const one = timer(fired, name);
      wheel.arm(one, at.wall + ms);
      return one;
    });
    // Moved by a store, and given up by one.
    timers[3]!.deadline = at.wall + 5000;
    const given = timer(fired, "given up");
    wheel.arm(given, at.wall + 60);
    given.deadline = 0;
    pass(16, step);
    wheel.shift(step);
    const seen = (ms: number): string[] => {
      for (let passed = 0; passed < ms; passed += 8) {
        pass(8);
        wheel.advance(at.wall);
      }
      return fired.splice(0).map((text) => text.split(" ")[0]!);
    };
    expect(seen(8)).toEqual([]);
    expect(seen(40)).toEqual(["short"]);
    expect(seen(2900)).toEqual([]);
    expect(seen(80)).toEqual(["later"]);
    expect(seen(2000)).toEqual(["lazy"]);
    // Those that come after the step are on time as well.
    wheel.arm(timer(fired, "new"), at.wall + 24);
    expect(seen(32)).toEqual(["new"]);
    expect(seen(694_000)).toEqual([]);
    expect(seen(2000)).toEqual(["long"]);
    expect(wheel.size).toBe(0);
  },
);
