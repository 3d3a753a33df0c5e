import { afterEach, describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { EADDRINUSE, EBADF, ECONNREFUSED, errnoName, strerror } from "./errno.ts";
import { close, isOpen } from "./file.ts";
import { memfd } from "./memory.ts";
import {
  abnsSockAddr,
  AF_INET,
  AF_INET6,
  AF_UNIX,
  ipSockAddr,
  parseSockAddr,
  sockAddr,
  unixSockAddr,
} from "./sockaddr.ts";
import { connectFd, DEFAULT_CONNECT_OPTIONS } from "./connect.ts";
import {
  getIntOption,
  IPPROTO_TCP,
  setIntOption,
  resetOnClose,
  SO_REUSEPORT,
  socketError,
  socketFamily,
  SOL_SOCKET,
  TCP_DEFER_ACCEPT,
  TCP_USER_TIMEOUT,
} from "./socket-options.ts";
import {
  accept,
  bind,
  connect,
  getpeername,
  getsockname,
  listen,
  sendto,
  SOCK_DGRAM,
  SOCK_STREAM,
  socket,
  socketpair,
} from "./socket.ts";

const opened: number[] = [];
function track(fd: number): number {
  expect(fd).toBeGreaterThan(0);
  opened.push(fd);
  return fd;
}
afterEach(() => {
  for (const fd of opened.splice(0)) close(fd);
});

const loopback = ipSockAddr(4, "127.0.0.1", 0)!;

function listener(): { fd: number; port: number } {
  const fd = track(socket(AF_INET, SOCK_STREAM));
  expect(bind(fd, loopback)).toBe(0);
  expect(listen(fd, 16)).toBe(0);
  const at = getsockname(fd);
  if (at?.kind !== "ip") throw new Error("no address");
  return { fd, port: at.port };
}

describe("socket addresses", () => {
  test("survive encoding and decoding", () => {
    for (const address of [
      { kind: "ip", family: 4, ip: "192.0.2.255", port: 65535 },
      { kind: "ip", family: 6, ip: "2001:db8::1", port: 443 },
      { kind: "ip", family: 6, ip: "::ffff:192.0.2.1", port: 1 },
      { kind: "unix", path: "/run/é.sock" },
      { kind: "abns", name: "tlb" },
    ] as const) {
      const encoded = sockAddr(address)!;
      expect(parseSockAddr(encoded.bytes, encoded.length)).toEqual(address);
    }
  });

  test("have the kernel's layout", () => {
    expect([...ipSockAddr(4, "1.2.3.4", 0x1234)!.bytes]).toEqual([
      2, 0, 0x12, 0x34, 1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0,
    ]);
    expect(ipSockAddr(6, "fe80::1%7", 1)!.bytes[24]).toBe(7);
    expect(ipSockAddr(6, "fe80::1%lo", 1)!.bytes[24]).toBe(1);
  });

  test("reject what cannot be encoded", () => {
    expect(ipSockAddr(4, "::1", 1)).toBeNull();
    expect(ipSockAddr(4, "1.2.3", 1)).toBeNull();
    expect(ipSockAddr(6, "fe80::1%nosuchif0", 1)).toBeNull();
    expect(unixSockAddr("/" + "x".repeat(106))).not.toBeNull();
    expect(unixSockAddr("/" + "x".repeat(107))).toBeNull();
    expect(abnsSockAddr("x".repeat(108))).toBeNull();
  });
});

describe("sockets", () => {
  test("failures are negated errno values", () => {
    const { port } = listener();
    const fd = track(socket(AF_INET, SOCK_STREAM));
    expect(bind(fd, ipSockAddr(4, "127.0.0.1", port)!)).toBe(-EADDRINUSE);
    expect(listen(99999, 1)).toBe(-EBADF);
    expect(strerror(-EADDRINUSE)).toBe("Address already in use");
    expect(errnoName(-EADDRINUSE)).toBe("EADDRINUSE");
    expect(getsockname(99999)).toBeNull();
  });

  test("options are set and read back", () => {
    const fd = track(socket(AF_INET, SOCK_STREAM));
    expect(setIntOption(fd, SOL_SOCKET, SO_REUSEPORT, 1)).toBe(0);
    expect(getIntOption(fd, SOL_SOCKET, SO_REUSEPORT)).toBe(1);
    expect(setIntOption(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 1234)).toBe(0);
    expect(getIntOption(fd, IPPROTO_TCP, TCP_USER_TIMEOUT)).toBe(1234);
    expect(setIntOption(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, 60)).toBe(0);
    expect(resetOnClose(fd)).toBe(0);
    expect(socketFamily(fd)).toBe(AF_INET);
    expect(socketFamily(track(socket(AF_INET6, SOCK_STREAM)))).toBe(AF_INET6);
  });

  test("delayAck leaves the acknowledgement of the handshake for later", () => {
    const { fd: server, port } = listener();
    // The other side has nobody to accept before it comes.
    const accepted = (delayAck: boolean): boolean => {
      track(connectFd(ipSockAddr(4, "127.0.0.1", port)!, { ...DEFAULT_CONNECT_OPTIONS, delayAck }));
      const got = accept(server);
      if (got >= 0) track(got);
      return got >= 0;
    };
    expect([accepted(false), accepted(true)]).toEqual([true, false]);
  });

  test("a connection in progress is adopted by Bun and reports drain with an address", async () => {
    const { fd: server, port } = listener();
    const source = ipSockAddr(4, "127.0.0.3", 0)!;
    const options = { ...DEFAULT_CONNECT_OPTIONS, source, tcpUserTimeout: 777, keepalive: true };
    const fd = connectFd(ipSockAddr(4, "127.0.0.1", port)!, options);
    expect(fd).toBeGreaterThan(0);
    expect(getIntOption(fd, IPPROTO_TCP, TCP_USER_TIMEOUT)).toBe(777);
    const connected = Promise.withResolvers<string>();
    const handlers: Bun.SocketHandler = {
      data() {},
      drain(s) {
        if (s.remoteAddress !== undefined) connected.resolve(s.remoteAddress);
      },
      close(_s, error) {
        connected.reject(error ?? new Error("closed"));
      },
    };
    // Bun's types do not know `fd` here.
    const s = await Bun.connect({ fd, socket: handlers } as unknown as Bun.TCPSocketConnectOptions);
    expect(await connected.promise).toBe("127.0.0.1");
    const accepted = track(accept(server));
    expect(getpeername(accepted)).toMatchObject({ kind: "ip", ip: "127.0.0.3" });
    s.terminate();
  });

  test("a refused connection is an error on the socket", async () => {
    const { fd: gone, port } = listener();
    close(gone);
    const fd = connectFd(ipSockAddr(4, "127.0.0.1", port)!, DEFAULT_CONNECT_OPTIONS);
    if (fd < 0) return expect(fd).toBe(-ECONNREFUSED);
    opened.push(fd);
    await Bun.sleep(5);
    expect(socketError(fd)).toBe(ECONNREFUSED);
    expect(socketError(fd)).toBe(0);
  });

  test("a failed connect leaves no descriptor behind", () => {
    const count = () => readdirSync("/proc/self/fd").length;
    const before = count();
    expect(connectFd(unixSockAddr("/nonexistent/socket")!, DEFAULT_CONNECT_OPTIONS)).toBeLessThan(0);
    const options = { ...DEFAULT_CONNECT_OPTIONS, interface: "nosuchif0" };
    expect(connectFd(ipSockAddr(4, "127.0.0.1", 9)!, options)).toBeLessThan(0);
    expect(count()).toBe(before);
  });

  test("datagrams over unix sockets", () => {
    const receiver = track(socket(AF_UNIX, SOCK_DGRAM));
    const address = abnsSockAddr(`tlb-test-${process.pid}`)!;
    expect(bind(receiver, address)).toBe(0);
    const sender = track(socket(AF_UNIX, SOCK_DGRAM));
    const line = Buffer.from("hello, log");
    expect(sendto(sender, line, 5, address)).toBe(5);
    expect(connect(sender, address)).toBe(0);
    expect(sendto(sender, line, line.length, null)).toBe(10);
    close(opened.shift()!);
    expect(sendto(sender, line, 5, null)).toBe(-ECONNREFUSED);
  });

  test("pairs and memory files", () => {
    const pair = socketpair(SOCK_STREAM);
    if (typeof pair === "number") throw new Error(strerror(pair));
    for (const fd of pair) track(fd);
    const fd = track(memfd("x", 4096));
    expect(Bun.file(`/proc/self/fd/${fd}`).size).toBe(4096);
    expect(isOpen(fd)).toBe(true);
    expect(isOpen(99999)).toBe(false);
  });
});
