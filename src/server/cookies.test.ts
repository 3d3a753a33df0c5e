import { describe, expect, test } from "bun:test";
import { Edits } from "../codec/h1/edits.ts";
import { defaultLimits } from "../codec/h1/flags.ts";
import { Head, parseRequest, parseResponse } from "../codec/h1/head.ts";
import type { Address, CookieModel, ServerModel } from "../config/model.ts";
import { Oper } from "../counters/shared.ts";
import type { Server } from "../proxy/server.ts";
import {
  ClientCookie,
  CookieRules,
  decodeDate,
  encodeDate,
  mustInsert,
  Persistence,
  requestCookies,
  responseCookies,
  ServerCookie,
} from "./cookies.ts";

const base: CookieModel = {
  name: "SRV",
  mode: "insert",
  indirect: true,
  nocache: false,
  postonly: false,
  preserve: false,
  httponly: false,
  secure: false,
  domains: [],
  maxidle: 0,
  maxlife: 0,
  dynamic: false,
  attrs: [],
};

function server(index: number, cookie: string | null, oper: number = Oper.running): Server {
  return { index, name: `s${index}`, admin: 0, oper, model: { cookie } as ServerModel } as unknown as Server;
}

const NOW = 1_700_000_000;
const servers = [server(0, "one"), server(1, "two"), server(2, null)];

function rulesOf(change: Partial<CookieModel> = {}, persist = false): CookieRules {
  return new CookieRules({ ...base, ...change }, [{ cookie: "one" }, { cookie: "two" }, { cookie: null }], persist);
}

/** What the server gets of a Cookie header, "" when the header is gone, and what was found. */
function ask(cookie: string, change: Partial<CookieModel> = {}, among: readonly Server[] = servers, persist = false) {
  const head = new Head();
  const buf = Buffer.from(`GET / HTTP/1.1\r\nhost: h\r\ncookie: ${cookie}\r\n\r\n`, "latin1");
  expect(parseRequest(head, buf, 0, buf.length, defaultLimits)).toBeGreaterThan(0);
  const edits = new Edits();
  const state = new Persistence();
  const chosen = requestCookies(rulesOf(change, persist), head, edits, among, state, NOW);
  const line = edits.lineOf(1);
  const sent = line === undefined ? cookie : line === null ? "" : line.toString("latin1").slice(8, -2);
  return { server: chosen?.name ?? null, sent, flag: state.flags[0], state };
}

describe("the cookie of a request", () => {
  test.each([
    ["SRV=two", "s1", "", "V"],
    ["SRV=three", null, "", "I"],
    ["SRV=", null, "", "I"],
    ["a=1; SRV=two; b=2", "s1", "a=1; b=2", "V"],
    ["SRV=two; b=2", "s1", "b=2", "V"],
    ["b=2; SRV=two", "s1", "b=2", "V"],
    ["SRV", null, "SRV", "N"],
    ["SRVX=one", null, "SRVX=one", "N"],
    ['a="x;SRV=one"; SRV=two', "s1", 'a="x;SRV=one"', "V"],
  ])("%s", (cookie, name, sent, flag) => {
    expect(ask(cookie)).toMatchObject({ server: name, sent, flag });
  });

  test("a server that is down keeps its clients only with option persist", () => {
    const down = [server(0, "one"), server(1, "two", Oper.stopped)];
    expect(ask("SRV=two", {}, down)).toMatchObject({ server: null, flag: "D" });
    expect(ask("SRV=two", {}, down, true)).toMatchObject({ server: "s1", flag: "D" });
  });

  test("prefix mode gives the server the application's own value", () => {
    expect(ask("a=1; SRV=two~mine", { mode: "prefix" })).toMatchObject({ server: "s1", sent: "a=1; SRV=mine" });
  });

  test("dates beyond maxidle, beyond maxlife and in the future are refused", () => {
    const at = (seconds: number) => encodeDate((NOW - seconds) >>> 2);
    const limits = { maxidle: 60_000, maxlife: 600_000 };
    expect(ask(`SRV=two|${at(20)}|${at(100)}`, limits)).toMatchObject({ server: "s1", flag: "V" });
    expect(ask(`SRV=two|${at(90)}|${at(100)}`, limits)).toMatchObject({ server: null, flag: "E" });
    expect(ask(`SRV=two|${at(20)}|${at(700)}`, limits)).toMatchObject({ server: null, flag: "O" });
    expect(ask(`SRV=two|${at(-90_000)}|${at(100)}`, limits)).toMatchObject({ server: null, flag: "E" });
  });
});

