import { expect, test } from "bun:test";

/** The zone of a process is read once, so each zone gets a process. */
function inZone(zone: string, expression: string): string {
  const code = `import * as d from ${JSON.stringify(import.meta.dir + "/date.ts")}; console.log(${expression})`;
  const run = Bun.spawnSync([process.execPath, "-e", code], { env: { ...process.env, TZ: zone } });
  return run.stdout.toString().trim();
}

const T = Date.UTC(2026, 6, 1, 22, 30, 0, 7);

test("zones, half hours and the day's padding", () => {
  expect(inZone("UTC", `d.logDate(${T})`)).toBe("01/Jul/2026:22:30:00.007");
  expect(inZone("Europe/Paris", `d.logDate(${T})`)).toBe("02/Jul/2026:00:30:00.007");
  expect(inZone("Asia/Kolkata", `d.localDate(${T})`)).toBe("02/Jul/2026:04:00:00 +0530");
  expect(inZone("America/St_Johns", `d.isoDate(${T})`)).toBe("2026-07-01T20:00:00.007000-02:30");
  expect(inZone("Asia/Kolkata", `d.utcDate(${T})`)).toBe("01/Jul/2026:22:30:00 +0000");
  expect(inZone("UTC", `d.syslogDate(${T / 1000 - 0.007})`)).toBe("Jul  1 22:30:00");
});

test("a second that shares its place with another is not mixed up", async () => {
  const { utcDate } = await import("./date.ts");
  const seconds = [0, 16, 0, 32, 16, 5, 21];
  for (const s of seconds) {
    expect(utcDate(s * 1000)).toBe(`01/Jan/1970:00:00:${String(s).padStart(2, "0")} +0000`);
  }
});
