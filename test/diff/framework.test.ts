/** The comparison must see what it is there to see, and nothing else. */
import { expect, test } from "bun:test";
import { haproxyPath, startHaproxy } from "../harness/proxy.ts";
import { echo, get, http, sends } from "./build.ts";
import { differences } from "./compare.ts";
import { maskBodies, maskLog, maskPorts } from "./mask.ts";
import { runAll } from "./run.ts";
import type { Observation, Scenario } from "./scenario.ts";

const line =
  '<134>Nov 21 10:59:23 lb[4242]: 127.0.0.1:54321 [21/Nov/2026:10:59:23.123] fe-3 be-3/s1 0/0/-1/12/+34 200 +57 - - ---- 7/1/0/0/0 0/0 "GET / HTTP/1.1"';

test("a log line loses date, pid, port and timers, and keeps all else", () => {
  expect(maskLog(line, false)).toEqual({
    text: '<134>DATE lb[PID]: 127.0.0.1:PORT [ACCEPT] fe-3 be-3/s1 T/T/-1/T/+T 200 +57 - - ---- A/1/0/0/0 0/0 "GET / HTTP/1.1"',
    timers: [0, 0, -1, 12, 34],
  });
  expect(maskLog(line, true)?.text).toContain(" 7/1/0/0/0 0/0 ");
  expect(maskLog("<133>Nov 21 10:59:23 lb[1]: Proxy fe started.", false)).toBeNull();
});

test("ports become names, also next to each other, but not inside longer numbers", () => {
  const ports = new Map([["fe", 1234]]);
  expect(maskPorts("127.0.0.1:1234 12345 1234/1234", ports)).toBe("127.0.0.1:{fe} 12345 {fe}/{fe}");
});

test.each([
  ["2\r\nab\r\n1\r\nc\r\n0\r\n\r\n", "<chunked>abc<end>\r\n"],
  ["3;x\r\nabc\r\n0\r\nT: 1\r\n\r\n", "<chunked>abc<end>T: 1\r\n\r\n"],
  ["3\r\nab", "<chunked>ab<cut>"],
  ["zz\r\nab", "<chunked><broken>zz\r\nab"],
])("chunked %j reads %j", (body, expected) => {
  const head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  expect(maskBodies(head + body)).toBe(head + expected);
});

test("messages behind each other are told apart, and long bodies differ by their checksum", () => {
  const two =
    "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nHTTPHTTP/1.1 204 No\r\n\r\nHTTP/1.1 304 X\r\nContent-Length: 9\r\n\r\n";
  expect(maskBodies(two)).toBe(two);
  const long = (letter: string): string => `HTTP/1.1 200 OK\r\nContent-Length: 3000\r\n\r\n${letter.repeat(3000)}`;
  expect(maskBodies(long("a"))).not.toBe(maskBodies(long("b")));
});

const base: Observation = {
  error: null,
  clients: [{ received: "x", close: "fin" }],
  servers: { s1: [{ received: "y", close: "open" }] },
  logs: [{ text: "line", timers: [0, 100, -1] }],
  notes: { who: "s1" },
  missed: 0,
};

test.each([
  ["client bytes", { ...base, clients: [{ received: "X", close: "fin" }] }],
  ["client close", { ...base, clients: [{ received: "x", close: "reset" }] }],
  ["a missing client", { ...base, clients: [] }],
  ["server bytes", { ...base, servers: { s1: [{ received: "z", close: "open" }] } }],
  ["server close", { ...base, servers: { s1: [{ received: "y", close: "fin" }] } }],
  [
    "a second server connection",
    { ...base, servers: { s1: [...base.servers["s1"]!, { received: "", close: "open" }] } },
  ],
  ["a log line", { ...base, logs: [{ text: "other", timers: [0, 100, -1] }] }],
  ["a log line that ends early", { ...base, logs: [{ text: "lin", timers: [0, 100, -1] }] }],
  ["a missing log line", { ...base, logs: [] }],
  ["a timer far off", { ...base, logs: [{ text: "line", timers: [0, 300, -1] }] }],
  ["a timer not reached", { ...base, logs: [{ text: "line", timers: [0, -1, -1] }] }],
  ["a note", { ...base, notes: { who: "s2" } }],
  ["an error", { ...base, error: "timed out" }],
])("sees %s", (_, other) => {
  expect(differences(base, other)).not.toEqual([]);
  expect(differences(other, base)).not.toEqual([]);
});

test("timers within the tolerance and loose closes agree", () => {
  expect(differences(base, { ...base, logs: [{ text: "line", timers: [3, 140, -1] }] })).toEqual([]);
  const reset = { ...base, clients: [{ received: "x", close: "reset" }] };
  expect(differences(base, reset, { clientClose: "closed" })).toEqual([]);
  expect(differences(base, { ...base, servers: {} }, { servers: false })).toEqual([]);
});

test("by what the machine had no time for timers may be longer, and a cache may have held its answer a second longer", () => {
  const longer = { ...base, logs: [{ text: "line", timers: [0, 400, -1] }] };
  expect(differences(base, longer)).not.toEqual([]);
  expect(differences({ ...base, missed: 200 }, longer)).toEqual([]);
  expect(differences(base, { ...longer, missed: 200 })).toEqual([]);
  const aged = (age: string): Observation => ({
    ...base,
    clients: [{ received: `HTTP/1.1 200 OK\r\nage: ${age}\r\n\r\n`, close: "fin" }],
  });
  expect(differences(aged("0"), aged("1"))).toEqual([]);
  expect(differences(aged("0"), aged("2"))).not.toEqual([]);
  expect(differences(aged("1"), aged(""))).not.toEqual([]);
  expect(differences(aged("0"), { ...aged("0"), clients: [{ received: "age: 1", close: "fin" }] })).not.toEqual([]);
});

test.skipIf(haproxyPath === null)("a run against a program that behaves otherwise reports it", async () => {
  const scenario: Scenario = { name: "probe", config: http(), servers: { s1: echo }, client: sends(get()) };
  const closing: typeof startHaproxy = (scope, config) =>
    startHaproxy(scope, config.replace("default_backend", "option httpclose\n    default_backend"));
  const [same] = await runAll([scenario], startHaproxy, startHaproxy);
  expect(same?.differences).toEqual([]);
  const [other] = await runAll([scenario], startHaproxy, closing, { runs: 1 });
  expect(other?.differences.join()).toContain("client 0 close");
});

test.skipIf(haproxyPath === null)("one refused configuration in a batch does not stop the others", async () => {
  const good: Scenario = { name: "good", config: http(), servers: { s1: echo }, client: sends(get()) };
  const bad: Scenario = { ...good, name: "bad", config: http({ frontend: "nonsense here" }) };
  const outcomes = await runAll([good, bad, { ...good, name: "good too" }], startHaproxy, startHaproxy, { runs: 1 });
  expect(outcomes.map(({ differences: found }) => found.length)).toEqual([0, 1, 0]);
  expect(outcomes[1]?.differences[0]).toContain("nonsense");
});
