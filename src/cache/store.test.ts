import { expect, test } from "bun:test";
import { createSegment } from "../counters/segment.ts";
import { close } from "../ffi/file.ts";
import { mapShared } from "../ffi/memory.ts";
import { CacheMemory, H, layoutOf, R, ROW } from "./layout.ts";
import { AGE_ROOM, COPY_BYTES } from "./hit.ts";
import type { CacheSettings } from "./reader.ts";
import { CacheStore } from "./store.ts";
import type { CacheWriter } from "./writer.ts";

const NOW = 1000;
const NO_KEYS = new Int32Array(2);
const settings: CacheSettings = {
  name: "c",
  totalMaxSize: 1,
  maxObjectSize: 512 * 1024,
  maxAge: 60,
  processVary: true,
  maxSecondaryEntries: 3,
};

function local(): { store: CacheStore; other: CacheStore; memory: CacheMemory } {
  const bytes = new Uint8Array(layoutOf(1, 2).size);
  const memory = new CacheMemory(1, 2, (offset, size) => bytes.subarray(offset, offset + size));
  return { store: new CacheStore(settings, memory, 0), other: new CacheStore(settings, memory, 1), memory };
}

function hashOf(n: number): Int32Array {
  return Int32Array.of(Math.imul(n, 0x9e3779b1), n, ~n, n * 7, n * 13);
}

function filled(length: number, n: number): Buffer {
  return Buffer.alloc(length, `${n}:`, "latin1");
}

function begin(store: CacheStore, n: number, length: number, signature = 0, keys = NO_KEYS): CacheWriter | null {
  const writer = store.begin(hashOf(n), signature, keys, length, NOW);
  if (writer === null) return null;
  writer.set(R.expire, NOW + 60);
  writer.set(R.headLength, 10);
  return writer;
}

/** An object with a head of 10 bytes and `length` bytes in all. */
function put(store: CacheStore, n: number, length: number, known = true): boolean {
  const writer = begin(store, n, known ? length : -1);
  if (writer === null) return false;
  const bytes = filled(length, n);
  for (let at = 0; at < length; at += 700) {
    if (!writer.append(bytes, at, Math.min(length, at + 700), 0)) return false;
  }
  writer.set(R.bodyLength, length - 10);
  writer.publish();
  return true;
}

/** The bytes of an object, "" when there is none. */
function read(store: CacheStore, n: number): string {
  const block = store.first(hashOf(n));
  const hit = block < 0 ? null : store.open(block);
  if (hit === null) return "";
  let text = hit.buf.toString("latin1", 0, hit.headLength);
  if (!hit.pinned) return text + hit.buf.toString("latin1", hit.headLength + AGE_ROOM);
  for (let sent = 0; sent < hit.bodyLength;) {
    const area = store.slice(hit.block, hit.headLength + sent, hit.bodyLength - sent)!;
    text += area.toString("latin1", store.sliceFrom, store.sliceTo);
    sent += store.sliceTo - store.sliceFrom;
  }
  store.unpin(hit);
  return text;
}

/** The extents tile the ring, and every object's pieces belong to it. */
function intact({ rows, blocks }: CacheMemory): boolean {
  let at = 0;
  while (at < blocks) {
    const length = rows[at * ROW + R.length]!;
    if (length <= 0) return false;
    at += length;
  }
  return at === blocks;
}

for (const length of [11, 1024, 1025, 5000, COPY_BYTES + 10, COPY_BYTES + 11, 300_000]) {
  for (const known of [true, false]) {
    test(`${length} bytes come back from another worker, length ${known ? "known" : "not known"}`, () => {
      const { store, other, memory } = local();
      expect(put(store, 1, length, known)).toBe(true);
      expect(read(other, 1)).toBe(filled(length, 1).toString("latin1"));
      expect(read(other, 2)).toBe("");
      for (let i = 0; i < memory.blocks; i++) expect(other.pinsOf(i)).toBe(0);
      expect(intact(memory)).toBe(true);
    });
  }
}

test("what is not complete is not found, nor written twice, nor left behind", () => {
  const { store, other, memory } = local();
  const writer = begin(store, 1, 100)!;
  writer.append(filled(50, 1), 0, 50, 0);
  expect(read(other, 1)).toBe("");
  expect(begin(other, 1, 100)).toBeNull();
  writer.abandon();
  expect(store.first(hashOf(1))).toBe(-1);
  expect(put(other, 1, 100)).toBe(true);
  expect(intact(memory)).toBe(true);
});

test("too large: before it is begun, and while it is written", () => {
  const { store } = local();
  expect(begin(store, 1, settings.maxObjectSize + 1)).toBeNull();
  expect(put(store, 1, settings.maxObjectSize + 1, false)).toBe(false);
  expect(store.first(hashOf(1))).toBe(-1);
});

