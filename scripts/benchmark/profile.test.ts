import { expect, test } from "bun:test";
import { JitNames } from "./jitdump.ts";
import { callTable, parseCalls } from "./syscalls.ts";

function record(time: number, start: number, size: number, name: string): Buffer {
  const text = Buffer.from(`${name}\0code`, "latin1");
  const head = Buffer.alloc(56);
  head.writeUInt32LE(56 + text.length, 4);
  head.writeBigUInt64LE(BigInt(time), 8);
  head.writeBigUInt64LE(BigInt(start), 32);
  head.writeBigUInt64LE(BigInt(size), 40);
  return Buffer.concat([head, text]);
}

test("a compiled function is found by address and time", () => {
  const head = Buffer.alloc(40);
  head.writeUInt32LE(0x4a695444, 0);
  head.writeUInt32LE(40, 8);
  const names = new JitNames(
    Buffer.concat([head, record(10, 0x1000, 0x100, "first"), record(20, 0x1080, 0x10, "second")]),
  );
  expect(names.at(0x1080, 15)).toBe("first");
  expect(names.at(0x1080, 25)).toBe("second");
  expect(names.at(0x1090, 25)).toBe("first");
  expect(names.at(0x1100, 25)).toBeUndefined();
  expect(names.at(0x1000, 5)).toBeUndefined();
  expect(() => new JitNames(Buffer.alloc(40))).toThrow("jitdump");
});

test("strace's summary becomes calls per request", () => {
  const calls = parseCalls(`% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 60.00    0.600000           6       200        12 recvfrom
 40.00    0.400000           4       100           sendto
------ ----------- ----------- --------- --------- ----------------
100.00    1.000000           5       300        12 total
`);
  expect([...calls]).toEqual([
    ["recvfrom", 200],
    ["sendto", 100],
  ]);
  expect(
    callTable(
      new Map([
        [
          "tlb",
          new Map([
            ["read", 1],
            ["rare", 0.001],
          ]),
        ],
      ]),
    ),
  ).toMatch(/read +1\.000\nothers +0\.001\nall +1\.001/);
});
