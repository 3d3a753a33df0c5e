import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { evalCondition } from "./condition.ts";
import { type Diagnostic, Diagnostics } from "./diagnostic.ts";
import { readText } from "./reader.ts";

/** HAProxy 2.6 reads the same texts; what it prints must be what this front end says. */
const HAPROXY = "/usr/sbin/haproxy";
const env = { PATH: "/usr/bin:/bin", HOME: "/root", EMPTY: "", LIST: " a  b ", ONE: "1" };

/** Few enough that HAProxy does not give up: it stops after too many errors. */
const LINES = 40;

let dir = "";
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "tlb-oracle-"));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Line number → what HAProxy said about it, in the vocabulary of `ours`. */
function theirs(text: string): Map<number, string> {
  const path = join(dir, "t.cfg");
  writeFileSync(path, Buffer.from(text, "latin1"));
  const { stderr } = Bun.spawnSync([HAPROXY, "-c", "-f", path], { env, stdin: "ignore", stdout: "ignore" });
  const found = new Map<number, string>();
  for (const part of stderr
    .toString("latin1")
    .split(/^\[[A-Z]+\] +\(\d+\) : config : parsing \[[^\]]*:/m)
    .slice(1)) {
    const match = /^(\d+)\]: ([^]*)$/.exec(part.replace(/\n?\[(?:NOTICE|ALERT|WARNING)\] +\(\d+\) : [^]*$/, "\n"));
    if (match !== null && !found.has(Number(match[1]))) found.set(Number(match[1]), normalize(match[2]!));
  }
  return found;
}

function normalize(text: string): string {
  const lexical =
    /^(unmatched quote|truncated or invalid|forbidden first|unmatched brace|too many).*?position (\d+)/.exec(text);
  if (lexical !== null) return `${lexical[1]}@${lexical[2]}`;
  const extra = /^Unexpected argument '([^]*)' for /.exec(text);
  if (extra !== null) return `extra ${extra[1]}`;
  return text.replace(/\.?\n+$/, "");
}

function ours(text: string): Map<number, string> {
  const diagnostics = new Diagnostics();
  for (const line of readText(text, "t.cfg", { env: { ...env } }, diagnostics)) void line;
  const found = new Map<number, string>();
  for (const finding of diagnostics.list) if (!found.has(finding.at.line)) found.set(finding.at.line, say(finding));
  return found;
}

function say({ code, at, message }: Diagnostic): string {
  const lexical = /^(unmatched quote|truncated or invalid|forbidden first|unmatched brace|too many)/.exec(message);
  if (lexical !== null) return `${lexical[1]}@${at.column}`;
  const extra = /^unexpected argument '([^]*)' for /.exec(message);
  return code === "directive/unexpected-argument" ? `extra ${extra?.[1]}` : message;
}

/**
 * Random arguments of `.notice`, without line ends. The first line makes HAProxy enlarge its line buffer: it reads a line
 * twice when it does, and 2.6 then fails on `${NAME-default}`.
 */
function randomText(seed: number, lines: number): string {
  const pieces = [
    " ", "\t", '"', '"', "'", "\\", "\\x41", "\\x4", "\\n", "\\ ", "\\#", "\\$", "#", "a", "b", "$", "$HOME",
    "${HOME}", "${LIST[*]}", "${EMPTY-q}", "${UNSET-d e}", "${UNSET", "$ONE", "[*]", "}", "${.LINE}", "\xe9", "\v", "\\\\", "\\q",
  ]; // prettier-ignore
  let text = `.notice ${"x".repeat(4000)}\n`;
  for (let i = 0; i < lines; i++) {
    text += ".notice ";
    for (let n = 0; n < 8; n++) {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      text += pieces[(seed >>> 8) % pieces.length];
    }
    text += "\n";
  }
  return text;
}

