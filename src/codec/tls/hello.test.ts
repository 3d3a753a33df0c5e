import { expect, test } from "bun:test";
import { hello } from "../../expr/hello.helper.ts";
import { helloFacts, helloName, isGrease } from "./hello.ts";

const record = Buffer.from(hello({ name: "a.test", alpn: ["h2"], groups: true, ticket: 4 }), "latin1");
/** Without the header of its record. */
const message = new Uint8Array(record.subarray(5));
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

test("the lists of a hello", () => {
  const facts = helloFacts(message, 1000)!;
  expect(facts.version).toBe(0x303);
  expect(hex(facts.random)).toBe("72".repeat(32));
  expect(hex(facts.ciphers)).toBe("1301c02f");
  expect(hex(facts.extensions)).toBe("000a002300100000000d");
  expect(hex(facts.curves)).toBe("001d0017");
  expect(facts.formats.length).toBe(0);
});

test("room is given to ciphers, extensions, curves in turn", () => {
  const sizes = (limit: number): number[] => {
    const { ciphers, extensions, curves } = helloFacts(message, limit)!;
    return [ciphers.length, extensions.length, curves.length];
  };
  expect([sizes(2), sizes(4), sizes(8), sizes(15), sizes(18)]).toEqual([
    [2, 0, 0],
    [4, 0, 0],
    [4, 4, 0],
    [4, 10, 1],
    [4, 10, 4],
  ]);
  expect(helloFacts(message, 2)!.ciphersHash).toBe(helloFacts(message, 1000)!.ciphersHash);
});

test("cut or broken bytes never throw and never read beyond", () => {
  for (let end = 0; end <= message.length; end++) helloFacts(message.subarray(0, end), 100);
  for (let at = 0; at < message.length; at++) {
    for (const value of [0, 1, 0x7f, 0xff]) {
      const broken = Uint8Array.from(message);
      broken[at] = value;
      const facts = helloFacts(broken, 64);
      if (facts !== null) expect(facts.ciphers.length + facts.extensions.length + facts.curves.length).toBeLessThan(65);
    }
  }
});

test("GREASE", () => {
  expect([isGrease(0x0a, 0x0a), isGrease(0xfa, 0xfa), isGrease(0x0a, 0x1a), isGrease(0x0b, 0x0b)]).toEqual([
    true,
    true,
    false,
    false,
  ]);
});

test("the name in a hello", () => {
  expect(helloName(message)).toBe("a.test");
  const without = Buffer.from(hello({ name: null, alpn: ["h2"], groups: true, ticket: 4 }), "latin1");
  expect(helloName(new Uint8Array(without.subarray(5)))).toBe(null);
  expect(helloName(new Uint8Array(0))).toBe(null);
  for (let end = 0; end < message.length; end++) expect(helloName(message.slice(0, end))).toBe(null);
  // Whatever a client sends, it is a name within the message or none.
  for (let i = 0; i < message.length; i++) {
    for (const byte of [0, 1, 0x7f, 0xff]) {
      const changed = message.slice();
      changed[i] = byte;
      const name = helloName(changed);
      expect(name === null || name.length <= changed.length).toBe(true);
    }
  }
});
