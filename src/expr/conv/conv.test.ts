import { describe, expect, test } from "bun:test";
import type { Value } from "../sample.ts";
import { compileText, PlainContext, plainCompileContext } from "../testing.helper.ts";
import { bytes, families } from "./oracle.cases.ts";
import { buf0 } from "./debug.ts";
import { converters } from "./index.ts";
import { formatG } from "./json-query.ts";
import { parseReplacement } from "./regsub.ts";

const rows = [...converters.values()];

/** Input and output type of HAProxy 2.6's converters, without those of maps and stick tables. */
const signatures: Readonly<Record<string, readonly [string, string]>> = {
  add: ["sint", "sint"],
  add_item: ["str", "str"],
  aes_gcm_dec: ["bin", "bin"],
  and: ["sint", "sint"],
  b64dec: ["str", "bin"],
  base64: ["bin", "str"],
  be2dec: ["bin", "str"],
  be2hex: ["bin", "str"],
  bool: ["sint", "bool"],
  bytes: ["bin", "bin"],
  "capture-req": ["str", "str"],
  "capture-res": ["str", "str"],
  concat: ["str", "str"],
  cpl: ["sint", "sint"],
  crc32: ["bin", "sint"],
  crc32c: ["bin", "sint"],
  cut_crlf: ["str", "str"],
  debug: ["any", "any"],
  digest: ["bin", "bin"],
  div: ["sint", "sint"],
  djb2: ["bin", "sint"],
  even: ["sint", "bool"],
  field: ["str", "str"],
  fix_is_valid: ["bin", "bool"],
  fix_tag_value: ["bin", "bin"],
  hex: ["bin", "str"],
  hex2i: ["str", "sint"],
  hmac: ["bin", "bin"],
  host_only: ["str", "str"],
  htonl: ["sint", "bin"],
  http_date: ["sint", "str"],
  iif: ["bool", "str"],
  ipmask: ["addr", "ipv4"],
  json: ["str", "str"],
  json_query: ["str", "any"],
  jwt_header_query: ["bin", "any"],
  jwt_payload_query: ["bin", "any"],
  jwt_verify: ["bin", "sint"],
  language: ["str", "str"],
  length: ["str", "sint"],
  lower: ["str", "str"],
  ltime: ["sint", "str"],
  ltrim: ["str", "str"],
  mod: ["sint", "sint"],
  mqtt_field_value: ["bin", "str"],
  mqtt_is_valid: ["bin", "bool"],
  mul: ["sint", "sint"],
  nbsrv: ["str", "sint"],
  neg: ["sint", "sint"],
  not: ["sint", "bool"],
  odd: ["sint", "bool"],
  or: ["sint", "sint"],
  port_only: ["str", "sint"],
  protobuf: ["bin", "bin"],
  regsub: ["str", "str"],
  rtrim: ["str", "str"],
  sdbm: ["bin", "sint"],
  secure_memcmp: ["bin", "bool"],
  "set-var": ["any", "any"],
  sha1: ["bin", "bin"],
  sha2: ["bin", "bin"],
  srv_queue: ["str", "sint"],
  strcmp: ["str", "sint"],
  sub: ["sint", "sint"],
  ub64dec: ["str", "bin"],
  ub64enc: ["bin", "str"],
  ungrpc: ["bin", "bin"],
  "unset-var": ["any", "any"],
  upper: ["str", "str"],
  url_dec: ["str", "str"],
  url_enc: ["str", "str"],
  utime: ["sint", "str"],
  word: ["str", "str"],
  wt6: ["bin", "sint"],
  xor: ["sint", "sint"],
  xxh3: ["bin", "sint"],
  xxh32: ["bin", "sint"],
  xxh64: ["bin", "sint"],
};

