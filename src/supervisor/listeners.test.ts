import { afterEach, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseConfig, systemEnv } from "../config/index.ts";
import type { Model } from "../config/model.ts";
import { close, isOpen } from "../ffi/file.ts";
import { AF_INET, ipSockAddr } from "../ffi/sockaddr.ts";
import { connectFd, DEFAULT_CONNECT_OPTIONS } from "../ffi/connect.ts";
import {
  getIntOption,
  IPPROTO_TCP,
  SO_KEEPALIVE,
  SOL_SOCKET,
  TCP_DEFER_ACCEPT,
  TCP_KEEPCNT,
  TCP_KEEPIDLE,
  TCP_KEEPINTVL,
  TCP_USER_TIMEOUT,
} from "../ffi/socket-options.ts";
import { accept, getsockname, bind, SOCK_STREAM, socket } from "../ffi/socket.ts";
import { initialEnvironment } from "../lang/environment.ts";
import { Diagnostics } from "../lang/diagnostic.ts";
import { readConfig } from "../lang/reader.ts";
import { listenerUses, ListenerSet } from "./listeners.ts";

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
});

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), "tlb-listen-"));
  cleanups.push(() => rmSync(dir, { recursive: true }));
  return dir;
}

async function model(...lines: readonly string[]): Promise<Model> {
  const file = join(folder(), "lb.cfg");
  await Bun.write(file, `frontend f\n${lines.map((line) => `  ${line}\n`).join("")}`);
  const diagnostics = new Diagnostics();
  const env = initialEnvironment({}, { localPeer: "me", masterWorker: false });
  const parsed = parseConfig(readConfig([file], { env, diag: false }, diagnostics), systemEnv([file]), diagnostics);
  expect(diagnostics.list.filter((d) => d.severity === "error")).toEqual([]);
  return parsed;
}

function set(workers: number): ListenerSet {
  const listeners = new ListenerSet(workers);
  cleanups.push(() => listeners.close(true));
  return listeners;
}

/** Plans and commits; returns the descriptors by key. */
function apply(listeners: ListenerSet, next: Model): Record<string, readonly number[]> {
  const plan = listeners.plan(next);
  expect(plan.errors).toEqual([]);
  expect(listeners.publish(plan)).toEqual([]);
  listeners.commit(plan, next);
  return Object.fromEntries(plan.uses.map(({ key }) => [key, listeners.get(key)!.fds]));
}

/** Connects `n` times and says which of the sockets of `fds` got how many. */
async function spread(port: number, fds: readonly number[], n: number): Promise<number[]> {
  const target = ipSockAddr(4, "127.0.0.1", port)!;
  const clients = Array.from({ length: n }, () => connectFd(target, DEFAULT_CONNECT_OPTIONS));
  await Bun.sleep(20);
  const counts = fds.map((fd) => {
    let count = 0;
    for (let got = accept(fd); got >= 0; got = accept(fd)) {
      count++;
      close(got);
    }
    return count;
  });
  for (const fd of clients) if (fd >= 0) close(fd);
  return counts;
}

function port(fd: number): number {
  const at = getsockname(fd);
  return at?.kind === "ip" ? at.port : 0;
}

/** A port nobody listens on at the moment. */
function freePort(): number {
  const fd = socket(AF_INET, SOCK_STREAM);
  bind(fd, ipSockAddr(4, "127.0.0.1", 0)!);
  const free = port(fd);
  close(fd);
  return free;
}

test("options change on a socket that stays, without binding it again", async () => {
  const at = freePort();
  const listeners = set(2);
  const before = apply(listeners, await model(`bind 127.0.0.1:${at}`));
  const key = `ip 127.0.0.1:${at}`;
  const fd = before[key]![0]!;
  expect(getIntOption(fd, SOL_SOCKET, SO_KEEPALIVE)).toBe(0);
  const after = apply(
    listeners,
    await model("mode http", `bind 127.0.0.1:${at} defer-accept tcp-ut 5s`, "option clitcpka"),
  );
  expect(after).toEqual(before);
  expect(getIntOption(fd, SOL_SOCKET, SO_KEEPALIVE)).toBe(1);
  expect(getIntOption(fd, IPPROTO_TCP, TCP_USER_TIMEOUT)).toBe(5000);
  expect(getIntOption(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT)).toBeGreaterThan(0);
});

