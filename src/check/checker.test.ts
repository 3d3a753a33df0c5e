/** Checks on real sockets: what HAProxy cannot be made to show, limits of time, and that nothing is left behind. */
import { describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { initialiseServers } from "../admin/servers.ts";
import { parseText } from "../config/testing.helper.ts";
import { Admin, Oper, S } from "../counters/shared.ts";
import { close } from "../ffi/file.ts";
import { ipSockAddr } from "../ffi/sockaddr.ts";
import { bind, connect, getsockname, listen, SOCK_STREAM, socket } from "../ffi/socket.ts";
import { answer, checkBench, fakeServer, masked, until } from "./fixture.helper.ts";
import { observeResult } from "./observe.ts";

const rows = { parseText, initialiseServers };

const head = " timeout connect 1s\n timeout server 1s\n";
const ok = answer("HTTP/1.0 200 OK\r\n\r\n");
const descriptors = (): number => readdirSync("/proc/self/fd").length;

/** A port whose queue of connections is full: a handshake with it does not come to its end. */
function blackhole(): { readonly port: number; [Symbol.dispose](): void } {
  const fds: number[] = [socket(2, SOCK_STREAM)];
  bind(fds[0]!, ipSockAddr(4, "127.0.0.1", 0)!);
  listen(fds[0]!, 0);
  const name = getsockname(fds[0]!);
  const port = name?.kind === "ip" ? name.port : 0;
  for (let i = 0; i < 4; i++) {
    const fd = socket(2, SOCK_STREAM);
    connect(fd, ipSockAddr(4, "127.0.0.1", port)!);
    fds.push(fd);
  }
  return {
    port,
    [Symbol.dispose]() {
      for (const fd of fds) close(fd);
    },
  };
}

describe("limits of time", () => {
  test("a handshake that does not end: inter is the limit", async () => {
    using hole = blackhole();
    using b = checkBench(rows, `backend be\n${head} server s1 127.0.0.1:${hole.port} check inter 80\n`);
    await until(() => b.events.length >= 1);
    expect(masked(b.events[0]!)).toStartWith(
      "alert: Server be/s1 is DOWN, reason: Layer4 timeout, check duration: Nms.",
    );
    const took = b.shared.getState(b.server("be/s1").slot, S.checkDuration);
    expect(took).toBeGreaterThanOrEqual(80);
    expect(took).toBeLessThan(160);
  });

  test("with timeout check, timeout connect is", async () => {
    using hole = blackhole();
    using b = checkBench(
      rows,
      `backend be\n timeout connect 40\n timeout server 1s\n timeout check 5s\n server s1 127.0.0.1:${hole.port} check inter 2s\n`,
    );
    await until(() => b.events.length >= 1);
    expect(b.shared.getState(b.server("be/s1").slot, S.checkDuration)).toBeLessThan(200);
  });

  test("a slow answer within the limit is good", async () => {
    using s1 = fakeServer((peer, received) => {
      if (received.endsWith("\r\n\r\n")) setTimeout(() => peer.write("HTTP/1.0 200 OK\r\n\r\n"), 30);
    });
    using b = checkBench(
      rows,
      `backend be\n${head} option httpchk\n option log-health-checks\n timeout check 500\n server s1 127.0.0.1:${s1.port} check inter 60\n`,
    );
    await until(() => b.events.length >= 1);
    expect(b.events[0]).toContain("succeeded, reason: Layer7 check passed, code: 200");
  });
});

test("an answer in single bytes is read as a whole, one connection a check", async () => {
  using s1 = fakeServer((peer, received) => {
    if (!received.endsWith("\r\n\r\n")) return;
    const text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    let sent = 0;
    const drip = setInterval(() => {
      if (sent === text.length || peer.write(text[sent++]!) < 0) clearInterval(drip);
    }, 1);
  });
  using b = checkBench(
    rows,
    `backend be\n${head} option httpchk\n http-check expect string hello\n option log-health-checks\n timeout check 2s\n server s1 127.0.0.1:${s1.port} check inter 20\n`,
  );
  await until(() => b.events.length >= 1);
  expect(b.events[0]).toContain("Layer7 check passed");
  await until(() => s1.received.length >= 3);
  expect(s1.most).toBe(1);
});

test("servers in maintenance rest, and are checked again after it", async () => {
  using s1 = fakeServer(ok);
  using b = checkBench(
    rows,
    `backend be\n${head} option httpchk\n server s1 127.0.0.1:${s1.port} check inter 20 disabled\n`,
  );
  await Bun.sleep(80);
  expect(s1.received.length).toBe(0);
  const { slot } = b.server("be/s1");
  b.shared.setState(slot, S.admin, 0);
  b.shared.setState(slot, S.oper, Oper.running);
  await until(() => s1.received.length > 1);
  b.shared.setState(slot, S.admin, Admin.forcedMaint);
  await Bun.sleep(30);
  const before = s1.received.length;
  await Bun.sleep(80);
  expect(s1.received.length).toBe(before);
});

test("the runtime API turns checks off and moves them", async () => {
  using s1 = fakeServer(ok);
  using s2 = fakeServer(ok);
  using b = checkBench(rows, `backend be\n${head} option httpchk\n server s1 127.0.0.1:${s1.port} check inter 20\n`);
  await until(() => s1.received.length > 0);
  const { slot } = b.server("be/s1");
  b.shared.setState(slot, S.checkPort, s2.port);
  await until(() => s2.received.length > 0);
  b.shared.setState(slot, S.checkOff, 1);
  await Bun.sleep(30);
  const before = s2.received.length;
  await Bun.sleep(60);
  expect(s2.received.length).toBe(before);
});

test("first checks are spread over the interval", async () => {
  using s1 = fakeServer(ok);
  const servers = [0, 1, 2, 3].map((i) => ` server s${i} 127.0.0.1:${s1.port} check inter 400\n`).join("");
  const arrivals: number[] = [];
  s1.script = (peer, received) => {
    arrivals.push(Date.now());
    ok(peer, received);
  };
  using _ = checkBench(rows, `backend be\n${head} option httpchk\n${servers}`);
  await until(() => arrivals.length >= 4);
  const gaps = arrivals.slice(1, 4).map((at, i) => at - arrivals[i]!);
  for (const gap of gaps) {
    expect(gap).toBeGreaterThan(70);
    expect(gap).toBeLessThan(180);
  }
});

test("observed errors bring the next check forward", async () => {
  using s1 = fakeServer(ok);
  using b = checkBench(
    rows,
    `backend be\n mode http\n${head} option httpchk\n server s1 127.0.0.1:${s1.port} check inter 20s fastinter 40 observe layer7 error-limit 2 on-error fastinter\n`,
  );
  await until(() => s1.received.length === 1);
  await Bun.sleep(60);
  expect(s1.received.length).toBe(1);
  observeResult(b.server("be/s1"), "httpStatus");
  observeResult(b.server("be/s1"), "httpStatus");
  await until(() => s1.received.length === 2, 400);
});

describe("reload", () => {
  const config = (port: number, server: string): string =>
    `backend be\n${head} option httpchk\n server s1 127.0.0.1:${port} ${server}\n`;

  test("an unchanged check keeps its rhythm, a new object its state", async () => {
    using s1 = fakeServer(ok);
    using b = checkBench(rows, config(s1.port, "check inter 20s"));
    await until(() => s1.received.length === 1);
    for (let i = 0; i < 5; i++) b.reload(config(s1.port, "check inter 20s"));
    await Bun.sleep(60);
    expect(s1.received.length).toBe(1);
    expect(b.wheel.size).toBe(1);
  });

  test("a changed one begins anew, a removed one ends; unchecked servers are up", async () => {
    using s1 = fakeServer(answer("HTTP/1.0 500 No\r\n\r\n"));
    using b = checkBench(rows, config(s1.port, "check inter 20s"));
    await until(() => b.events.length === 2);
    b.reload(config(s1.port, "check inter 20"));
    await until(() => s1.received.length >= 3);
    b.reload(config(s1.port, ""));
    expect(b.shared.getState(b.server("be/s1").slot, S.oper)).toBe(Oper.running);
    await Bun.sleep(20);
    const before = s1.received.length;
    await Bun.sleep(60);
    expect([s1.received.length, b.wheel.size]).toEqual([before, 0]);
  });
});

test("stop leaves no socket and no timer, in whatever step a check is", async () => {
  using hole = blackhole();
  using silent = fakeServer();
  using good = fakeServer(ok);
  const configs = [
    `server s1 127.0.0.1:${hole.port} check inter 5s`,
    `server s1 127.0.0.1:${silent.port} check inter 5s`,
    `server s1 127.0.0.1:${good.port} check inter 8 slowstart 9s`,
  ].map((server) => `backend be\n${head} option httpchk\n ${server}\n`);
  const round = async (ms: number): Promise<void> => {
    for (const config of configs) {
      using b = checkBench(rows, config);
      await Bun.sleep(ms);
      b.checker.stop();
      expect(b.wheel.size).toBe(0);
    }
  };
  await round(20);
  await until(() => silent.open === 0 && good.open === 0);
  await Bun.sleep(20);
  const before = descriptors();
  for (let i = 0; i < 16; i++) await round(i);
  await until(() => silent.open === 0 && good.open === 0);
  await Bun.sleep(20);
  expect(silent.received.length).toBeGreaterThan(5);
  expect(good.received.length).toBeGreaterThan(5);
  expect(descriptors()).toBeLessThanOrEqual(before);
});

test("a report that stops the checker stops it", async () => {
  using s1 = fakeServer(answer("HTTP/1.0 500 No\r\n\r\n"));
  using b = checkBench(rows, `backend be\n${head} option httpchk\n server s1 127.0.0.1:${s1.port} check inter 20\n`);
  b.changes.push = () => {
    b.checker.stop();
    return 0;
  };
  await until(() => b.events.length > 0);
  expect(b.wheel.size).toBe(0);
  await Bun.sleep(60);
  expect(s1.received.length).toBe(1);
});

test("a thousand checks leave no descriptor", async () => {
  using s1 = fakeServer();
  const servers = Array.from({ length: 40 }, (_, i) => ` server s${i} 127.0.0.1:${s1.port} check inter 8\n`).join("");
  using b = checkBench(rows, `backend be\n${head}${servers}`);
  await Bun.sleep(50);
  const before = descriptors();
  await Bun.sleep(300);
  expect(descriptors()).toBeLessThan(before + 45);
  expect(b.events).toEqual([]);
});