test("the oldest objects make room, but not those that were served meanwhile", () => {
  const { store, memory } = local();
  for (let n = 1; n <= 10; n++) expect(put(store, n, 100_000)).toBe(true);
  expect(read(store, 1).length).toBe(100_000);
  expect(put(store, 11, 100_000)).toBe(true);
  expect(read(store, 1).length).toBe(100_000);
  expect(read(store, 2)).toBe("");
  expect(read(store, 3).length).toBe(100_000);
  for (let n = 12; n < 400; n++) {
    expect(put(store, n, 500 + ((n * 7919) % 90_000), n % 3 > 0)).toBe(true);
    expect(intact(memory)).toBe(true);
    expect(read(store, n)).toBe(filled(500 + ((n * 7919) % 90_000), n).toString("latin1"));
  }
});

test("an object that is being sent keeps its memory, though it is replaced", () => {
  const { store, other } = local();
  put(store, 1, 200_000);
  const hit = other.open(other.first(hashOf(1)))!;
  expect(hit.pinned).toBe(true);
  expect(store.pinsOf(hit.block)).toBe(1);
  expect(put(store, 1, 150_000)).toBe(true);
  for (let n = 2; n < 40; n++) put(store, n, 70_000);
  const area = other.slice(hit.block, 10, 1000)!;
  expect(area.toString("latin1", other.sliceFrom, other.sliceTo)).toBe(filled(200_000, 1).toString("latin1", 10, 1010));
  other.unpin(hit);
  expect(store.pinsOf(hit.block)).toBe(0);
  for (let n = 40; n < 80; n++) expect(put(store, n, 70_000)).toBe(true);
});

test("past its time it is gone", () => {
  const { store } = local();
  put(store, 1, 100);
  const block = store.first(hashOf(1));
  expect(store.expired(block, NOW + 59)).toBe(false);
  expect(store.expired(block, NOW + 60)).toBe(true);
  expect(store.first(hashOf(1))).toBe(-1);
});

test("variants: each is found by its key, and there are no more than the section allows", () => {
  const { store } = local();
  const keys = (referer: number) => Int32Array.of(256, referer);
  for (let n = 1; n <= 3; n++) {
    const writer = begin(store, 1, 100, 2, keys(n))!;
    writer.append(filled(100, n), 0, 100, 0);
    writer.set(R.bodyLength, 90);
    writer.publish();
  }
  expect(begin(store, 1, 100, 2, keys(4))).toBeNull();
  const first = store.first(hashOf(1));
  for (let n = 1; n <= 3; n++) {
    const hit = store.open(store.secondary(first, hashOf(1), keys(n)))!;
    expect(hit.buf.toString("latin1", 0, 10)).toBe(filled(10, n).toString("latin1"));
  }
  expect(store.secondary(first, hashOf(1), keys(4))).toBe(-1);
});

test("an object that changed while it was read is not used", () => {
  const { store, memory } = local();
  put(store, 1, 100);
  const block = store.first(hashOf(1));
  store.discard(hashOf(1));
  expect(store.open(block)).toBeNull();
  put(store, 2, 100);
  memory.rows[store.first(hashOf(2)) * ROW + R.seq]! |= 1;
  expect(store.open(store.first(hashOf(2)))).toBeNull();
});

/** The number of a process that is no more. */
async function deadPid(): Promise<number> {
  const child = Bun.spawn(["true"]);
  await child.exited;
  return child.pid;
}

test("a lock whose holder died is recovered, with an empty cache", async () => {
  const { store, memory } = local();
  put(store, 1, 100);
  memory.header[H.lock] = await deadPid();
  memory.rows[5 * ROW + R.length] = -7;
  memory.rows[0 * ROW + R.length] = 3;
  expect(put(store, 2, 100)).toBe(true);
  expect(read(store, 1)).toBe("");
  expect(read(store, 2).length).toBe(100);
  expect(intact(memory)).toBe(true);
});

test("a lock whose holder lives is waited for, not for long", () => {
  const { store, memory } = local();
  memory.header[H.lock] = process.ppid;
  const start = performance.now();
  expect(put(store, 1, 100)).toBe(false);
  expect(performance.now() - start).toBeLessThan(500);
  memory.header[H.lock] = 0;
  expect(put(store, 1, 100)).toBe(true);
});

test("what a dead process was writing makes room, and what it was sending too", async () => {
  const { store, other, memory } = local();
  const pid = await deadPid();
  const half = begin(store, 1, 400_000)!;
  memory.rows[half.block * ROW + R.writer] = pid;
  put(other, 2, 400_000);
  other.open(other.first(hashOf(2)));
  memory.pins[memory.pinRow(1)] = pid;
  for (let n = 3; n < 9; n++) expect(put(store, n, 300_000)).toBe(true);
  expect(store.first(hashOf(1))).toBe(-1);
  expect(store.first(hashOf(2))).toBe(-1);
  expect(put(store, 1, 100)).toBe(true);
});

