import { expect, test } from "bun:test";
import { Network, parseIp } from "./ip.ts";

test.each([
  ["1.2.3.4", "01020304"],
  ["255.255.255.255", "ffffffff"],
  ["::", "00000000000000000000000000000000"],
  ["::1", "00000000000000000000000000000001"],
  ["2001:db8::ff:0", "20010db80000000000000000 00ff0000"],
  ["::ffff:1.2.3.4", "00000000000000000000ffff01020304"],
  ["fe80::1%eth0", "fe800000000000000000000000000001"],
])("%s", (text, hex) => {
  expect(Buffer.from(parseIp(text)!).toString("hex")).toBe(hex.replaceAll(" ", ""));
});

test.each([
  "",
  "1.2.3",
  "1.2.3.4.5",
  "1.2.3.256",
  "1..2.3",
  "a.b.c.d",
  ":::",
  "1:2",
  "1::2::3",
  "12345::",
  "1:2:3:4:5:6:7:8:9",
])("no address: %p", (text) => expect(parseIp(text)).toBeNull());

test.each([
  ["10.0.0.0/8", "10.255.1.2", true],
  ["10.0.0.0/8", "11.0.0.1", false],
  ["10.0.0.0/255.128.0.0", "10.127.0.1", true],
  ["10.0.0.0/255.128.0.0", "10.128.0.1", false],
  ["192.0.2.1", "192.0.2.1", true],
  ["0.0.0.0/0", "8.8.8.8", true],
  ["2001:db8::/33", "2001:db8:7fff::1", true],
  ["2001:db8::/33", "2001:db8:8000::1", false],
  ["10.0.0.0/8", "::1", false],
])("%s has %s: %p", (network, address, inside) => {
  expect(Network.parse(network)!.contains(parseIp(address)!)).toBe(inside);
});
