import { expect, test } from "bun:test";
import { addressText } from "../../expr/cast.ts";
import { HeaderError, type HeaderResult, type ProxyHeader, SIGNATURE } from "./header.ts";
import { parseNetscaler } from "./netscaler.ts";
import { parseProxyHeader } from "./parse.ts";
import { writeBinary, writeLine } from "./write.ts";

const LIMIT = 16384;
const parse = (bytes: Buffer): HeaderResult => parseProxyHeader(bytes, 0, bytes.length, LIMIT);

/** Every cut of a header asks for more; whole, with anything behind it, it is the same header. */
function atEverySplit(bytes: Buffer): ProxyHeader {
  for (let cut = 0; cut < bytes.length; cut++) {
    expect([cut, parseProxyHeader(bytes, 0, cut, LIMIT)]).toEqual([cut, HeaderError.more]);
  }
  const whole = parse(bytes);
  expect(typeof whole).toBe("object");
  expect(parse(Buffer.concat([bytes, Buffer.from("GET / HTTP/1.1\r\n")]))).toEqual(whole);
  const moved = Buffer.concat([Buffer.from("xyz"), bytes]);
  expect(parseProxyHeader(moved, 3, moved.length, LIMIT)).toEqual(whole);
  return whole as ProxyHeader;
}

function ends({ source, destination }: ProxyHeader): string {
  const text = (end: ProxyHeader["source"]): string =>
    end === null ? "-" : end.bytes === null ? "unix" : `${addressText(end.bytes)} ${end.port}`;
  return `${text(source)} > ${text(destination)}`;
}

const good: readonly (readonly [line: string, found: string])[] = [
  ["PROXY TCP4 192.0.2.1 198.51.100.2 1234 80\r\n", "192.0.2.1 1234 > 198.51.100.2 80"],
  ["PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", "255.255.255.255 65535 > 255.255.255.255 65535"],
  ["PROXY TCP6 2001:db8::1 ::2 1 2\r\n", "2001:db8::1 1 > ::2 2"],
  [
    "PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 > ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535",
  ],
  ["PROXY UNKNOWN\r\n", "- > -"],
  ["PROXY UNKNOWN ffff::1 whatever it says 1 2\r\n", "- > -"],
];

for (const [line, found] of good) {
  test(line.trim(), () => expect(ends(atEverySplit(Buffer.from(line, "latin1")))).toBe(found));
}

const wrong: readonly (readonly [text: string, error: number])[] = [
  ["GET / HTTP/1.1\r\n", HeaderError.notHeader],
  ["proxy TCP4 1.2.3.4 1.2.3.4 1 2\r\n", HeaderError.notHeader],
  ["PROXY\tTCP4", HeaderError.notHeader],
  ["\r\n\r\n\0\r\nQUIX", HeaderError.notHeader],
  ["PROXY TCP5 1.2.3.4 1.2.3.4 1 2\r\n", HeaderError.protocol],
  ["PROXY UDP4 1.2.3.4 1.2.3.4 1 2\r\n", HeaderError.protocol],
  ["PROXY \r\n", HeaderError.protocol],
  ["PROXY TCP4 1.2.3.999 1.2.3.4 1 2\r\n", HeaderError.bad],
  ["PROXY TCP4 1.2.3 1.2.3.4 1 2\r\n", HeaderError.bad],
  ["PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n", HeaderError.bad],
  ["PROXY TCP4 1.2.3.4 1.2.3.4 1 2 3\r\n", HeaderError.bad],
  ["PROXY TCP4  1.2.3.4 1.2.3.4 1 2\r\n", HeaderError.bad],
  ["PROXY TCP4 1.2.3.4 1.2.3.4 -1 2\r\n", HeaderError.bad],
  ["PROXY TCP4 1.2.3.4 1.2.3.4 65536 2\r\n", HeaderError.bad],
  ["PROXY TCP4 ::1 ::2 1 2\r\n", HeaderError.bad],
  ["PROXY TCP6 1.2.3.4 1.2.3.4 1 2\r\n", HeaderError.bad],
  ["PROXY TCP6 ::g ::2 1 2\r\n", HeaderError.bad],
  ["PROXY TCP4 1.2.3.4 1.2.3.4 1 2\rX", HeaderError.bad],
  [`PROXY ${"x".repeat(101)}`, HeaderError.protocol],
  [`PROXY TCP4 ${"1".repeat(101)}`, HeaderError.bad],
  [`PROXY UNKNOWN ${"x".repeat(92)}\r\n`, HeaderError.protocol],
  ["PROXY UNKNOWN\rX", HeaderError.protocol],
];