test("a worker that takes the place of another has no pins", () => {
  const { other, memory } = local();
  put(other, 1, 200_000);
  const { block } = other.open(other.first(hashOf(1)))!;
  const next = new CacheStore(settings, memory, 1);
  expect(next.pinsOf(block)).toBe(0);
});

const STRESS = `
import { CacheMemory, R } from "${import.meta.dir}/layout.ts";
import { CacheStore } from "${import.meta.dir}/store.ts";
const [file, worker] = process.argv.slice(-2);
const memory = new CacheMemory(1, 4, (offset, size) => Bun.mmap(file, { shared: true, offset, size }));
const store = new CacheStore({ name: "c", totalMaxSize: 1, maxObjectSize: 524288, maxAge: 60, processVary: false, maxSecondaryEntries: 3 }, memory, Number(worker));
const keys = new Int32Array(2);
let seed = Number(worker) * 7919 + 1;
const random = (n) => (seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff) % n;
let bad = 0, hits = 0;
const end = Date.now() + Number(process.env.RUN_MS);
while (Date.now() < end) {
  const n = random(40);
  const hash = Int32Array.of(Math.imul(n, 0x9e3779b1), n, 1, 2, 3);
  const first = store.first(hash);
  const hit = first < 0 ? null : store.open(first);
  if (hit !== null) {
    hits++;
    const byte = hit.buf[0];
    const check = (b, from, to) => { for (let i = from; i < to; i++) if (b[i] !== byte) { bad++; return; } };
    if (byte !== n + 33) bad++;
    check(hit.buf, 0, hit.headLength);
    if (!hit.pinned) check(hit.buf, hit.headLength + 24, hit.buf.length);
    else for (let sent = 0; sent < hit.bodyLength && store.holds(hit); ) {
      const area = store.slice(hit.block, hit.headLength + sent, hit.bodyLength - sent);
      if (area === null) { bad++; break; }
      if (store.holds(hit)) check(area, store.sliceFrom, store.sliceTo);
      sent += store.sliceTo - store.sliceFrom;
    }
    store.unpin(hit);
    if (random(4) > 0) continue;
  }
  const length = 20 + random(random(10) === 0 ? 200000 : 4000);
  const writer = store.begin(hash, 0, keys, random(2) === 0 ? length : -1, 1000);
  if (writer === null) continue;
  writer.set(R.expire, 0x7fffffff);
  writer.set(R.headLength, 10);
  const bytes = Buffer.alloc(length, n + 33);
  if (!writer.append(bytes, 0, length, 0)) continue;
  writer.set(R.bodyLength, length - 10);
  if (random(20) === 0) writer.abandon(); else writer.publish();
}
console.log(JSON.stringify({ bad, hits }));
`;

test("three processes write and read at the same time while others are killed, and nobody ever reads what was not written", async () => {
  const size = layoutOf(1, 4).size;
  const segment = createSegment(size, "test");
  const file = `/proc/${process.pid}/fd/${segment.fd}`;
  new CacheMemory(1, 4, (offset, length) => mapShared(segment.fd, offset, length));
  const script = `/tmp/tlb-cache-stress-${process.pid}.mjs`;
  await Bun.write(script, STRESS);
  const start = (worker: number, ms: number): ReturnType<typeof spawn> => spawn(script, file, worker, ms);
  try {
    const steady = [0, 1, 2].map((worker) => start(worker, 2500));
    for (let i = 0; i < 8; i++) {
      const victim = start(3, 60_000);
      await Bun.sleep(150 + 37 * i);
      victim.kill("SIGKILL");
      await victim.exited;
    }
    for (const child of steady) {
      const { bad, hits } = JSON.parse(await new Response(child.stdout).text()) as { bad: number; hits: number };
      expect(bad).toBe(0);
      expect(hits).toBeGreaterThan(100);
    }
    const memory = new CacheMemory(1, 4, (offset, length) => mapShared(segment.fd, offset, length));
    const store = new CacheStore(settings, memory, 0);
    for (let n = 100; n < 130; n++) expect(put(store, n, 90_000)).toBe(true);
    expect(intact(memory)).toBe(true);
  } finally {
    close(segment.fd);
    await Bun.file(script).delete();
  }
}, 60_000);

function spawn(script: string, file: string, worker: number, ms: number) {
  return Bun.spawn([process.execPath, script, file, String(worker)], {
    env: { ...process.env, RUN_MS: String(ms) },
    stdout: "pipe",
    stderr: "inherit",
  });
}
