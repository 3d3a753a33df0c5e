/** The same conditions and map look-ups through HAProxy and through ours. */
import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PatternStore } from "./store.ts";
import { HAPROXY, hasHaproxy, ours, oursMap, theirs } from "./testing.helper.ts";

if (!hasHaproxy) console.log(`skipped: ${HAPROXY} is not installed, nothing to compare with`);

const dir = mkdtempSync(join(tmpdir(), "tlb-acl-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function file(name: string, text: string): string {
  const path = join(dir, name);
  writeFileSync(path, text, "latin1");
  return path;
}

/** A constant text sample, whatever its bytes. */
function str(text: string): string {
  return `str(\\x27${hex(text)}\\x27)`;
}

function hex(text: string): string {
  return [...Buffer.from(text, "latin1")].map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("");
}

async function compare(conditions: readonly string[]): Promise<void> {
  const expected = (await theirs(conditions)).map((value) => value !== null);
  const actual = ours(conditions);
  const wrong = conditions.flatMap((text, i) =>
    actual[i] === expected[i] ? [] : [`${text}: HAProxy ${expected[i]}, ours ${actual[i]}`],
  );
  expect(wrong).toEqual([]);
  // Both answers must occur, or the comparison says nothing.
  expect(new Set(expected).size).toBe(2);
}

const samples = [
  "abc", "ABC", "", "a", "/a/b?c=d", "/images/png/logo/32x32.png", "http://www1.dc-eu.example.com:80/blah", "a.b.c.", "..", "/", "x\xe9y",
  "X\xc9Y", "aa.bb/cc:dd?ee", "abcabc", "12", "-5",
]; // prettier-ignore
const patterns = [
  "abc", "a", "/a", "/a/", "b", "png", "images/png", ".example.", "dc-eu.example", "dc", "80", ":80:", ".", "/", "x\xe9y", "aa", "cc:dd", "ee", "?ee",
]; // prettier-ignore

describe.skipIf(!hasHaproxy)("conditions", () => {
  for (const method of ["str", "beg", "end", "sub", "dir", "dom"]) {
    test(`-m ${method}, with and without -i`, async () => {
      const conditions: string[] = [];
      for (const sample of samples) {
        for (const pattern of patterns) {
          conditions.push(`{ ${str(sample)} -m ${method} -- ${hex(pattern)} }`);
          conditions.push(`{ ${str(sample)} -i -m ${method} -- ${hex(pattern.toUpperCase())} }`);
        }
      }
      await compare(conditions);
    });
  }

  test("numbers, lengths, operators and ranges", async () => {
    const conditions: string[] = [];
    for (const sample of [
      "int(5)",
      "int(-5)",
      "int(0)",
      "int(9223372036854775807)",
      "bool(true)",
      "str(5)",
      "str(-5x)",
      "str(abcde)",
      "str(9999999999999999999)",
      "ipv4(0.0.0.5)",
    ]) {
      for (const values of [
        "5",
        "4 5 6",
        "3:7",
        "3-7",
        ":5",
        "5:",
        "-- -5",
        "gt 4",
        "ge 5",
        "lt 5",
        "le 5",
        "eq 5",
        "lt 0",
        "gt -3",
        "gt 9 lt 6",
        "eq 05",
        "gt 4.5",
        "9223372036854775807",
        "9223372036854775806:",
      ]) {
        conditions.push(`{ ${sample} -m int ${values} }`);
        if (!sample.startsWith("bool")) conditions.push(`{ ${sample} -m len ${values} }`);
      }
      conditions.push(`{ ${sample} -m bool }`, `{ ${sample} -m found }`, `{ ${sample} -m str 5 }`);
    }
    await compare(conditions);
  });

  test("addresses and networks", async () => {
    const conditions: string[] = [];
    const addresses = [
      "ipv4(10.1.2.3)",
      "ipv4(8.0.0.1)",
      "ipv6(::ffff:10.1.2.3)",
      "ipv6(::10.1.2.3)",
      "ipv6(2002:a01:203::)",
      "ipv6(fe80::1)",
      "str(10.1.2.3)",
      "str(foo)",
      "str(fe80::1)",
      "int(167838211)",
    ];
    const networks = [
      "10.0.0.0/8",
      "10.9.9.9/8",
      "10.1.2.3",
      "10.1.2.3/255.255.255.0",
      "10.0.2.0/255.0.255.0",
      "0.0.0.0/0",
      "8.1",
      "010.1",
      "10/8",
      "127.1/8",
      "::ffff:10.0.0.0/104",
      "::/0",
      "fe80::/10",
      "2002::/16",
      "10.1.2.3/31",
      "10.1.2.4/0",
      "10.1.515",
    ];
    for (const address of addresses) for (const network of networks) conditions.push(`{ ${address} -m ip ${network} }`);
    await compare(conditions);
  });

  test("binary samples", async () => {
    await compare(
      ["414243", "41004243", "00", "41"].flatMap((bytes) =>
        [
          "str ABC",
          "str A",
          "-i -m str a",
          "sub BC",
          "end BC",
          "beg A",
          "len 1",
          "len 4",
          "bin 414243",
          "bin 41004243",
          "reg ^A$",
          "dom A",
        ].map((method) => `{ bin(${bytes}) ${method.startsWith("-i") ? method : `-m ${method}`} }`),
      ),
    );
  });

  test("regular expressions", async () => {
    const regexes = [
      "abc", "^abc$", "a.c", "[[:alpha:]]+", "^[^a-c]+$", "\\\\d+", "^\\\\w+$", "\\\\s", "(?i)ABC", "a(?i)B(?-i)c", "(?i:AB)c", "^(a|b)+c", "a++b", "(?>ab|a)c",
      "\\\\Aabc\\\\z", "abc\\\\Z", "^$", "x{2,}", "a{,2}", "\\\\x41", "\\\\101", "[\\\\w.]+:", "\\\\bb", "\\\\Q.b\\\\E", "(?x) a b c", "[]a]", "[a-]", "(?<=a)b", "(?<!a)b", "a(?=b)", "^(?!a)", "\\\\.png$",
      "[\\\\x80-\\\\xff]", "\\\\h", "\\\\R", "(?s)a.b", "(?m)^b$", ".", "\\\\N", "(?#note)b", "(?P<n>a)(?P=n)", "(?<n>b)\\\\k<n>", "[[:^digit:]]", "(?i)\xe9", "(?i)[A-C]{3}", "a|", "/images/.*\\\\.(png|gif)$",
    ]; // prettier-ignore
    const texts = [...samples, "a\nb", "abc\n", "a b", "aaab", "bb", "ABc", "aB", "\xa0", "\r\n", "A"];
    const quoted = regexes.map((regex) => `"${regex.replace(/\$/g, "\\$")}"`);
    await compare(
      texts.flatMap((text) =>
        quoted.flatMap((regex) => [`{ ${str(text)} -m reg -- ${regex} }`, `{ ${str(text)} -i -m reg -- ${regex} }`]),
      ),
    );
  });

  test("signs, braces and or", async () => {
    const T = "{ str(a) a }";
    const F = "{ str(a) b }";
    const rows = [
      "T",
      "F",
      "!T",
      "! T",
      "!!T",
      "! ! T",
      "T F",
      "T !F",
      "F or T",
      "F || T",
      "F OR T",
      "T or",
      "or T",
      "|| F",
      "T !",
      "F F or T T",
      "T F or F T",
      "!F T || F",
      "TRUE",
      "FALSE",
      "!TRUE || T",
      "T TRUE !FALSE",
      "F or ! or T",
      "or or F",
    ];
    await compare(rows.map((row) => row.replace(/\b[TF]\b/g, (name) => (name === "T" ? T : F))));
  });

  test("files, flags between them, and two columns", async () => {
    const lines = file("lines", "Abc\n# note\n #d\n\n  lead \nx y\r\n\ttab\t\nlast");
    const map = file("map", "k v w \r\n# c\nk2\n #3 x\n");
    await compare([
      ...["Abc", "abc", "#d", "lead", "lead ", "x y", "# note", "", "tab\t", "last", "more"].flatMap((text) => [
        `{ ${str(text)} -f ${lines} }`,
        `{ ${str(text)} -f ${lines} more }`,
        `{ ${str(text)} -i -f ${lines} }`,
        `{ ${str(text)} -m beg -f ${lines} -i -f ${lines} MORE }`,
      ]),
      ...["k", "k2", "#3", "v w"].map((text) => `{ ${str(text)} -M -f ${map} }`),
    ]);
  });
});

describe.skipIf(!hasHaproxy)("maps", () => {
  // One file a method: HAProxy's cache of list look-ups mixes up the methods that share a file.
  const order = (name: string): string =>
    file(`order-${name}`, "abc v1\nab  v2 \nabcd v3\nab v4\nabc v5\n/ab/ v6\nb.c v7\n");
  const regexes = file("regexes", "^(a+)(b+) \\2-\\1-\\0-\\\\x-\\x41\\9\n(c)|(d) [\\1][\\2]\n");
  const numbers = file("numbers", "5 five\n-3 neg\n10:20 range\n30- more\n15 never\n");
  const ints = file("ints", "a 5\nb -7\nc 9223372036854775807\nd\n");
  const addresses = file("addresses", "a 1.2.3.4\nb ::1\n");
  const networks = file(
    "networks",
    "10.0.0.0/8 eight\n10.1.0.0/16 sixteen\n10.1.2.0/24 tf\n10.1.2.3 host\n10.1.0.0/255.255.0.255 holes\n::ffff:10.9.0.0/112 six\n0.0.0.0/0 all\n",
  );
  const texts = ["abcd", "abc", "abx", "ab", "zab", "zabcd", "aabb", "d", "x/ab/y", "a.b.c", "", "b"];
  const expressions = [
    ...["map", "map_str", "map_beg", "map_end", "map_sub", "map_dir", "map_dom", "map_reg"].flatMap((name) =>
      texts.flatMap((text) => [`str(${text}),${name}(${order(name)})`, `str(${text}),${name}(${order(name)},none)`]),
    ),
    ...["map_regm", "map_reg"].flatMap((name) => texts.map((text) => `str(${text}),${name}(${regexes},none)`)),
    ...[5, -3, 2, 15, 10, 30, 99, 25].flatMap((n) => [
      `int(${n}),map_int(${numbers},none)`,
      `str(${n}),map_int(${numbers})`,
    ]),
    ...["a", "b", "c", "d", "z"].flatMap((text) => [
      `str(${text}),map_str_int(${ints})`,
      `str(${text}),map_str_int(${ints},3)`,
      `str(${text}),map_beg_int(${ints},-3)`,
    ]),
    ...["a", "b", "z"].flatMap((text) => [
      `str(${text}),map_str_ip(${addresses})`,
      `str(${text}),map_end_ip(${addresses},::2)`,
    ]),
    ...[
      "ipv4(10.1.2.3)",
      "ipv4(10.1.2.4)",
      "ipv4(10.1.3.4)",
      "ipv4(10.9.0.1)",
      "ipv4(11.1.1.1)",
      "ipv6(::ffff:10.9.0.1)",
      "ipv6(::ffff:10.1.9.0)",
      "ipv6(fe80::1)",
      "int(167838211)",
      "str(10.1.2.3)",
    ].map((address) => `${address},map_ip(${networks},none)`),
  ];

  test(`${expressions.length} look-ups`, async () => {
    const expected = await theirs(expressions.map((text) => `=${text}`));
    const store = new PatternStore();
    // HAProxy sends an empty header where there is no sample.
    const wrong = expressions.flatMap((text, i) => {
      const mine = oursMap(text, store) ?? "";
      return mine === (expected[i] ?? "") ? [] : [`${text}: HAProxy ${expected[i]}, ours ${mine}`];
    });
    expect(wrong).toEqual([]);
    expect(new Set(expected).size).toBeGreaterThan(20);
  });
});