function answer(value: string, change: Partial<CookieModel>, direct: boolean) {
  const head = new Head();
  const buf = Buffer.from(`HTTP/1.1 200 OK\r\nset-cookie: ${value}\r\n\r\n`, "latin1");
  expect(parseResponse(head, buf, 0, buf.length, defaultLimits)).toBeGreaterThan(0);
  const edits = new Edits();
  const state = new Persistence();
  responseCookies(rulesOf(change), head, edits, servers[1]!, direct, state);
  const line = edits.lineOf(0);
  return {
    sent: line === undefined ? value : line === null ? "" : line.toString("latin1").slice(12, -2),
    flag: state.flags[1],
  };
}

describe("the cookie of a response", () => {
  test("is deleted, rewritten, extended or left as the mode says", () => {
    expect(answer("SRV=x; path=/", { mode: "insert" }, false)).toEqual({ sent: "", flag: "D" });
    expect(answer("SRV=x; path=/", { mode: "insert", preserve: true }, false)).toEqual({
      sent: "SRV=x; path=/",
      flag: "P",
    });
    const rewrite = { mode: "rewrite", indirect: false } as const;
    expect(answer("SRV=x; path=/", rewrite, false)).toEqual({ sent: "SRV=two; path=/", flag: "R" });
    const prefix = { mode: "prefix", indirect: false } as const;
    expect(answer("SRV=x; path=/", prefix, false)).toEqual({ sent: "SRV=two~x; path=/", flag: "R" });
    expect(answer("SRV=x", { mode: "passive" }, true)).toEqual({ sent: "", flag: "D" });
    expect(answer("app=x", { mode: "insert" }, true)).toEqual({ sent: "app=x", flag: "N" });
  });

  test("is inserted for a new server, for a stale date, and not twice", () => {
    const state = new Persistence();
    const idle = rulesOf({ maxidle: 60_000 });
    expect(mustInsert(rulesOf(), false, false, state, NOW)).toBe(true);
    expect(mustInsert(rulesOf(), true, false, state, NOW)).toBe(false);
    expect(mustInsert(idle, true, false, state, NOW)).toBe(true);
    expect(mustInsert(rulesOf({ postonly: true }), false, false, state, NOW)).toBe(false);
    state.lastDate = NOW + 4;
    expect(mustInsert(idle, true, false, state, NOW)).toBe(false);
    state.found = true;
    expect(mustInsert(rulesOf({ preserve: true }), false, false, state, NOW)).toBe(false);
  });

  test("a server without a cookie takes the client's away", () => {
    const line = rulesOf({ httponly: true }).insertLine(servers[2]!, new Persistence(), NOW).toString();
    expect(line).toBe("set-cookie: SRV=; Expires=Thu, 01-Jan-1970 00:00:01 GMT; path=/; HttpOnly\r\n");
  });
});

test("dates are 30 bits in five characters", () => {
  for (const value of [0, 1, 63, 64, 425_000_000, 2 ** 30 - 1]) {
    expect(decodeDate(Buffer.from(encodeDate(value)), 0)).toBe(value);
  }
  expect(decodeDate(Buffer.from("AAA!A"), 0)).toBe(-1);
});

test("the flags are those of the manual", () => {
  const state = new Persistence();
  state.client = ClientCookie.unused;
  state.server = ServerCookie.updated;
  expect(state.flags).toBe("UU");
  state.client = ClientCookie.old;
  state.server = ServerCookie.inserted;
  expect(state.flags).toBe("OI");
});

test("dynamic cookies follow the address of a server", () => {
  const port = { kind: "fixed", value: 26001 } as const;
  const at = (ip: string): Address => ({ kind: "ip", family: 4, ip, port: 26001 });
  const moving = { index: 0, address: at("127.0.0.1"), model: { port } } as unknown as Server & {
    address: Address | null;
  };
  const rules = new CookieRules({ ...base, dynamic: true }, [{ cookie: null }], false, "abcdef1");
  const value = (): string | undefined => rules.valueOf(moving)?.toString("latin1");
  // As HAProxy 2.6.12 made it.
  expect(value()).toBe("b5781d151d23bb77");
  moving.address = at("127.0.0.2");
  expect(value()).toMatch(/^[0-9a-f]{16}$/);
  expect(value()).not.toBe("b5781d151d23bb77");
  moving.address = null;
  expect(value()).toBeUndefined();
  moving.address = at("127.0.0.1");
  expect(value()).toBe("b5781d151d23bb77");
});
