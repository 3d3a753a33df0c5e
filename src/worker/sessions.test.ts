import { expect, test } from "bun:test";
import { Shared } from "../counters/shared.ts";
import { parseText } from "../config/testing.helper.ts";
import type { ClientConn } from "../stream/client.ts";
import { StreamRuntime } from "../stream/runtime.ts";
import { Phase, type Stream } from "../stream/stream.ts";
import { age } from "./session-text.ts";
import { showSessions, shutdownServer, shutdownSession } from "./sessions.ts";

test("ages have two units at most", () => {
  const cases = [0, 999, 1000, 59_000, 61_000, 3600_000, 3_661_000, 90_000_000];
  expect(cases.map(age)).toEqual(["0s", "0s", "1s", "59s", "1m1s", "1h", "1h1m", "1d1h"]);
});

/** A client with one stream on backend/server, and what it was ended with. */
function client(backend: string | null, server: string | null, inServer = true) {
  const ended: string[] = [];
  const stream = {
    accepted: 5000,
    deadline: 9000,
    mode: "http",
    tunnel: false,
    sent: true,
    phase: Phase.connected,
    retries: 0,
    inServer,
    frontend: { name: "www" },
    backend: backend === null ? null : { name: backend },
    server: server === null ? null : { name: server },
    shutdown: (cause: string) => void ended.push(cause),
  } as unknown as Stream;
  const conn = {
    unix: false,
    address: "192.0.2.1",
    port: 4000,
    deadline: 0,
    conn: { socket: null },
    exchanges: () => [stream],
  };
  (stream as { client: unknown }).client = conn;
  return { conn: conn as unknown as ClientConn, ended };
}

function runtime(...clients: readonly ClientConn[]): StreamRuntime {
  const { model } = parseText("listen l\n bind :1\n");
  const rt = new StreamRuntime(Shared.local(), 0, model.global);
  for (const one of clients) rt.clients.add(one);
  return rt;
}

test("a session is listed in one line and ended by the id in it", () => {
  const first = client("app", "s1");
  const second = client(null, null);
  const rt = runtime(first.conn, second.conn);
  const lines = showSessions(rt, undefined, 7000).trimEnd().split("\n");
  expect(lines).toHaveLength(2);
  expect(lines[0]).toContain(": proto=tcpv4 src=192.0.2.1:4000 fe=www be=app srv=s1 ts=00 epoch=0 age=2s ");
  expect(lines[0]).toEndWith(" exp=2s rc=0 c_exp=");
  expect(lines[1]).toContain(" be=<NONE> srv=<none> ");
  const id = lines[1]!.slice(0, lines[1]!.indexOf(":"));
  expect(shutdownSession(rt, id)).toBe(true);
  expect(shutdownSession(rt, "0x1")).toBe(false);
  expect([first.ended, second.ended]).toEqual([[], ["K"]]);
});

test("the sessions of a server are those it serves, not those that wait for it", () => {
  const all = [client("app", "s1"), client("app", "s2"), client("other", "s1"), client("app", "s1", false)];
  shutdownServer(runtime(...all.map(({ conn }) => conn)), "app", "s1", "D");
  expect(all.map(({ ended }) => ended)).toEqual([["D"], [], [], []]);
});
