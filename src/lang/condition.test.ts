import { expect, test } from "bun:test";
import { evalCondition, parseCondition } from "./condition.ts";
import { Diagnostics } from "./diagnostic.ts";
import { readText } from "./reader.ts";

const env = { HOME: "/root", EMPTY: "" };

/** What HAProxy 2.6 does not have yet, or what depends on the build: oracle.test.ts compares the rest. */
test("predicates of later versions and of this build", () => {
  const known: [string, boolean][] = [
    ["strstr(abc,b)", true], ["strstr(abc,x)", false], ["strstr(abc,)", true],
    ["enabled(EPOLL)", true], ["enabled(KQUEUE)", false], ["fips_mode()", false], ["awslc_api_atleast(1)", false],
    ["ssllib_name_startswith(Boring)", true], ["ssllib_name_startswith(OpenSSL)", false],
    ["openssl_version_atleast(1.0.2)", true], ["openssl_version_before(3.0.0)", true],
    ["feature(EPOLL) && !feature(KQUEUE)", true], ["defined(EMPTY)", true], ["defined(constructor)", false],
    ["feature(constructor)", false], ["version_atleast(2.6) && version_before(2.7-dev0)", true],
  ]; // prettier-ignore
  for (const [text, value] of known) expect([text, parseCondition(text, env)]).toEqual([text, { ok: true, value }]);
});

test("errors say where and what was meant", () => {
  expect(parseCondition("1 && defind(HOME)", env)).toMatchObject({
    ok: false,
    offset: 5,
    hint: "did you mean 'defined'?",
  });
  expect(parseCondition("enabled(FOO)", env)).toMatchObject({ ok: false, offset: 0 });
  expect(parseCondition("toString(x)", env)).toMatchObject({ ok: false });
  expect(parseCondition(`streq("a,b)`, env)).toMatchObject({ ok: false, offset: 11 });
  expect(parseCondition("(".repeat(100_000), env)).toMatchObject({
    ok: false,
    message: "parentheses nested too deeply",
  });
  expect(parseCondition(`${"!".repeat(100_001)}1`, env)).toEqual({ ok: true, value: false });
  expect(evalCondition('streq("x', env)).toMatchObject({ ok: false, message: "unmatched quote" });
});

test("random directives and conditions never throw, and lines stay in order", () => {
  let seed = 99;
  const pieces = [
    ".if ", ".elif ", ".else", ".endif", ".notice ", ".x", "\n", "\n", "\n", "1", "0", "!", "(", ")", "&&", "||", "streq(", ",", '"', "'",
    "\\", "defined(HOME)", "$HOME", "${", " ", "#", "global", "\0", "\r", "\xff",
  ]; // prettier-ignore
  for (let round = 0; round < 5000; round++) {
    let text = "";
    for (let i = 0; i < 30; i++) {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      text += pieces[(seed >>> 8) % pieces.length]!;
    }
    const diagnostics = new Diagnostics();
    const rows = text.split("\n");
    let last = 0;
    for (const line of readText(text, "f", { env }, diagnostics)) {
      expect(line.at.line).toBeGreaterThan(last);
      last = line.at.line;
    }
    for (const { at } of diagnostics.list) {
      expect(at.column).toBeGreaterThan(0);
      expect(at.column).toBeLessThanOrEqual(rows[at.line - 1]!.length + 1);
    }
  }
});
