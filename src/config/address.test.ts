import { describe, expect, test } from "bun:test";
import { formatAddress, parseAddress, wildcard } from "./address.ts";

const none = { kind: "none" };
const port = (value: number) => ({ kind: "fixed", value });

describe("addresses", () => {
  const good: [string, unknown, unknown][] = [
    [":80", { kind: "any", family: 0 }, port(80)],
    ["*:80", { kind: "any", family: 0 }, port(80)],
    ["ipv6@:80", { kind: "any", family: 6 }, port(80)],
    ["127.0.0.1:80", { kind: "ip", family: 4, ip: "127.0.0.1" }, port(80)],
    ["127.0.0.1", { kind: "ip", family: 4, ip: "127.0.0.1" }, none],
    ["127.0.0.1:", { kind: "ip", family: 4, ip: "127.0.0.1" }, none],
    ["::1:80", { kind: "ip", family: 6, ip: "::1" }, port(80)],
    ["[FE80::1]:80", { kind: "ip", family: 6, ip: "fe80::1" }, port(80)],
    ["[::1]", { kind: "ip", family: 6, ip: "::1" }, none],
    ["fe80::1:", { kind: "ip", family: 6, ip: "fe80::1" }, none],
    [":8000-8010", { kind: "any", family: 0 }, { kind: "range", low: 8000, high: 8010 }],
    ["a.b-c_d:+1", { kind: "name", name: "a.b-c_d", family: 0 }, { kind: "offset", value: 1 }],
    ["ipv4@a:-1", { kind: "name", name: "a", family: 4 }, { kind: "offset", value: -1 }],
    ["/run/x:80", { kind: "unix", path: "/run/x:80" }, none],
    ["unix@x", { kind: "unix", path: "x" }, none],
    ["abns@a b", { kind: "abns", name: "a b" }, none],
    ["fd@12", { kind: "fd", fd: 12 }, none],
  ];
  for (const [text, host, where] of good) {
    test(text, () => expect(parseAddress(text)).toMatchObject({ ok: true, value: { host, port: where } }));
  }
  for (const text of [
    ":65536",
    ":80-79",
    ":0-5",
    "1.2.3.4:x",
    "[1.2.3.4]:80",
    "a b:80",
    "ipv4@::1:80",
    "ipv6@1.1.1.1:80",
    "fd@",
    "fd@x",
    "unix@",
    "abns@",
    "a/b:80",
    ":+70000",
  ]) {
    test(`refused: ${text}`, () => expect(parseAddress(text).ok).toBe(false));
  }
  test("udp is a datagram", () => expect(parseAddress("udp@1.1.1.1:514")).toMatchObject({ value: { datagram: true } }));
});

test("formatting", () => {
  expect(formatAddress(wildcard(0, 80))).toBe("0.0.0.0:80");
  expect(formatAddress(wildcard(6, 80))).toBe("[::]:80");
  expect(formatAddress({ kind: "abns", name: "x" })).toBe("abns@x");
});