test("accepted connections have the keepalive probes of clitcpka-*, until a reload takes them away", async () => {
  const at = freePort();
  const listeners = set(1);
  const key = `ip 127.0.0.1:${at}`;
  const probes = ["clitcpka-cnt 4", "clitcpka-idle 100", "clitcpka-intvl 5500ms"];
  const accepted = async (...lines: readonly string[]) => {
    const [fd] = apply(listeners, await model(`bind 127.0.0.1:${at}`, ...lines))[key]!;
    const client = connectFd(ipSockAddr(4, "127.0.0.1", at)!, DEFAULT_CONNECT_OPTIONS);
    await Bun.sleep(10);
    const got = accept(fd!);
    const values = [TCP_KEEPCNT, TCP_KEEPIDLE, TCP_KEEPINTVL].map((option) => getIntOption(got, IPPROTO_TCP, option));
    close(client);
    close(got);
    return values;
  };
  const plain = await accepted("option clitcpka");
  expect(await accepted("option tcpka", ...probes)).toEqual([4, 100, 6]);
  expect(await accepted("option tcpka", "clitcpka-cnt 3")).toEqual([3, plain[1]!, plain[2]!]);
  expect(await accepted("option tcpka")).toEqual(plain);
});

test("one address twice is two listeners, and only the surplus one goes", async () => {
  const at = freePort();
  const listeners = set(1);
  const two = apply(listeners, await model(`bind 127.0.0.1:${at}`, `bind 127.0.0.1:${at}`));
  expect(Object.keys(two)).toEqual([`ip 127.0.0.1:${at}`, `ip 127.0.0.1:${at}#1`]);
  const one = apply(listeners, await model(`bind 127.0.0.1:${at}`));
  expect(one).toEqual({ [`ip 127.0.0.1:${at}`]: two[`ip 127.0.0.1:${at}`]! });
  expect(isOpen(two[`ip 127.0.0.1:${at}#1`]![0]!)).toBe(false);
});

test("parked sockets get no connections until they are back", async () => {
  const at = freePort();
  const listeners = set(2);
  const next = await model(`bind 127.0.0.1:${at}`);
  const uses = listenerUses(next);
  const fds = Object.values(apply(listeners, next))[0]!;
  expect(port(fds[0]!)).toBe(at);
  const both = await spread(at, fds, 40);
  expect(both[0]! + both[1]!).toBe(40);
  expect(Math.min(...both)).toBeGreaterThan(0);
  listeners.park(0, true, uses);
  expect(await spread(at, fds, 40)).toEqual([0, 40]);
  listeners.park(0, false, uses);
  expect(Math.min(...(await spread(at, fds, 40)))).toBeGreaterThan(0);
});

test("a failed plan leaves nothing behind, neither descriptors nor files", async () => {
  const at = freePort();
  const listeners = set(2);
  const path = join(folder(), "x.sock");
  const open = () => [...new Bun.Glob("*").scanSync({ cwd: "/proc/self/fd", onlyFiles: false })].length;
  const next = await model(`bind ${path}`, `bind 127.0.0.1:${at}`, "bind 192.0.2.7:1", `bind ${path}`);
  const before = open();
  const plan = listeners.plan(next);
  expect(plan.errors).toHaveLength(2);
  expect(plan.errors[0]).toMatch(
    /^Binding \[.*lb\.cfg:4\] for frontend f: cannot bind socket \(Cannot assign requested address\)/,
  );
  expect(plan.errors[1]).toContain("the path is used twice");
  expect(open()).toBe(before);
  expect(existsSync(path)).toBe(false);
  expect([...new Bun.Glob("*").scanSync({ cwd: join(path, ".."), onlyFiles: false })]).toEqual([]);
});

test("a path that somebody else took over is not removed", async () => {
  const path = join(folder(), "x.sock");
  const next = await model(`bind ${path}`);
  const old = set(1);
  apply(old, next);
  rmSync(path);
  apply(set(1), next);
  old.close(true);
  expect(existsSync(path)).toBe(true);
});
