import { afterEach, expect, test } from "bun:test";
import { closeSync, mkdtempSync, openSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { close, pipe, setNonBlocking, unlink } from "../../ffi/file.ts";
import { ipSockAddr, type SockAddr, unixSockAddr } from "../../ffi/sockaddr.ts";
import { bind, getsockname, SOCK_DGRAM, socket } from "../../ffi/socket.ts";
import { DatagramSink } from "./datagram.ts";
import { DescriptorSink } from "./descriptor.ts";
import { openSink } from "./index.ts";

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanups.splice(0)) clean();
});

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "tlb-sink-"));
  cleanups.push(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** What can be read now; "" when there is nothing. */
function drain(fd: number): string {
  const chunk = Buffer.alloc(1 << 20);
  try {
    return chunk.toString("latin1", 0, readSync(fd, chunk));
  } catch {
    return "";
  }
}

function newPipe(): { reader: number; writer: number } {
  const [reader, writer] = pipe() as [number, number];
  setNonBlocking(reader, true);
  return { reader, writer };
}

function receiver(path: string): { fd: number; to: SockAddr } {
  const to = unixSockAddr(path)!;
  const fd = socket(to.family, SOCK_DGRAM);
  expect(bind(fd, to)).toBe(0);
  return { fd, to };
}

test("a pipe gets the lines of a turn in order", async () => {
  const { reader, writer } = newPipe();
  const sink = new DescriptorSink(writer);
  for (let i = 0; i < 5; i++) sink.write(`line ${i} \xe9`);
  expect(drain(reader)).toBe("");
  await new Promise((r) => setImmediate(r));
  await Bun.sleep(1);
  expect(drain(reader)).toBe("line 0 \xe9\nline 1 \xe9\nline 2 \xe9\nline 3 \xe9\nline 4 \xe9\n");
  expect(sink.dropped).toBe(0);
  closeSync(reader);
  closeSync(writer);
});

test("a full pipe does not block; what finds no room is dropped and counted; order and whole lines stay", async () => {
  const { reader, writer } = newPipe();
  const sink = new DescriptorSink(writer);
  const total = 20_000;
  const started = performance.now();
  for (let i = 0; i < total; i++) sink.write(`${i} ${"x".repeat(90)}`);
  expect(performance.now() - started).toBeLessThan(1000);
  sink.flush();
  expect(sink.dropped).toBeGreaterThan(0);
  let text = "";
  for (let quiet = 0; quiet < 5;) {
    const more = drain(reader);
    quiet = more === "" ? quiet + 1 : 0;
    text += more;
    await Bun.sleep(15);
  }
  const lines = text.split("\n").slice(0, -1);
  expect(lines.every((l) => /^\d+ x{90}$/.test(l))).toBe(true);
  const numbers = lines.map((l) => parseInt(l));
  expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
  expect(lines.length + sink.dropped).toBe(total);
  sink.write("later");
  sink.flush();
  expect(drain(reader)).toBe("later\n");
  closeSync(reader);
  closeSync(writer);
});

test("a reader that goes away costs its lines only, and one that comes back gets the next", () => {
  const path = join(folder(), "fifo");
  Bun.spawnSync(["mkfifo", path]);
  const first = openSync(path, "r+");
  const sink = new DescriptorSink(openSync(path, "w"));
  closeSync(first);
  sink.write("lost");
  sink.flush();
  expect(sink.dropped).toBe(1);
  const again = openSync(path, "r+");
  sink.write("found");
  sink.flush();
  setNonBlocking(again, true);
  expect(drain(again)).toBe("found\n");
  closeSync(again);
});

test("a line longer than an atomic write, and than the whole buffer", async () => {
  const { reader, writer } = newPipe();
  const sink = new DescriptorSink(writer);
  sink.write("a");
  sink.write("y".repeat(10_000));
  sink.write("b");
  sink.write("z".repeat(300_000));
  sink.flush();
  expect(drain(reader)).toBe(`a\n${"y".repeat(10_000)}\nb\n`);
  expect(sink.dropped).toBe(1);
  closeSync(reader);
  closeSync(writer);
});

test("two processes on one stdout do not cut each other's lines, and lose none at exit", async () => {
  const file = join(import.meta.dir, "descriptor.ts");
  const code = (name: string): string =>
    `import { DescriptorSink } from ${JSON.stringify(file)}; const s = new DescriptorSink(1);
     for (let i = 0; i < 400; i++) { s.write("${name} " + i + " " + "${name}".repeat(60 + i % 90)); if (i % 10 === 0) await 0; }
     s.write("end ${name}"); process.exit(0);`;
  const script = `${process.execPath} -e '${code("p")}' & ${process.execPath} -e '${code("q")}' & wait`;
  const run = Bun.spawn(["sh", "-c", script], { stdout: "pipe" });
  const lines = (await new Response(run.stdout).text()).split("\n").slice(0, -1);
  expect(lines.filter((l) => !/^(p \d+ p+|q \d+ q+|end [pq])$/.test(l))).toEqual([]);
  expect(lines.length).toBe(802);
});

test("unix datagrams: nobody there, there, full, gone and back", () => {
  const path = join(folder(), "log");
  const sink = new DatagramSink(unixSockAddr(path)!);
  sink.write("early");
  expect(sink.dropped).toBe(1);

  const first = receiver(path);
  sink.write("one \xe9");
  expect(sink.dropped).toBe(1);
  setNonBlocking(first.fd, true);
  expect(drain(first.fd)).toBe("one \xe9\n");

  const started = performance.now();
  for (let i = 0; i < 5000; i++) sink.write("fill".repeat(50));
  expect(performance.now() - started).toBeLessThan(1000);
  expect(sink.dropped).toBeGreaterThan(1);

  close(first.fd);
  const before = sink.dropped;
  sink.write("gone");
  expect(sink.dropped).toBe(before + 1);
  unlink(path);
  const second = receiver(path);
  sink.write("back");
  expect(drain(second.fd)).toBe("back\n");
  expect(sink.dropped).toBe(before + 1);
  close(second.fd);
});

test("UDP over IPv4 and IPv6; a dead port harms nothing", async () => {
  for (const [family, host] of [
    [4, "127.0.0.1"],
    [6, "::1"],
  ] as const) {
    const got: string[] = [];
    const server = await Bun.udpSocket({
      hostname: host,
      socket: { data: (_, b) => void got.push(b.toString("latin1")) },
    });
    const sink = new DatagramSink(ipSockAddr(family, host, server.port)!);
    for (let i = 0; i < 3; i++) sink.write(`n${i}`);
    for (let i = 0; i < 50 && got.length < 3; i++) await Bun.sleep(2);
    server.close();
    for (let i = 0; i < 3; i++) sink.write("dead");
    expect(got).toEqual(["n0\n", "n1\n", "n2\n"]);
  }
});

test("one sink for each place", () => {
  expect(openSink({ kind: "stdout" })).toBe(openSink({ kind: "fd", fd: 1 }));
  expect(openSink({ kind: "udp", ip: "127.0.0.1", port: 9 })).not.toBe(
    openSink({ kind: "udp", ip: "127.0.0.1", port: 10 }),
  );
  expect(() => openSink({ kind: "udp", ip: "nonsense", port: 9 })).toThrow("no valid address");
});

test("UDP on this machine: lines that nobody reads cost the later ones nothing", async () => {
  const fd = socket(ipSockAddr(4, "127.0.0.1", 0)!.family, SOCK_DGRAM);
  expect(bind(fd, ipSockAddr(4, "127.0.0.1", 0)!)).toBe(0);
  const { port } = getsockname(fd) as { port: number };
  const to = ipSockAddr(4, "127.0.0.1", port)!;
  close(fd);
  const sink = new DatagramSink(to);
  for (let i = 0; i < 5; i++) sink.write(`lost ${i}`);
  await Bun.sleep(5);
  const reader = socket(to.family, SOCK_DGRAM);
  cleanups.push(() => close(reader));
  expect(bind(reader, to)).toBe(0);
  for (let i = 0; i < 3; i++) sink.write(`line ${i}`);
  await Bun.sleep(5);
  expect([drain(reader), drain(reader), drain(reader), drain(reader)]).toEqual([
    "line 0\n",
    "line 1\n",
    "line 2\n",
    "",
  ]);
  expect(sink.dropped).toBe(0);
});
