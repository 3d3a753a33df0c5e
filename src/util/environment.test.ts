import { expect, test } from "bun:test";
import { childEnvironment } from "./environment.ts";

test("children get the environment without what steers the runtime", () => {
  process.env.BUN_OPTIONS = "--smol";
  process.env.BUN_BE_BUN = "1";
  try {
    const env = childEnvironment({ MARK: "x" });
    expect(env.BUN_OPTIONS).toBeUndefined();
    expect(env.BUN_BE_BUN).toBeUndefined();
    expect(env.MARK).toBe("x");
    expect(env.PATH).toBe(process.env.PATH!);
  } finally {
    delete process.env.BUN_OPTIONS;
    delete process.env.BUN_BE_BUN;
  }
});
