/** The same done to a table of HAProxy, through its runtime socket, and to one of ours: which keys there are, and what they hold. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseText } from "../config/testing.helper.ts";
import { parseIp } from "../util/ip.ts";
import type { KeyValue } from "./key.ts";
import type { Table } from "./table.ts";
import { Tables } from "./tables.ts";

const haproxy = Bun.which("haproxy", { PATH: `${process.env["PATH"] ?? ""}:/usr/sbin` });
if (haproxy === null) console.log("src/table/haproxy.test.ts: skipped, there is no haproxy on this machine");

const folder = mkdtempSync(join(tmpdir(), "tlb-table-"));
const socket = join(folder, "socket");
let child: ReturnType<typeof Bun.spawn> | null = null;
const FULL = "Unable to allocate a new entry";
const tables: Readonly<Record<string, string>> = {
  four: "type integer size 4",
  forty: "type integer size 40",
  large: "type integer size 512",
  stays: "type integer size 4 nopurge",
  short: "type integer size 100 expire 1s",
  word: "type string size 100",
  five: "type string len 5 size 100",
  six: "type ipv6 size 100",
  v4: "type ip size 100",
  data: "type integer size 100 store gpc0,gpt0,server_id,conn_cnt,conn_cur,bytes_in_cnt,http_req_rate(2s),conn_rate(700),gpc1",
};
const config = Object.entries(tables)
  .map(([name, line]) => `backend ${name}\n stick-table ${line}\n`)
  .join("");
const ours = new Tables(parseText(config).model!);
ours.attachLocal();

beforeAll(async () => {
  if (haproxy === null) return;
  const file = join(folder, "t.cfg");
  const timeouts = "defaults\n timeout client 1s\n timeout server 1s\n timeout connect 1s\n";
  writeFileSync(file, `global\n stats socket ${socket} level admin\n${timeouts}${config}`);
  child = Bun.spawn([haproxy, "-db", "-f", file], { stdio: ["ignore", "ignore", "ignore"] });
  for (let i = 0; i < 200 && !existsSync(socket); i++) await Bun.sleep(20);
});
afterAll(async () => {
  child?.kill("SIGKILL");
  await child?.exited;
  rmSync(folder, { recursive: true, force: true });
});

async function ask(command: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let text = "";
  await Bun.connect({
    unix: socket,
    socket: {
      open: (connection) => void connection.write(`${command}\n`),
      data: (_, chunk) => void (text += chunk.toString("latin1")),
      close: () => resolve(),
      error: (_, error) => reject(error),
    },
  });
  await promise;
  return text;
}

/** Keys of a table of HAProxy's in order, and how many entries it counts. */
async function theirKeys(name: string): Promise<{ used: number; keys: string[] }> {
  const text = await ask(`show table ${name}`);
  return {
    used: Number(/used:(\d+)/.exec(text)![1]),
    keys: [...text.matchAll(/key=(\S*)/g)].map((match) => match[1]!).sort(),
  };
}

function ourKeys(table: Table): { used: number; keys: string[] } {
  const now = Date.now();
  table.sweep(now, 100_000);
  const keys: string[] = [];
  for (let entry = table.next(0, now); entry >= 0; entry = table.next(entry + 1, now)) {
    keys.push(String(table.keyOf(entry)));
  }
  return { used: table.used, keys: keys.sort() };
}

/** What `set table` does: the entry is made if need be, and refreshed. */
function touch(table: Table, key: KeyValue): number {
  const now = Date.now();
  const entry = table.obtain(key, now);
  if (entry >= 0) table.touch(entry, now);
  return entry;
}

function random(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 0x100000000) * n);
  };
}

