/** Accepting by ourselves: who the clients are, in what portions they come, and what happens when nothing can be accepted. */
import { afterEach, describe, expect, test } from "bun:test";
import { EMFILE } from "../ffi/errno.ts";
import { close, dup } from "../ffi/file.ts";
import { descriptorLimit, setDescriptorLimit } from "../ffi/process.ts";
import { ipSockAddr, type SockAddr, unixSockAddr } from "../ffi/sockaddr.ts";
import { connectFd, DEFAULT_CONNECT_OPTIONS } from "../ffi/connect.ts";
import { resetOnClose } from "../ffi/socket-options.ts";
import { bind, getsockname, listen, SOCK_STREAM, socket } from "../ffi/socket.ts";
import type { AcceptedSocket } from "./accepted-socket.ts";
import { Acceptor, type AcceptUser } from "./acceptor.ts";
import { processPoller } from "./poller.ts";

const problems: unknown[] = [];
const poller = processPoller((error) => problems.push(error));
const open: number[] = [];
const settle = (): Promise<void> => Bun.sleep(20);

afterEach(() => {
  for (const fd of open.splice(0)) close(fd);
  expect(problems.splice(0)).toEqual([]);
});

function must(status: number): number {
  if (status < 0) throw new Error(`errno ${-status}`);
  return status;
}

function kept(fd: number): number {
  open.push(must(fd));
  return fd;
}

/** A listening socket, and the address to reach it at. */
function listening(address: SockAddr): { readonly fd: number; readonly address: SockAddr } {
  const fd = kept(socket(address.family, SOCK_STREAM));
  must(bind(fd, address));
  must(listen(fd, 100));
  const name = getsockname(fd);
  if (name?.kind !== "ip") return { fd, address };
  return { fd, address: ipSockAddr(name.family, name.ip, name.port)! };
}

class User implements AcceptUser {
  readonly sockets: AcceptedSocket[] = [];
  readonly starved: number[] = [];
  onAccept(accepted: AcceptedSocket): void {
    this.sockets.push(accepted);
  }
  onStarved(errno: number): void {
    this.starved.push(errno);
  }
  end(): void {
    for (const one of this.sockets) one.end();
  }
}

const connect = (address: SockAddr): number => kept(connectFd(address, DEFAULT_CONNECT_OPTIONS));

describe("acceptor", () => {
  test.each([1, 4, -1])("tune.maxaccept %d: all that wait are accepted", async (inARow) => {
    const { fd, address } = listening(ipSockAddr(4, "127.0.0.1", 0)!);
    for (let i = 0; i < 20; i++) connect(address);
    const user = new User();
    const acceptor = new Acceptor(fd, poller, user, true, inARow);
    expect(acceptor.start()).toBe(0);
    await settle();
    expect(user.sockets.length).toBe(20);
    for (let i = 0; i < 3; i++) connect(address);
    await settle();
    expect(user.sockets.length).toBe(23);
    acceptor.stop();
    user.end();
  });

  test("addresses of clients, also of those that were reset", async () => {
    const v4 = listening(ipSockAddr(4, "127.0.0.1", 0)!);
    const v6 = listening(ipSockAddr(6, "::", 0)!);
    const path = `/tmp/tlb-acceptor-${process.pid}.sock`;
    const unix = listening(unixSockAddr(path)!);
    const told: string[] = [];
    for (const [{ fd, address }, tcp] of [
      [v4, true],
      [v6, true],
      [unix, false],
    ] as const) {
      const to =
        address === v6.address ? ipSockAddr(6, "::1", (getsockname(v6.fd) as { port: number }).port)! : address;
      const client = must(connectFd(to, DEFAULT_CONNECT_OPTIONS));
      const name = getsockname(client);
      const user = new User();
      const acceptor = new Acceptor(fd, poller, user, tcp, 4);
      acceptor.start();
      await settle();
      resetOnClose(client);
      close(client);
      await settle();
      const [accepted] = user.sockets;
      told.push(accepted!.remoteAddress!);
      expect(accepted!.remotePort).toBe(name?.kind === "ip" ? name.port : 0);
      acceptor.stop();
      user.end();
    }
    expect(told).toEqual(["127.0.0.1", "::1", "unix"]);
    await Bun.file(path).delete();
  });

  test("stopped, connections wait; started again, they come", async () => {
    const { fd, address } = listening(ipSockAddr(4, "127.0.0.1", 0)!);
    const user = new User();
    const first = new Acceptor(fd, poller, user, true, 4);
    first.start();
    first.stop();
    connect(address);
    await settle();
    expect(user.sockets.length).toBe(0);
    const second = new Acceptor(fd, poller, user, true, 4);
    second.start();
    await settle();
    expect(user.sockets.length).toBe(1);
    second.stop();
    user.end();
  });

  test("without descriptors it rests, says why, and tries again", async () => {
    const { fd, address } = listening(ipSockAddr(4, "127.0.0.1", 0)!);
    const user = new User();
    const acceptor = new Acceptor(fd, poller, user, true, 4);
    acceptor.start();
    connect(address);
    // Every number below the limit is taken.
    const { soft, hard } = descriptorLimit();
    const next = must(dup(fd));
    close(next);
    must(setDescriptorLimit(next, hard));
    await settle();
    must(setDescriptorLimit(soft, hard));
    expect(user.starved).toEqual([EMFILE]);
    expect(user.sockets.length).toBe(0);
    await Bun.sleep(200);
    expect(user.sockets.length).toBe(1);
    acceptor.stop();
    user.end();
  });
});