for (const [text, error] of wrong) {
  test(`refused: ${JSON.stringify(text).slice(0, 60)}`, () => {
    const bytes = Buffer.from(text, "latin1");
    expect(parse(bytes)).toBe(error);
    // Refused at the first byte that cannot belong to a header, and never a header before.
    for (let cut = 0; cut < bytes.length; cut++) {
      expect([HeaderError.more, error]).toContain(parseProxyHeader(bytes, 0, cut, LIMIT) as never);
    }
  });
}

/** A header of version 2 from its last four parts. */
function v2(command: number, family: number, ...parts: (number[] | Uint8Array)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part)));
  const head = Buffer.from([...SIGNATURE, command, family, body.length >> 8, body.length & 255]);
  return Buffer.concat([head, body]);
}

const V4 = [192, 0, 2, 1, 198, 51, 100, 2, 4, 210, 0, 80];
const V6 = [...new Array<number>(15).fill(0), 1, ...new Array<number>(15).fill(0), 2, 0, 1, 0, 2];
const tlv = (type: number, text: string): number[] => [
  type,
  text.length >> 8,
  text.length & 255,
  ...Buffer.from(text, "latin1"),
];

test("version 2: families and commands", () => {
  expect(ends(atEverySplit(v2(0x21, 0x11, V4)))).toBe("192.0.2.1 1234 > 198.51.100.2 80");
  expect(ends(atEverySplit(v2(0x21, 0x21, V6)))).toBe("::1 1 > ::2 2");
  expect(ends(atEverySplit(v2(0x21, 0x31, new Uint8Array(216))))).toBe("unix > unix");
  expect(ends(atEverySplit(v2(0x21, 0x00)))).toBe("- > -");
  expect(ends(atEverySplit(v2(0x21, 0x00, [1, 2, 3])))).toBe("- > -");
  expect(ends(atEverySplit(v2(0x20, 0x00)))).toBe("- > -");
  expect(ends(atEverySplit(v2(0x20, 0x11, V4)))).toBe("- > -");
  expect(ends(atEverySplit(v2(0x20, 0xff, [9])))).toBe("- > -");
});

test("version 2: TLVs", () => {
  const header = atEverySplit(
    v2(0x21, 0x11, V4, tlv(4, "\0\0"), tlv(2, "example.test"), tlv(0xe5, "own"), tlv(5, "id\xff"), tlv(0x20, "\x01")),
  );
  expect(header.authority).toBe("example.test");
  expect(header.uniqueId).toBe("id\xff");
  expect([...header.tlvs!.keys()]).toEqual([4, 2, 0xe5, 5, 0x20]);
  expect(header.tlvs!.get(0xe5)).toBe("own");
  expect(atEverySplit(v2(0x21, 0x11, V4, tlv(2, ""))).authority).toBe("");
  expect(parse(v2(0x21, 0x11, V4, tlv(2, "x".repeat(255))))).toMatchObject({ authority: "x".repeat(255) });
  expect(parse(v2(0x21, 0x11, V4, tlv(2, "x".repeat(256))))).toBe(HeaderError.bad);
  expect(parse(v2(0x21, 0x11, V4, tlv(5, "x".repeat(129))))).toBe(HeaderError.bad);
  for (const rest of [[1], [1, 0], [1, 0, 1], [1, 255, 255, 0]])
    expect(parse(v2(0x21, 0x11, V4, rest))).toBe(HeaderError.bad);
});

test("version 2: what is refused", () => {
  expect(parse(v2(0x11, 0x11, V4))).toBe(HeaderError.notHeader);
  expect(parse(v2(0x31, 0x11, V4))).toBe(HeaderError.notHeader);
  for (const command of [0x22, 0x2f]) expect(parse(v2(command, 0x11, V4))).toBe(HeaderError.bad);
  for (const family of [0x01, 0x10, 0x12, 0x22, 0x32, 0x41, 0xff]) {
    expect([family, parse(v2(0x21, family, V6, new Uint8Array(216)))]).toEqual([family, HeaderError.bad]);
  }
  expect(parse(v2(0x21, 0x11, V4.slice(1)))).toBe(HeaderError.bad);
  expect(parse(v2(0x21, 0x21, V6.slice(1)))).toBe(HeaderError.bad);
  expect(parse(v2(0x21, 0x31, new Uint8Array(215)))).toBe(HeaderError.bad);
  const long = v2(0x20, 0, new Uint8Array(2000));
  expect(parseProxyHeader(long, 0, long.length, 2015)).toBe(HeaderError.tooLong);
  expect(parseProxyHeader(long, 0, long.length, 2016)).toMatchObject({ length: 2016 });
});

