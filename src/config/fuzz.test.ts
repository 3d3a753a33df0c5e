/** Whatever the words are, the parser answers with a model and findings; it never throws. */
import { expect, test } from "bun:test";
import { algorithms } from "../balance/index.ts";
import { keywordTables } from "./keywords/index.ts";
import { knownGlobal, knownProxy } from "./keywords/known.ts";
import { parseText } from "./testing.helper.ts";

/** A small generator (mulberry32), so that a failure can be repeated from its seed. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

const VALUES = [
  "",
  "0",
  "1",
  "-1",
  "5s",
  "99999999999999999999",
  "1h30m",
  "16k",
  "abc",
  ":80",
  "*:80-90",
  ":90-80",
  "127.0.0.1",
  "::1:80",
  "[::1]:80",
  "unix@/tmp/x",
  "abns@x",
  "fd@3",
  "fd@x",
  "udp@1.1.1.1:514",
  "localhost:80",
  "name.invalid:80",
  ",",
  ":,:",
  "@",
  "ipv4@",
  "hdr(",
  "hdr()",
  "hdr(x)",
  "random(3)",
  "(",
  "!",
  "!!status",
  "global",
  "from",
  "b",
  "no",
  "default",
  "if",
  "{",
  "}",
  "name",
  "status",
  "200-100",
  "200,300-399",
  "HTTP/1.1\\r\\nA: b\\r\\n\\r\\nbody",
  "http",
  "tcp",
  "a/b",
  "auto:1/1-4",
  "1-64",
  "1,2:5",
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "\\x00\\xff",
  "x".repeat(300),
];

const KEYWORDS = [
  ...keywordTables.flatMap((table) =>
    table.rows.map((row) => (table.prefix === "" ? [row.name] : [table.prefix, row.name])),
  ),
  ...[...knownGlobal, ...knownProxy, ...Object.keys(algorithms)].map((name) => [name]),
  ["server", "s", "127.0.0.1:80"],
  ["bind", ":80"],
  ["stats", "socket", "/tmp/x"],
];
const PARAMETERS = keywordTables.flatMap((table) => table.rows.map((row) => row.name));
const SECTIONS = [
  "global",
  "defaults",
  "defaults d",
  "frontend f",
  "backend b",
  "listen l",
  "listen l from d",
  "peers p",
  "frontend",
];

function soup(seed: number): string {
  const pick = random(seed);
  const of = <T>(list: readonly T[]) => list[pick(list.length)]!;
  const lines: string[] = [];
  for (let i = 0; i < 60; i++) {
    if (pick(6) === 0) {
      lines.push(of(SECTIONS));
      continue;
    }
    const words = pick(12) === 0 ? [of(["no", "default"])] : [];
    words.push(...of(KEYWORDS));
    for (let n = pick(6); n > 0; n--) words.push(pick(2) === 0 ? of(VALUES) : of(PARAMETERS));
    lines.push(words.map((word) => (word === "" ? '""' : word)).join(" "));
  }
  return `${lines.join("\n")}\n`;
}

test("token soup never throws, and what comes out survives JSON", () => {
  for (let seed = 1; seed <= 600; seed++) {
    const text = soup(seed);
    try {
      const { model, diagnostics } = parseText(text);
      expect(JSON.parse(JSON.stringify(model))).toEqual(model);
      for (const { at, endColumn, message } of diagnostics.list) {
        expect(at.line).toBeGreaterThan(0);
        expect(endColumn).toBeGreaterThanOrEqual(at.column);
        expect(message).not.toContain("undefined");
      }
      const ids = model.proxies.map((proxy) => proxy.id);
      if (!diagnostics.list.some((d) => d.code === "config/duplicate-id")) expect(new Set(ids).size).toBe(ids.length);
    } catch (error) {
      throw new Error(`seed ${seed}:\n${text}`, { cause: error });
    }
  }
});
