import { afterEach, expect, test } from "bun:test";
import { childEnvironment, steersRuntime } from "./environment.ts";

const set: string[] = [];
const put = (name: string, value: string): void => {
  set.push(name);
  process.env[name] = value;
};

afterEach(() => {
  for (const name of set.splice(0)) delete process.env[name];
});

test("children get the environment without what steers the runtime", () => {
  put("BUN_OPTIONS", "--smol");
  put("BUN_BE_BUN", "1");
  put("NODE_TLS_REJECT_UNAUTHORIZED", "0");
  put("NODE_NAME", "rack7");
  put("MIMALLOC_PURGE_DELAY", "7");
  const env = childEnvironment({ MARK: "x" });
  for (const name of Object.keys(env)) expect(steersRuntime(name)).toBe(false);
  expect(env.NODE_NAME).toBe("rack7");
  expect(env.MIMALLOC_PURGE_DELAY).toBe("7");
  expect(env.MARK).toBe("x");
  expect(env.PATH).toBe(process.env.PATH!);
});

/** Names the runtime looks up, as its binary tells; a newer one may know more. */
test("every variable of the runtime that loads code, opens a debugger or changes whom TLS trusts is known", () => {
  const binary = Bun.file(process.execPath);
  const found = new Set<string>();
  const grep = Bun.spawnSync(["grep", "-aoE", "(BUN|NODE|JSC)_[A-Z][A-Z0-9_]+", binary.name!]);
  for (const name of grep.stdout.toString("latin1").split("\n")) found.add(name);
  expect(found.size).toBeGreaterThan(100);
  const dangerous = /_(OPTIONS|INSPECT|PRELOAD|PATH|CA|CA_CERTS|UNAUTHORIZED|COVERAGE|COMPILE_CACHE|CHANNEL_FD|PROXY)$/;
  for (const name of found) {
    // The package installer's, which this program does not hold, and names cut out of longer texts.
    if (!dangerous.test(name) || name.length > 48) continue;
    expect(`${name} ${steersRuntime(name)}`).toBe(`${name} true`);
  }
});
