import { describe, expect, test } from "bun:test";
import { initialiseServers } from "../admin/servers.ts";
import { parseText } from "../config/testing.helper.ts";
import { C, COLUMNS } from "../counters/columns.ts";
import { Admin, Oper, S } from "../counters/shared.ts";
import { healthBench } from "./fixture.helper.ts";
import { slowStep } from "./slowstart.ts";
import { CheckStatus, checkStatusByName, checkStatusInfo } from "./status.ts";
import { interval } from "./task.ts";

const rows = { parseText, initialiseServers };

const PASS = { status: CheckStatus.l4ok, code: 0, info: "" };
const FAIL = { status: CheckStatus.l4con, code: 0, info: "Connection refused" };

function backend(server: string, rules = ""): string {
  return `backend be\n mode http\n balance roundrobin\n timeout connect 1s\n timeout server 1s\n ${rules}\n server s1 127.0.0.1:1 check ${server}\n`;
}

function bench(server: string, rules = "", more = "") {
  const time = { now: 1_000_000_000 };
  const made = healthBench(rows, backend(server, rules) + more, time);
  const s1 = made.server("be/s1");
  return {
    ...made,
    time,
    s1,
    state: (field: number, key = "be/s1") => made.shared.getState(made.server(key).slot, field),
    count: (column: number) => made.shared.slabs[0]![made.server("be/s1").slot * COLUMNS + column],
  };
}

describe("rise and fall", () => {
  test("the first bad check takes a new server down, later ones need fall of them", () => {
    const b = bench("rise 2 fall 3");
    const trace = (pass: boolean): string => {
      b.health.report(b.s1, pass ? PASS : FAIL, 1);
      return `${b.state(S.health)}${b.state(S.oper) === Oper.running ? " up" : " down"}`;
    };
    expect([false, false, true, false, true, true, true].map(trace)).toEqual([
      "0 down",
      "0 down",
      "1 down",
      "0 down",
      "1 down",
      "4 up",
      "4 up",
    ]);
    expect([false, false, true, false, false, false].map(trace)).toEqual([
      "3 up",
      "2 up",
      "4 up",
      "3 up",
      "2 up",
      "0 down",
    ]);
    expect(b.changes).toEqual(["be/s1 down", "be/s1 up", "be/s1 down"]);
    // A failure of a server that is down already is not counted, as in HAProxy.
    expect(b.count(C.checkFailed)).toBe(7);
    expect(b.count(C.checkDown)).toBe(2);
  });

  test("what was seen is kept for statistics", () => {
    const b = bench("");
    b.health.report(b.s1, { status: CheckStatus.l7status, code: 503, info: "x".repeat(200) }, 12);
    expect([S.checkStatus, S.checkCode, S.checkDuration, S.checkResult].map((f) => b.state(f))).toEqual([
      17, 503, 12, 2,
    ]);
    expect(b.shared.getText(b.s1.slot)).toBe("x".repeat(127));
  });

  test("workers are told of a change, and of nothing else", () => {
    const b = bench("fall 2");
    const generation = (): number => b.shared.getState(b.backends[0]!.slot, S.generation);
    b.health.report(b.s1, PASS, 0);
    b.health.report(b.s1, FAIL, 0);
    expect(generation()).toBe(0);
    b.health.report(b.s1, FAIL, 0);
    expect(generation()).toBe(1);
  });

  test("time spent down", () => {
    const b = bench("rise 1 fall 1");
    b.health.report(b.s1, FAIL, 0);
    b.time.now += 7_000;
    b.health.report(b.s1, PASS, 0);
    expect([b.state(S.downSeconds), b.count(C.downtime)]).toEqual([7, 7000]);
    expect(b.state(S.lastChange)).toBe(b.time.now / 1000);
    expect(b.shared.getState(b.backends[0]!.slot, S.downSeconds)).toBe(7);
  });

  test("maintenance is not left by a check that was under way", () => {
    const b = bench("rise 1");
    b.shared.setState(b.s1.slot, S.admin, Admin.forcedMaint);
    b.shared.setState(b.s1.slot, S.oper, Oper.stopped);
    b.shared.setState(b.s1.slot, S.health, 0);
    b.health.report(b.s1, PASS, 0);
    expect([b.state(S.oper), b.state(S.health), b.events]).toEqual([Oper.stopped, 0, []]);
  });

  test("nobody is alarmed by the end of a server in drain", () => {
    const b = bench("rise 1");
    b.shared.setState(b.s1.slot, S.admin, Admin.forcedDrain);
    b.health.report(b.s1, FAIL, 3);
    expect(b.events).toEqual([
      'notice: Server be/s1 is DOWN, reason: Layer4 connection problem, info: "Connection refused", check duration: 3ms. ' +
        "0 active and 0 backup servers left. 0 sessions active, 0 requeued, 0 remaining in queue.",
    ]);
  });

  test("intervals follow the state", () => {
    const b = bench("inter 100 fastinter 50 downinter 200 rise 2 fall 2");
    const seen: number[] = [interval(b.s1)];
    for (const verdict of [PASS, FAIL, FAIL, PASS, PASS]) {
      b.health.report(b.s1, verdict, 0);
      seen.push(interval(b.s1));
    }
    expect(seen).toEqual([50, 100, 50, 200, 50, 100]);
    expect(interval(bench("inter 100 rise 2").s1)).toBe(100);
  });
});

