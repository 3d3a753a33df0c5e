/** The hook into Bun's event loop, which Bun does not document: fails loudly when a newer Bun changes what it rests on. */
import { afterEach, describe, expect, test } from "bun:test";
import { EPOLLIN } from "../ffi/epoll.ts";
import { close } from "../ffi/file.ts";
import { ipSockAddr } from "../ffi/sockaddr.ts";
import { connectFd, DEFAULT_CONNECT_OPTIONS } from "../ffi/connect.ts";
import { socketpair, SOCK_STREAM } from "../ffi/socket.ts";
import { send } from "../ffi/stream-io.ts";
import { PolledSocket, type SocketUser } from "./polled-socket.ts";
import { processPoller } from "./poller.ts";

const problems: unknown[] = [];
const poller = processPoller((error) => problems.push(error));
const byte = Buffer.from("x");

function pair(): readonly [number, number] {
  const ends = socketpair(SOCK_STREAM);
  if (typeof ends === "number") throw new Error("no socket pair");
  return ends;
}

class User implements SocketUser {
  readonly events: string[] = [];
  socketBytes(buf: Buffer, start: number, end: number): void {
    this.events.push(end - start > 20 ? `${end - start} bytes` : buf.toString("latin1", start, end));
  }
  socketDrain(): void {
    this.events.push("drain");
  }
  socketEnd(): void {
    this.events.push("end");
  }
  socketClose(error: Error | undefined): void {
    this.events.push(`close ${(error as { code?: string } | undefined)?.code ?? "in order"}`);
  }
}

function user(fd: number): { readonly socket: PolledSocket; readonly events: string[] } {
  const owner = new User();
  const socket = new PolledSocket(fd, poller, owner, false);
  socket.watch();
  return { socket, events: owner.events };
}

const settle = (): Promise<void> => Bun.sleep(20);

afterEach(() => {
  expect(problems.splice(0)).toEqual([]);
});

describe("poller", () => {
  test("each edge is told once, hundreds of times", async () => {
    const [a, b] = pair();
    const { socket, events } = user(a);
    await settle();
    events.length = 0;
    for (let i = 0; i < 500; i++) {
      send(b, byte, 0, 1);
      for (let turns = 0; events.length === i && turns < 1000; turns++) await Bun.sleep(0);
    }
    await settle();
    expect(events).toEqual(Array(500).fill("x"));
    socket.end();
    close(b);
  });

  test("more descriptors than one fetch holds", async () => {
    const pairs = Array.from({ length: 300 }, pair);
    const seen = new Set<number>();
    for (const [a] of pairs) poller.add(a, EPOLLIN, { onEvents: () => seen.add(a) });
    for (const [, b] of pairs) send(b, byte, 0, 1);
    await settle();
    expect(seen.size).toBe(300);
    for (const [a, b] of pairs) {
      poller.forget(a);
      close(a);
      close(b);
    }
  });

  test("a number that is used again gets no event of its former owner", async () => {
    const [a, b] = pair();
    const first: number[] = [];
    const second: number[] = [];
    const gate = pair();
    // Both are ready in one fetch; the first to be told closes the other and has its number used again.
    poller.add(gate[0], EPOLLIN, {
      onEvents: () => {
        poller.forget(a);
        close(a);
        const next = pair();
        expect(next[0]).toBe(a);
        poller.add(next[0], EPOLLIN, { onEvents: (events) => second.push(events) });
      },
    });
    poller.add(a, EPOLLIN, { onEvents: (events) => first.push(events) });
    send(gate[1], byte, 0, 1);
    send(b, byte, 0, 1);
    await settle();
    expect([first, second]).toEqual([[], []]);
    close(b);
  });
});

describe("polled socket", () => {
  test("data, end, close in order", async () => {
    const [a, b] = pair();
    const { socket, events } = user(a);
    await settle();
    send(b, Buffer.from("hello"), 0, 5);
    await settle();
    send(b, Buffer.from("again"), 0, 5);
    close(b);
    await settle();
    expect(events).toEqual(["drain", "hello", "again", "end"]);
    socket.end();
    expect(socket.write(byte, 0, 1)).toBe(-1);
  });

  test("paused: nothing is read, and nothing is lost", async () => {
    const [a, b] = pair();
    const { socket, events } = user(a);
    await settle();
    socket.pause();
    send(b, Buffer.from("hello"), 0, 5);
    close(b);
    await settle();
    expect(events).toEqual(["drain"]);
    socket.resume();
    await settle();
    expect(events).toEqual(["drain", "hello", "end"]);
    socket.terminate();
  });

  test("a full socket tells when there is room", async () => {
    const [a, b] = pair();
    const { socket, events } = user(a);
    const peer = user(b);
    peer.socket.pause();
    await settle();
    const block = Buffer.alloc(1 << 16);
    let written = 0;
    for (let n = 1; n > 0; written += n) n = socket.write(block, 0, block.length);
    expect(written).toBeGreaterThan(0);
    events.length = 0;
    peer.socket.resume();
    await settle();
    expect(events).toEqual(["drain"]);
    socket.end();
    await settle();
    expect(peer.events.at(-1)).toBe("end");
    peer.socket.end();
  });

  test("after our FIN the peer's is a close", async () => {
    const [a, b] = pair();
    const { socket, events } = user(a);
    await settle();
    socket.shutdown();
    close(b);
    await settle();
    expect(events).toEqual(["drain", "close in order"]);
  });

  test("a refused connection is told as one", async () => {
    const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
    const { port } = listener;
    listener.stop(true);
    const fd = connectFd(ipSockAddr(4, "127.0.0.1", port)!, DEFAULT_CONNECT_OPTIONS);
    expect(fd).toBeGreaterThan(0);
    const owner = new User();
    const socket = new PolledSocket(fd, poller, owner, false);
    expect(socket.write(byte, 0, 1)).toBe(0);
    socket.watch();
    await settle();
    expect(owner.events).toEqual(["close ECONNREFUSED"]);
  });
});
