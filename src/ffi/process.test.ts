import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EPERM, ESRCH } from "./errno.ts";
import { MAX_FDS, recvFds, sendFds } from "./fdpass.ts";
import { close, isOpen, pipe } from "./file.ts";
import { memfd } from "./memory.ts";
import { descriptorLimit, kill, sdNotify, setDescriptorLimit } from "./process.ts";
import { getAffinity, setAffinity } from "./sched.ts";
import { AF_UNIX, unixSockAddr } from "./sockaddr.ts";
import { bind, SOCK_DGRAM, SOCK_STREAM, socket, socketpair } from "./socket.ts";
import { findGroup, findUser } from "./users.ts";

test("descriptors pass over a unix socket and stay usable", () => {
  const pair = socketpair(SOCK_STREAM) as readonly [number, number];
  const file = memfd("passed", 123);
  expect(sendFds(pair[0], [file])).toBe(1);
  expect(
    sendFds(
      pair[0],
      Array.from({ length: MAX_FDS }, () => file),
    ),
  ).toBe(1);
  close(file);
  const first = recvFds(pair[1]) as number[];
  expect(first).toHaveLength(1);
  expect(Bun.file(`/proc/self/fd/${first[0]}`).size).toBe(123);
  const many = recvFds(pair[1]) as number[];
  expect(many).toHaveLength(MAX_FDS);
  expect(new Set(many).size).toBe(MAX_FDS);
  expect(() => sendFds(pair[0], [])).toThrow("0 descriptors");
  close(pair[0]);
  expect(recvFds(pair[1])).toEqual([]);
  for (const fd of [...first, ...many, pair[1]]) close(fd);
});

test("a message without room for its descriptors leaves none open", async () => {
  const script = `
    import { recvFds, sendFds } from ${JSON.stringify(join(import.meta.dir, "fdpass.ts"))};
    import { socketpair } from ${JSON.stringify(join(import.meta.dir, "socket.ts"))};
    import { setDescriptorLimit } from ${JSON.stringify(join(import.meta.dir, "process.ts"))};
    import { readdirSync } from "node:fs";
    const [a, b] = socketpair(1);
    sendFds(a, Array(100).fill(0));
    const count = readdirSync("/proc/self/fd").length;
    setDescriptorLimit(count + 10, count + 10);
    console.log(JSON.stringify([recvFds(b), readdirSync("/proc/self/fd").length - count]));
  `;
  const child = Bun.spawn([process.execPath, "-e", script], { stdout: "pipe", stderr: "inherit" });
  expect(await child.stdout.text()).toBe("[-24,0]\n");
});

test("limits, affinity and signals", () => {
  const { soft, hard } = descriptorLimit();
  expect(soft).toBeGreaterThan(0);
  expect(setDescriptorLimit(soft, hard)).toBe(0);
  const cpus = getAffinity();
  expect(cpus.length).toBeGreaterThan(0);
  expect(setAffinity([cpus[0]!])).toBe(0);
  expect(getAffinity()).toEqual([cpus[0]!]);
  expect(setAffinity(cpus)).toBe(0);
  expect(setAffinity([])).toBeLessThan(0);
  expect(kill(process.pid, 0)).toBe(0);
  expect([-ESRCH, -EPERM]).toContain(kill(2 ** 22 + 1, 0));
});

test("users and groups come from the system's files", () => {
  expect(findUser("root")).toMatchObject({ uid: 0, gid: 0 });
  expect(findUser("nobody")!.uid).toBeGreaterThan(0);
  expect(findGroup("root")).toBe(0);
  expect(findUser("no-such-user")).toBeNull();
  expect(findUser("roo")).toBeNull();
  expect(findGroup("no-such-group")).toBe(-1);
  expect(findUser("x", "/nonexistent")).toBeNull();
});

test("the service manager gets its datagram", () => {
  const dir = mkdtempSync(join(tmpdir(), "tlb-ffi-"));
  const fd = socket(AF_UNIX, SOCK_DGRAM);
  try {
    const path = join(dir, "notify");
    expect(bind(fd, unixSockAddr(path)!)).toBe(0);
    expect(sdNotify(path, "READY=1\nSTATUS=ok")).toBe(17);
    expect(sdNotify(undefined, "READY=1")).toBe(0);
    expect(sdNotify(path + "x", "READY=1")).toBeLessThan(0);
  } finally {
    close(fd);
    rmSync(dir, { recursive: true });
  }
});

test("pipes", () => {
  const [reader, writer] = pipe() as readonly [number, number];
  close(writer);
  expect(isOpen(reader)).toBe(true);
  expect(isOpen(writer)).toBe(false);
  close(reader);
});