describe.skipIf(haproxy === null)("like HAProxy", () => {
  test.each([
    ["four", 4],
    ["forty", 40],
    ["stays", 4],
  ])("the same entries make room: table %s", async (name, size) => {
    const next = random(size);
    const table = ours.get(name)!;
    for (let step = 0; step < 5 * size + 40; step++) {
      const key = next(size * 2) + 1;
      if (next(8) === 0) {
        await ask(`clear table ${name} key ${key}`);
        const entry = table.lookup(key, Date.now());
        if (entry >= 0) table.remove(entry);
      } else {
        let answer = await ask(`set table ${name} key ${key}`);
        // It gives up after two entries that were refreshed since they were queued, which are queued anew then. Here room is found.
        for (let i = 0; i < size && name !== "stays" && answer.includes(FULL); i++) {
          answer = await ask(`set table ${name} key ${key}`);
        }
        expect(touch(table, key) < 0).toBe(answer.includes(FULL));
      }
      // So that the order is certain.
      await Bun.sleep(2);
      if (step % 10 === 0) expect(ourKeys(table)).toEqual(await theirKeys(name));
    }
    expect(ourKeys(table)).toEqual(await theirKeys(name));
  });

  test("a large table makes more room at a time", async () => {
    const table = ours.get("large")!;
    const steps = Array.from({ length: 530 }, (_, i) => i + 1);
    for (const key of steps) {
      await ask(`set table large key ${key}`);
      touch(table, key);
      if (key > 511 && key < 520) expect([key, ourKeys(table).used]).toEqual([key, (await theirKeys("large")).used]);
    }
    expect(ourKeys(table)).toEqual(await theirKeys("large"));
  });

  test("entries end when they were not refreshed for long enough", async () => {
    const table = ours.get("short")!;
    for (const key of [1, 2, 3, 4]) {
      await ask(`set table short key ${key}`);
      touch(table, key);
    }
    await Bun.sleep(500);
    await ask("set table short key 2");
    touch(table, 2);
    // Looking at it does not refresh it.
    await ask("show table short key 3");
    table.lookup(3, Date.now());
    expect(ourKeys(table)).toEqual({ used: 4, keys: ["1", "2", "3", "4"] });
    await Bun.sleep(750);
    expect(ourKeys(table)).toEqual({ used: 1, keys: ["2"] });
    expect(await theirKeys("short")).toEqual({ used: 1, keys: ["2"] });
    await Bun.sleep(600);
    expect(ourKeys(table)).toEqual(await theirKeys("short"));
  });

  test("keys are cut to the same length", async () => {
    for (const name of ["word", "five"]) {
      for (const length of [1, 4, 5, 6, 30, 31, 32, 33, 60]) {
        const key = "abcdefghijklmnopqrstuvwxyz0123456789".repeat(2).slice(0, length);
        await ask(`set table ${name} key ${key}`);
        touch(ours.get(name)!, key);
      }
      expect(ourKeys(ours.get(name)!)).toEqual(await theirKeys(name));
    }
    for (const key of ["2001:db8::1", "::ffff:192.0.2.1", "::"]) {
      await ask(`set table six key ${key}`);
      touch(ours.get("six")!, parseIp(key)!);
    }
    await ask("set table v4 key 192.0.2.255");
    touch(ours.get("v4")!, parseIp("192.0.2.255")!);
    for (const name of ["six", "v4"]) {
      const theirs = await theirKeys(name);
      const keys = theirs.keys.map((key) => String(parseIp(key)));
      expect(ourKeys(ours.get(name)!)).toEqual({ ...theirs, keys: keys.sort() });
    }
  });

  test("data are shown in the same order, with the same values", async () => {
    const table = ours.get("data")!;
    const values: Readonly<Record<string, number>> = {
      gpc0: 5_000_000_000,
      gpc1: -1,
      gpt0: 7,
      server_id: -5,
      conn_cnt: 4_294_967_295,
      bytes_in_cnt: 5_000_000_000,
    };
    const entry = touch(table, 1);
    for (const [name, value] of Object.entries(values)) {
      await ask(`set table data key 1 data.${name} ${value}`);
      table.set(entry, table.field(name)!, value, Date.now());
    }
    const shown = (await ask("show table data key 1")).match(/\S+=\S+/g)!.slice(3);
    const now = Date.now();
    expect(
      table.fields.map((field) => {
        const period = field.period > 0 ? `(${field.period})` : "";
        return `${field.name}${period}=${table.read(entry, field, now)}`;
      }),
    ).toEqual(shown);
  });

  test("rates fade alike", async () => {
    const table = ours.get("data")!;
    const entry = touch(table, 2);
    const from = Date.now();
    for (const name of ["http_req_rate", "conn_rate"]) {
      await ask(`set table data key 2 data.${name} 10000`);
      table.set(entry, table.field(name)!, 10_000, Date.now());
    }
    // Both clocks stand somewhere in between, and were set that far apart at most.
    const apart = Date.now() - from + 5;
    for (const wait of [100, 300, 300, 400]) {
      await Bun.sleep(wait);
      const before = Date.now();
      const text = await ask("show table data key 2");
      const after = Date.now();
      for (const name of ["http_req_rate", "conn_rate"]) {
        const field = table.field(name)!;
        const theirs = Number(new RegExp(`${name}\\(\\d+\\)=(\\d+)`).exec(text)![1]);
        expect(theirs).toBeLessThanOrEqual(table.read(entry, field, before - apart));
        expect(theirs).toBeGreaterThanOrEqual(table.read(entry, field, after + apart));
      }
    }
  });
});
