/** Every code a finding can have is stable in form, explained once, and its examples do what they say. */
import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Diagnostics } from "../../../lang/diagnostic.ts";
import { initialEnvironment } from "../../../lang/environment.ts";
import { readText } from "../../../lang/reader.ts";
import { isSectionKeyword } from "../../../lang/sections.ts";
import { cases } from "../../oracle.cases.ts";
import { parseConfig } from "../../parse.ts";
import { testEnv } from "../../testing.helper.ts";
import { applyIgnores } from "../lint/ignore.ts";
import { codes } from "./index.ts";

const src = join(import.meta.dir, "..", "..", "..");

/** Words of the form a/b in the source that are no codes. */
const FAMILIES = "syntax|file|directive|condition|config|expr|acl|rule|logformat|fmt|lint|tls";

function codesInSource(): Map<string, string> {
  const found = new Map<string, string>();
  for (const path of readdirSync(src, { recursive: true, encoding: "utf8" })) {
    if (!path.endsWith(".ts") || path.endsWith(".test.ts") || path.includes("tools/codes/")) continue;
    const text = readFileSync(join(src, path), "utf8");
    for (const [, code] of text.matchAll(new RegExp(`"((?:${FAMILIES})/[a-z0-9-]+)"`, "g"))) found.set(code!, path);
  }
  return found;
}

const used = codesInSource();

test("every code has an explanation (add a row to src/config/tools/codes, in the file of its family)", () => {
  expect(used.size).toBeGreaterThan(100);
  expect([...used].filter(([code]) => !codes.has(code)).map(([code, path]) => `${code} in ${path}`)).toEqual([]);
});

test("nothing is explained that is never said", () => {
  expect([...codes.keys()].filter((code) => !used.has(code))).toEqual([]);
});

test("codes passed to diagnostics have the form family/name, of a known family", () => {
  const form = new RegExp(`^(?:${FAMILIES})/[a-z][a-z0-9-]*$`);
  const wrong: string[] = [];
  for (const path of readdirSync(src, { recursive: true, encoding: "utf8" })) {
    if (!path.endsWith(".ts") || path.endsWith(".test.ts")) continue;
    const text = readFileSync(join(src, path), "utf8");
    for (const [, code] of text.matchAll(/\b(?:diagnostics|args|found)\.(?:error|warn)\(\s*"([^"]+)"/g)) {
      if (!form.test(code!)) wrong.push(`${code} in ${path}`);
    }
  }
  expect(wrong).toEqual([]);
  for (const code of codes.keys()) expect(code).toMatch(form);
});

test("every row can be shown", () => {
  for (const { title, explanation, bad, good } of codes.values()) {
    expect(title).toMatch(/[^.]$/);
    expect(explanation).toMatch(/^.*[.]$/s);
    if (good !== undefined) expect(bad).toBeDefined();
  }
});

const defaults = `defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
`;

/** The codes of everything that is said about an example. */
function findingsOf(example: string): string[] {
  const text = example.endsWith("\n") ? example : `${example}\n`;
  const first = /^[^\s#]*/.exec(text)![0];
  const lines = text.replace(/^/gm, "    ").trimEnd();
  const whole =
    isSectionKeyword(first) || first.startsWith(".") || example.startsWith("mode http\nlisten")
      ? text
      : `listen example\n    bind :80\n${lines}\n    server s1 192.0.2.1:80 check\n`;
  const diagnostics = new Diagnostics();
  const variables = initialEnvironment({ HOME: "/root" }, { localPeer: "" });
  const before = example.startsWith("mode http\nlisten") ? "" : defaults;
  const reader = readText(before + whole, "example.cfg", { env: variables }, diagnostics);
  // Names and files of the machine are those of the tests.
  const env = { ...testEnv({ "/dev/null": "" }), groupId: (name: string) => (name === "root" ? 0 : null), variables };
  parseConfig(reader, env, diagnostics, { lint: true });
  const left = applyIgnores(reader.sources, diagnostics.list, { codes: new Set(codes.keys()), judge: true });
  return left.map(({ code }) => code);
}

for (const { code, bad, good } of codes.values()) {
  if (bad === undefined) continue;
  test(`${code}: the bad example is reported, the good one is not`, () => {
    expect(findingsOf(bad)).toContain(code);
    if (good !== undefined) expect(findingsOf(good)).not.toContain(code);
  });
}

test("every finding of the cases compared with HAProxy has a known code", () => {
  const unknown = new Set<string>();
  let seen = 0;
  for (const one of cases) {
    const diagnostics = new Diagnostics();
    const reader = readText(one.text, "t.cfg", { env: {} }, diagnostics);
    parseConfig(reader, testEnv(), diagnostics, { lint: true });
    for (const { code } of diagnostics.list) {
      seen++;
      if (!codes.has(code)) unknown.add(code);
    }
  }
  expect(seen).toBeGreaterThan(50);
  expect([...unknown]).toEqual([]);
});