test("every converter of 2.6 is there, with HAProxy's types", () => {
  const shown = Object.keys(signatures).map((name) => {
    const row = converters.get(name);
    if (row === undefined) return [name, "missing"];
    const out = row.declared ?? (row.out === "same" ? row.in : row.out);
    // Address converters take ipv4 and ipv6; what HAProxy declares is its first choice.
    return [name, [row.in, out]];
  });
  expect(Object.fromEntries(shown)).toEqual(signatures);
});

test("what one file knows is told once", () => {
  for (const row of rows) {
    expect(row.help).toMatch(/^[^.]*.*[^ ]\.$/s);
    expect(row.args.findIndex((arg, i) => !arg.optional && row.args[i - 1]?.optional)).toBe(-1);
  }
});

function evaluate(text: string, ctx: PlainContext = new PlainContext()): Value | null {
  const { expression, diagnostics } = compileText(text, {}, plainCompileContext({ bufsize: 16384 }), rows);
  if (expression === null) throw new Error(`${text}: ${diagnostics.list.map((d) => d.message).join()}`);
  return expression.eval(ctx);
}

/** Those newer than 2.6, which the differential test cannot ask about. */
test.each([
  ['int(1700000000123),ms_utime("%Y-%m-%d %H:%M:%S.%3N")', "2023-11-14 22:13:20.123"],
  ['int(1700000000123456),us_utime("%H:%M:%S.%6N %N")', "22:13:20.123456 123456000"],
  ['int(-1),ms_utime("%S.%3N")', "59.999"],
  ['int(1500),ms_utime("%%N %1N",500)', "%N 0"],
  ["bin(01020304050607),le2dec(:,2)", "513:1027:1541:7"],
  ["bin(01020304050607),le2dec(-,2,1)", "513-1027-1541"],
  ['str("a=1&b=2&b=3&c&d="),param(b)', "2"],
  ['str("a=1&c&d="),param(c)', ""],
  ['str("a=1&c&d="),param(d)', ""],
  ['str("ab=1&b=2"),param(b)', "2"],
  ['str("a=1;b=2"),param(b,;)', "2"],
  ['str("a=1;b=2"),param(b,0x3b)', "2"],
  ['str("a=1"),param(x)', null],
])("%s", (text, expected) => {
  expect(evaluate(text)).toBe(expected);
});

test.each([
  [0, "0"],
  [-0, "-0"],
  [1e6, "1e+06"],
  [999999.5, "1e+06"],
  [0.0001, "0.0001"],
  [0.00001, "1e-05"],
  [100000, "100000"],
  [1.23456789, "1.23457"],
  [-1e100, "-1e+100"],
  [Infinity, "inf"],
])("%p as %%g is %s", (value, expected) => {
  expect(formatG(value)).toBe(expected);
});

test("replacements: groups, bytes, escapes", () => {
  expect(parseReplacement("a\\1\\x41\\\\b\\0")).toEqual(["a", 1, "A\\b", 0]);
  expect(parseReplacement("a\\")).toBeNull();
  expect(parseReplacement("\\x4")).toBeNull();
});

test("debug writes to the ring and passes the sample on", () => {
  expect(evaluate("str(abc),debug(here),upper")).toBe("ABC");
  expect(evaluate("int(5),debug(there)")).toBe(5);
  expect(buf0.list().slice(-2)).toEqual(["[debug] here: type=str <abc>", "[debug] there: type=sint <5>"]);
});

test("nbsrv and srv_queue look names up when they run", () => {
  const server = { queued: 3, usable: true, backup: false };
  const backend = { stale: false, servers: [server, server], model: { options: {} } };
  const cc = plainCompileContext({
    findBackend: (name) => (name === "app" ? (backend as never) : null),
    findServer: (where, name) => (where === "app" && name === "s1" ? (server as never) : null),
  });
  const ask = (text: string) => compileText(text, {}, cc, rows).expression!.eval(new PlainContext());
  expect(ask("str(app),nbsrv")).toBe(2);
  expect(ask("str(other),nbsrv")).toBeNull();
  expect(ask("str(app/s1),srv_queue")).toBe(3);
  expect(ask("str(app/s2),srv_queue")).toBeNull();
});