describe("observe", () => {
  const config = "observe layer7 error-limit 3 rise 2 fall 3";
  const errors = (b: ReturnType<typeof bench>, n: number): void => {
    for (let i = 0; i < n; i++) b.health.observe(b.s1, "httpStatus");
  };

  test("errors in a row are a failed check; a good answer ends the row", () => {
    const b = bench(`${config} on-error fail-check`, "option log-health-checks");
    b.health.report(b.s1, PASS, 0);
    errors(b, 2);
    b.health.observe(b.s1, "httpOk");
    errors(b, 2);
    expect(b.state(S.health)).toBe(4);
    errors(b, 1);
    expect([b.state(S.health), b.state(S.checkStatus)]).toEqual([3, CheckStatus.healthAnalyze]);
    expect(b.events.at(-1)).toBe(
      "notice: Health check for server be/s1 failed, reason: Health analyze, " +
        'info: "Detected 3 consecutive errors, last one was: Wrong http response", status: 2/3 UP.',
    );
  });

  test("connections say nothing to layer 7 but their failure; answers nothing to layer 4", () => {
    const seven = bench("observe layer7 error-limit 1 on-error mark-down");
    seven.health.observe(seven.s1, "l4ok");
    expect(seven.state(S.oper)).toBe(Oper.running);
    seven.health.observe(seven.s1, "l4error");
    expect(seven.state(S.oper)).toBe(Oper.stopped);
    const four = bench("observe layer4 error-limit 1 on-error mark-down");
    four.health.observe(four.s1, "httpStatus");
    expect(four.state(S.oper)).toBe(Oper.running);
    four.health.observe(four.s1, "l4error");
    expect(four.state(S.oper)).toBe(Oper.stopped);
  });

  test.each([
    ["fastinter", 4, Oper.running],
    ["fail-check", 3, Oper.running],
    ["sudden-death", 2, Oper.running],
    ["mark-down", 0, Oper.stopped],
  ])("on-error %s", (action, health, oper) => {
    const b = bench(`${config} on-error ${action}`);
    b.health.report(b.s1, PASS, 0);
    errors(b, 3);
    expect([b.state(S.health), b.state(S.oper)]).toEqual([health, oper]);
  });
});

describe("slow start", () => {
  test("a server that comes back begins with a sixteenth", () => {
    const b = bench("weight 10 rise 1 slowstart 4s");
    expect(b.state(S.oper)).toBe(Oper.running);
    b.health.report(b.s1, FAIL, 0);
    b.health.report(b.s1, PASS, 0);
    expect([b.state(S.oper), b.state(S.slowstartStep)]).toEqual([Oper.starting, 10]);
    b.health.report(b.s1, FAIL, 0);
    b.health.report(b.s1, FAIL, 0);
    b.health.report(b.s1, FAIL, 0);
    expect([b.state(S.oper), b.state(S.slowstartStep)]).toEqual([Oper.stopped, 0]);
  });

  test("steps of a weight", () => {
    expect([0, 1, 2, 3, 4, 9].map((at) => slowStep(10, at, 4))).toEqual([10, 50, 90, 130, 0, 0]);
  });
});

test("followers take on the state of a server when the configuration makes them follow it", () => {
  const b = bench("rise 1", "", "backend b2\n server t1 127.0.0.1:1 track be/s1\n");
  b.shared.setState(b.s1.slot, S.oper, Oper.stopped);
  b.health.align(b.backends);
  expect(b.state(S.oper, "b2/t1")).toBe(Oper.stopped);
  expect(b.events[0]).toStartWith("alert: Server b2/t1 is DOWN via be/s1. 0 active");
});

test("names of results", () => {
  for (const status of Object.values(CheckStatus)) {
    const { name } = checkStatusInfo(status);
    if (name !== "") expect(checkStatusByName(name)).toBe(status);
  }
  expect(checkStatusInfo(99).name).toBe("UNK");
});