describe.skipIf(!existsSync(HAPROXY))("the same text through HAProxy", () => {
  for (let seed = 1; seed <= 20; seed++) {
    test(`${LINES} random lines, seed ${seed}`, () => {
      const text = randomText(seed, LINES);
      const lines = text.split("\n");
      const [a, b] = [ours(text), theirs(text)];
      expect(b.size).toBeGreaterThan(LINES);
      for (let number = 2; number <= LINES + 1; number++) {
        expect([lines[number - 1], a.get(number)]).toEqual([lines[number - 1], b.get(number)]);
      }
    });
  }

  const blocks = [
    ".if 1\n.notice a\n.elif 1\n.notice b\n.else\n.notice c\n.endif\n",
    ".if 0\n.notice a\n.elif 1\n.notice b\n.else\n.notice c\n.endif\n",
    ".if 0\n.notice a\n.elif 0\n.notice b\n.else\n.notice c\n.endif\n",
    ".if 0\n.if foo\n.endif\n.notice a b\n.alert x\n.endif\n.notice y\n",
    ".if 1\n.elif foo\n.endif\n.notice y\n",
    '.if 0\n.notice "x\n.endif\n',
    ".elif 1\n",
    ".else\n",
    ".endif\n",
    ".if 1\n.else\n.else\n.endif\n",
    ".if 1\n.else\n.elif 1\n.endif\n",
    ".warning w\n.notice\n",
    ".alert a\n",
    ".foo\n",
    '.if "$ONE"\n.notice one\n.endif\n.if "$EMPTY"\n.notice empty\n.endif\n',
    '.notice x\n.if streq(\\"a,b\\",\'"a,b"\')\n.notice y\n.endif\n',
    ".if defined(HOME) && !defined(UNSET)\n.notice y\n.endif\n",
    'global\n.notice "$.SECTION"\ndefaults\n.notice "$.SECTION"\ndefaults x\n.notice "$.SECTION"\n',
  ];
  for (const text of blocks) {
    test(JSON.stringify(text), () => expect([...ours(text)]).toEqual([...theirs(text)]));
  }

  const conditions = [
    "", "0", "1", "-1", "00", "0x1", "0x0", "1a", "12 ", "1 1", " 1", "!1", "!!1", "! 1", "!", "(1)", "( 1 )", "(1", "1)", "!(0)",
    "1&&0", "1 && 0", "1&&", "&&1", "1||", "1|1", "0 || 1 && 0", "1 || 1 && 0", "1 &&& 1", "0 || (1 && !0)", "((1))", "()", "(1)(1)",
    "defined(HOME)", "defined( HOME )", "defined(HOME", "defined()", "defined", "defined(A,B)", "defined(\"HOME\")",
    "feature(EPOLL)", "feature(NOPE)", "feature()", "streq(a,a)", "streq(a,b)", "streq(a)", "streq(,)", "streq()", "streq(a,b,c)",
    "streq(a b,a b)", 'streq("$HOME",/root)', "streq('a,b','a,b')", "streq(a,a) # x", "streq( a,a)", "streq(a ,a)", "streq(a,a ) ",
    "strneq(a,b)", "strneq(a,a)", "version_atleast(2.6)", "version_atleast(2.6.12)", "version_atleast(2.6.13)", "version_atleast(2.6-dev1)",
    "version_before(2.7-dev0)", "version_before(2.6.12-1)", "version_atleast(2.6.12-1)", "version_atleast(x)", "version_atleast(3)",
    "version_before()", "foo(1)", "foo", "1 defined(HOME)", "1 || foo(", "1 || foo", "0 && foo", "defined(.FILE)", "openssl_version_before(x)",
  ]; // prettier-ignore
  test("-cc conditions", () => {
    for (const text of conditions) {
      const { exitCode } = Bun.spawnSync([HAPROXY, "-cc", text], { env, stdout: "ignore", stderr: "ignore" });
      const result = evalCondition(text, env);
      expect([text, result.ok ? (result.value ? 0 : 1) : 2]).toEqual([text, exitCode]);
    }
  });
});