test("checksums are written and verified", () => {
  const source = { bytes: Uint8Array.of(1, 2, 3, 4), port: 5 };
  const bytes = writeBinary(source, source, [{ type: 5, value: Buffer.from("unique") }], true);
  expect(atEverySplit(bytes).uniqueId).toBe("unique");
  for (let i = 13; i < bytes.length; i++) {
    // Where its own type stands: without it nothing is verified.
    if (i === 28) continue;
    const broken = Buffer.from(bytes);
    broken[i]! ^= 1;
    expect(typeof parse(broken)).toBe("number");
  }
});

test("what is written reads the same", () => {
  const v4 = { address: "192.0.2.1", bytes: Uint8Array.of(192, 0, 2, 1), port: 99 };
  const bytes = new Uint8Array(16);
  bytes[15] = 1;
  const v6 = { address: "::1", bytes, port: 65535 };
  const unix = { address: "unix", bytes: null, port: 1 };
  expect(writeLine(v4, v4).toString()).toBe("PROXY TCP4 192.0.2.1 192.0.2.1 99 99\r\n");
  expect(writeLine(v6, v6).toString()).toBe("PROXY TCP6 ::1 ::1 65535 65535\r\n");
  expect(writeLine(v4, v6).toString()).toBe("PROXY TCP6 ::ffff:192.0.2.1 ::1 99 65535\r\n");
  for (const [a, b] of [
    [unix, unix],
    [v4, null],
    [null, null],
  ] as const) {
    expect(writeLine(a, b).toString()).toBe("PROXY UNKNOWN\r\n");
  }
  expect(ends(atEverySplit(writeBinary(v4, v4, [], false)))).toBe("192.0.2.1 99 > 192.0.2.1 99");
  expect(ends(atEverySplit(writeBinary(v6, v6, [], true)))).toBe("::1 65535 > ::1 65535");
  expect(ends(atEverySplit(writeBinary(v4, v6, [], false)))).toBe("::ffff:192.0.2.1 99 > ::1 65535");
  expect(writeBinary(unix, v4, [], false)).toEqual(v2(0x20, 0));
});

test("NetScaler: both forms, cut anywhere", () => {
  const ip4 = Buffer.alloc(40);
  ip4[0] = 0x45;
  ip4[9] = 6;
  ip4.set([192, 0, 2, 1, 198, 51, 100, 2, 4, 210, 0, 80], 12);
  const old = Buffer.concat([Buffer.from([0, 0, 0, 7, 0, 0, 0, 40]), ip4]);
  const fresh = Buffer.concat([Buffer.from([0, 0, 0, 7, 0, 0, 0, 52, 0, 0, 0, 40]), ip4]);
  for (const bytes of [old, fresh]) {
    for (let cut = 0; cut < bytes.length; cut++) expect(parseNetscaler(bytes, 0, cut, 7)).toBe(HeaderError.more);
    const found = parseNetscaler(bytes, 0, bytes.length, 7) as ProxyHeader;
    expect(ends(found)).toBe("192.0.2.1 1234 > 198.51.100.2 80");
    expect(found.length).toBe(bytes.length);
    expect(parseNetscaler(bytes, 0, bytes.length, 8)).toBe(HeaderError.magic);
  }
  const udp = Buffer.from(old);
  udp[17] = 17;
  expect(parseNetscaler(udp, 0, udp.length, 7)).toBe(HeaderError.protocol);
});

test("any bytes: a header lies within them, and no cut of them is a header of another kind", () => {
  let seed = 12345;
  const random = (): number => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) / 0x100000000;
  const seeds = [
    ...good.map(([line]) => Buffer.from(line)),
    v2(0x21, 0x11, V4, tlv(2, "a")),
    v2(0x21, 0x21, V6),
    v2(0x20, 0),
  ];
  for (let i = 0; i < 4000; i++) {
    const bytes = Buffer.from(seeds[Math.floor(random() * seeds.length)]!);
    for (let n = 0; n < 1 + random() * 3; n++) bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
    const whole = parse(bytes);
    if (typeof whole === "object") expect(whole.length).toBeLessThanOrEqual(bytes.length);
    const netscaler = parseNetscaler(bytes, 0, bytes.length, 0x50524f58);
    for (let cut = 0; cut < bytes.length; cut++) {
      const part = parseProxyHeader(bytes, 0, cut, LIMIT);
      if (typeof part === "object") expect(part).toEqual(whole as ProxyHeader);
      else if (part !== HeaderError.more && part !== whole) expect([cut, part]).toEqual([cut, whole as number]);
      const other = parseNetscaler(bytes, 0, cut, 0x50524f58);
      if (typeof other === "object") expect(other).toEqual(netscaler as ProxyHeader);
      else if (other !== HeaderError.more && other !== netscaler)
        expect([cut, other]).toEqual([cut, netscaler as number]);
    }
  }
});
