/**
 * Peers that are slow, and never still for as long as a timeout: whatever lies in between, they get the whole of it, and tlb keeps no more of
 * it than a few buffers. Their receive buffers are small, so that they cannot hide behind the kernel's.
 */
import { expect, test } from "bun:test";
import { EAGAIN } from "../../src/ffi/errno.ts";
import { close } from "../../src/ffi/file.ts";
import { connectFd, DEFAULT_CONNECT_OPTIONS } from "../../src/ffi/connect.ts";
import * as net from "../../src/ffi/socket.ts";
import { setIntOption, SO_RCVBUF, SOL_SOCKET } from "../../src/ffi/socket-options.ts";
import { AF_INET, ipSockAddr, type SockAddr } from "../../src/ffi/sockaddr.ts";
import { addressOf, recv, send } from "../../src/ffi/stream-io.ts";
import { freePort } from "../harness/ports.ts";
import { Scope } from "../harness/scope.ts";
import { startServer } from "../harness/server.ts";
import { connect } from "../harness/client.ts";
import { becomes, busy, residentKiB, startServing, workers } from "./tools.ts";

const KIB = 1024;
const SIZE = 768 * KIB;
const body = Buffer.alloc(SIZE, "0123456789abcdef");

const loopback = (port: number): SockAddr => ipSockAddr(4, "127.0.0.1", port)!;

/** Reads `bytes` a second until `total` came, or the end; returns what came. */
async function sip(fd: number, total: number, bytes: number): Promise<number> {
  const buffer = Buffer.alloc(64 * KIB);
  const begun = performance.now();
  let got = 0;
  while (got < total) {
    const allowed = Math.min(total, ((performance.now() - begun) / 1000) * bytes);
    while (got < allowed) {
      const n = recv(fd, addressOf(buffer), Math.min(buffer.length, Math.ceil(allowed - got)));
      if (n === -EAGAIN) break;
      if (n <= 0) return got;
      got += n;
    }
    await Bun.sleep(10);
  }
  return got;
}

/** Kernel buffers that hide nothing. */
const SMALL = "tune.sndbuf.client 8192\n    tune.sndbuf.server 8192";

const config = (ports: { http: number; tcp: number; server: number }, global: string): string => `
global
    nbthread 1
    ${global}
defaults
    timeout connect 1s
    timeout client 400ms
    timeout server 400ms
listen web
    mode http
    bind 127.0.0.1:${ports.http}
    server s1 127.0.0.1:${ports.server}
listen raw
    mode tcp
    bind 127.0.0.1:${ports.tcp}
    server s1 127.0.0.1:${ports.server}
`;

for (const mode of ["http", "tcp"] as const) {
  test(`mode ${mode}: a slow client gets all of a response`, async () => {
    await using scope = new Scope();
    const server = startServer(scope, async (peer) => {
      await peer.until("\r\n\r\n");
      peer.send(`HTTP/1.1 200 OK\r\nContent-Length: ${SIZE}\r\n\r\n`);
      peer.send(body.toString("latin1"));
      await peer.closed(20_000);
    });
    const ports = { http: freePort(), tcp: freePort(), server: server.port };
    const proxy = await startServing(scope, config(ports, SMALL));
    const fd = connectFd(loopback(ports[mode]), { ...DEFAULT_CONNECT_OPTIONS, rcvbuf: 8192 });
    expect(fd).toBeGreaterThan(0);
    scope.defer(() => void close(fd));
    await Bun.sleep(50);
    const request = Buffer.from("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    expect(send(fd, request, 0, request.length)).toBe(request.length);
    // Several times the timeouts long.
    expect(await sip(fd, SIZE, 384 * KIB)).toBeGreaterThanOrEqual(SIZE);
    net.shutdown(fd, net.SHUT_RDWR);
    await becomes(() => busy(proxy), []);
  }, 60_000);

  test(`mode ${mode}: a slow server gets all of a request`, async () => {
    await using scope = new Scope();
    const listener = net.socket(AF_INET, net.SOCK_STREAM);
    const serverPort = freePort();
    setIntOption(listener, SOL_SOCKET, SO_RCVBUF, 8192);
    expect(net.bind(listener, loopback(serverPort))).toBe(0);
    expect(net.listen(listener, 8)).toBe(0);
    scope.defer(() => void close(listener));
    const ports = { http: freePort(), tcp: freePort(), server: serverPort };
    const proxy = await startServing(scope, config(ports, SMALL));
    const client = await connect(scope, ports[mode]);
    client.send(`POST / HTTP/1.1\r\nHost: h\r\nContent-Length: ${SIZE}\r\n\r\n${body.toString("latin1")}`);
    await Bun.sleep(100);
    const fd = net.accept(listener);
    expect(fd).toBeGreaterThan(0);
    scope.defer(() => void close(fd));
    expect(await sip(fd, SIZE, 384 * KIB)).toBeGreaterThanOrEqual(SIZE);
    const answer = Buffer.from("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
    send(fd, answer, 0, answer.length);
    expect(await client.until("ok")).toStartWith("HTTP/1.1 200 OK");
    client.close();
    net.shutdown(fd, net.SHUT_RDWR);
    await becomes(() => busy(proxy), []);
  }, 60_000);
}

test("100 MiB at the pace of a slow client: the worker's memory stays flat", async () => {
  await using scope = new Scope();
  const total = 100 << 20;
  const piece = Buffer.alloc(256 * KIB, "y");
  let left = 0;
  const pump = (socket: import("bun").Socket<undefined>): void => {
    while (left > 0) {
      const wrote = socket.write(piece, 0, Math.min(piece.length, left));
      if (wrote <= 0) return;
      left -= wrote;
    }
  };
  const listener = Bun.listen<undefined>({
    hostname: "127.0.0.1",
    port: freePort(),
    socket: {
      data(socket) {
        if (left > 0) return;
        left = total;
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${total}\r\n\r\n`);
        pump(socket);
      },
      drain: pump,
      error() {},
    },
  });
  scope.defer(() => listener.stop(true));
  const ports = { http: freePort(), tcp: freePort(), server: listener.port };
  const proxy = await startServing(scope, config(ports, ""));
  const [pid] = workers(proxy) as [number];
  const rest = residentKiB(pid);
  let most = rest;
  const sampler = setInterval(() => (most = Math.max(most, residentKiB(pid))), 20);
  scope.defer(() => clearInterval(sampler));
  for (const mode of ["http", "tcp"] as const) {
    left = 0;
    const fd = connectFd(loopback(ports[mode]), DEFAULT_CONNECT_OPTIONS);
    scope.defer(() => void close(fd));
    await Bun.sleep(50);
    const request = Buffer.from("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    send(fd, request, 0, request.length);
    expect(await sip(fd, total, 40 << 20)).toBeGreaterThanOrEqual(total);
    net.shutdown(fd, net.SHUT_RDWR);
  }
  expect(most - rest).toBeLessThan(24 << 10);
}, 60_000);
