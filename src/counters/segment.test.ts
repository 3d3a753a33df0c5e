import { expect, test } from "bun:test";
import { join } from "node:path";
import { close } from "../ffi/file.ts";
import { createSegment, mapSegment } from "./segment.ts";
import { C, COLUMNS } from "./columns.ts";
import { L, LIVE_WIDTH, segmentSize, Shared } from "./shared.ts";

const here = (file: string) => JSON.stringify(join(import.meta.dir, file));

test("increments by several processes add up exactly", async () => {
  const { fd, bytes } = createSegment(4096);
  const cells = new Int32Array(bytes.buffer, bytes.byteOffset, 4);
  const script = `
    import { mapSegment } from ${here("segment.ts")};
    const bytes = mapSegment(3);
    const cells = new Int32Array(bytes.buffer, bytes.byteOffset, 4);
    Atomics.add(cells, 1, 1);
    while (Atomics.load(cells, 1) < 2);
    for (let i = 0; i < 200000; i++) Atomics.add(cells, 0, 1);
  `;
  try {
    const children = [0, 1].map(() =>
      Bun.spawn([process.execPath, "-e", script], { stdio: ["ignore", "inherit", "inherit", fd] }),
    );
    expect(await Promise.all(children.map((c) => c.exited))).toEqual([0, 0]);
    expect(Atomics.load(cells, 0)).toBe(400_000);
  } finally {
    close(fd);
  }
});

test("the share of a killed process can be taken back", async () => {
  const { fd, bytes } = createSegment(segmentSize(8, 2));
  const shared = new Shared(bytes, { slots: 8, workers: 2 });
  const script = `
    import { mapSegment } from ${here("segment.ts")};
    import { Shared, L, LIVE_WIDTH } from ${here("shared.ts")};
    import { C, COLUMNS } from ${here("columns.ts")};
    const shared = new Shared(mapSegment(3));
    Atomics.add(shared.live, 5 * LIVE_WIDTH + L.live, 3);
    shared.slabs[1][5 * COLUMNS + C.ownLive] += 3;
    shared.slabs[1][5 * COLUMNS + C.bytesIn] += 1000;
    process.kill(process.pid, "SIGKILL");
  `;
  try {
    Atomics.add(shared.live, 5 * LIVE_WIDTH + L.live, 2);
    const child = Bun.spawn([process.execPath, "-e", script], { stdio: ["ignore", "inherit", "inherit", fd] });
    await child.exited;
    expect(child.signalCode).toBe("SIGKILL");
    expect(shared.live[5 * LIVE_WIDTH + L.live]).toBe(5);
    shared.forgetWorker(1);
    expect(shared.live[5 * LIVE_WIDTH + L.live]).toBe(2);
    expect(shared.slabs[1]![5 * COLUMNS + C.bytesIn]).toBe(1000);
  } finally {
    close(fd);
  }
});

test("a second mapping sees the first, and a bad descriptor throws", () => {
  const { fd, bytes } = createSegment(4096);
  bytes[17] = 42;
  expect(mapSegment(fd)[17]).toBe(42);
  close(fd);
  expect(bytes[17]).toBe(42);
  expect(() => mapSegment(99999)).toThrow();
});
