import { expect, test } from "bun:test";
import { FakeContext, model } from "../../fake.helper.ts";
import { Input } from "../input.ts";
import { execute } from "../execute.ts";
import { objectFiles } from "./process-files.ts";

test("object files: those with code, from their first mapping to the last", () => {
  const maps = `
55927d8b4000-55927d8c0000 r--p 00000000 fe:00 260386                     /usr/bin/tlb
55927d8c0000-55927dc00000 r-xp 0000c000 fe:00 260386                     /usr/bin/tlb
55927dc00000-55927dc69000 rw-p 00000000 00:00 0                          [heap]
7f9bb0384000-7f9bb0566000 r-xp 00000000 fe:00 1234                       /lib/with blank.so
7f9bb0600000-7f9bb0601000 r--p 00000000 fe:00 77                         /usr/share/locale/x.mo
7f9bb0700000-7f9bb0701000 rw-p 00000000 00:00 0
`;
  expect(objectFiles(maps)).toEqual([
    "0x55927d8b4000-0x55927dbfffff (0x034c000) /usr/bin/tlb",
    "0x7f9bb0384000-0x7f9bb0565fff (0x01e2000) /lib/with blank.so",
  ]);
});

test("this process has its own program among them", async () => {
  const input = new Input();
  input.push("show libs\n");
  const ctx = new FakeContext(model([]));
  const session = { level: "operator", prompt: false, timeoutMs: 0, severity: "none", closing: false } as const;
  expect(await execute(ctx, { ...session }, input.next()!)).toContain(` ${process.execPath}\n`);
});