test("capture-req stores through the stream and fails without a slot", () => {
  const stored: unknown[] = [];
  const ctx = Object.assign(new PlainContext(), {
    capture: (side: string, slot: number, text: string) => slot === 0 && stored.push([side, text]) > 0,
  });
  expect(evaluate("str(abc),capture-req(0)", ctx)).toBe("abc");
  expect(evaluate("str(abc),capture-res(1)", ctx)).toBeNull();
  expect(stored).toEqual([["request", "abc"]]);
});

/** HAProxy refuses these too (see oracle.test.ts, which asks it). */
describe("wrong arguments are reported at their place", () => {
  test.each([
    ["str(a),field(0,_)", 14],
    ["str(a),be2dec(:,9)", 17],
    ['str(a),regsub("(",x)', 15],
    ["str(a),json(latin1)", 13],
  ])("%s", (text, column) => {
    const { expression, diagnostics } = compileText(text, {}, plainCompileContext(), rows);
    expect(expression).toBeNull();
    expect(diagnostics.list[0]!.at.column).toBe(column);
  });
});

describe("whatever the bytes", () => {
  const chains = [
    ...new Set(
      Object.values(families)
        .flat()
        .map((text) => /^\w+(?:\.\w+)?(?:\([^)]*\))?,(.*)$/.exec(text)?.[1] ?? "")
        .filter((chain) => chain !== "" && !chain.startsWith("debug")),
    ),
  ];
  let seed = 7;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return (seed >>> 8) % below;
  };
  /** Bytes near what the converters look for, so that deep paths are reached. */
  const alphabet = '\0\x01\x10\x20\x08\x0a\x12"\\{}[]:,.=%+&?_-;q/aA09ZfF8\x7f\x80\xc3\xa9\xe2\xff \r\n\t';
  const input = (): string => {
    let text = "";
    for (let n = random(60); n > 0; n--) {
      text += random(3) === 0 ? String.fromCharCode(random(256)) : alphabet[random(alphabet.length)]!;
    }
    return text;
  };

  test(`${chains.length} chains neither throw nor grow without bounds`, () => {
    const bufsize = 1024;
    const cc = plainCompileContext({ bufsize });
    for (const chain of chains) {
      const { expression } = compileText(`var(txn.input),${chain}`, {}, cc, rows);
      if (expression === null) continue;
      const ctx = new PlainContext();
      const id = compileText(`str(x),set-var(txn.input)`, {}, cc, rows).expression!;
      id.eval(ctx);
      for (let round = 0; round < 12; round++) {
        const text = round === 0 ? "" : round === 1 ? "ab,\0\xff".repeat(2000) : input();
        compileText(`${bytes(text)},set-var(txn.input)`, {}, cc, rows).expression!.eval(ctx);
        const value = expression.eval(ctx);
        if (typeof value === "string") expect(value.length).toBeLessThanOrEqual(Math.max(bufsize, text.length));
        if (typeof value === "bigint") expect(BigInt.asIntN(64, value)).toBe(value);
        if (typeof value === "number") expect(Number.isSafeInteger(value) && !Object.is(value, -0)).toBe(true);
      }
    }
  });

  test("deep and long JSON is bounded", () => {
    const deep = "[".repeat(100_000);
    const ctx = new PlainContext();
    const find = (text: string) => {
      const row = converters.get("json_query")!;
      const path = {
        type: "str",
        text: "$.a",
        int: 0,
        bytes: null,
        at: { file: "", line: 1, column: 1 },
        endColumn: 1,
      } as const;
      const run = row.make([path], plainCompileContext());
      return typeof run === "function" ? run(text, ctx) : run;
    };
    expect(find(deep)).toBeNull();
    expect(find(`{"b":${deep}`)).toBeNull();
    expect(find(`{${'"b":1,'.repeat(100_000)}"a":2}`)).toBe("2");
  });
});
