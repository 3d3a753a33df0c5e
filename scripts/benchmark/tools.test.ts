import { expect, test } from "bun:test";
import { parse as parseH2 } from "./h2load.ts";
import { parse as parseHandshakes } from "./handshakes.ts";

const h2 = `finished in 1.00s, 226304.00 req/s, 8.42MB/s
requests: 226304 total, 226432 started, 226304 done, 226304 succeeded, 0 failed, 0 errored, 0 timeout
status codes: 226304 2xx, 0 3xx, 0 4xx, 0 5xx
traffic: 8.42MB (8825976) total, 3.45MB (3620864) headers (space savings 65.96%), 1.08MB (1131520) data
`;

test("the report of h2load is read, with failures and statuses", () => {
  expect(parseH2(h2)).toEqual({
    requests: 226304,
    perSecond: 226304,
    p50: Number.NaN,
    p99: Number.NaN,
    errors: "",
  });
  expect(parseH2(h2.replace("0 errored", "3 errored")).errors).toContain("3 errored");
  expect(parseH2(h2.replace("0 5xx", "7 5xx")).errors).toBe("status codes: 226304 2xx, 0 3xx, 0 4xx, 7 5xx");
});

test("the report of s_time is read: connections, and those not resumed", () => {
  const report = (marks: string): string =>
    `Now timing with session id reuse.\nstarting\n${marks}\n\n5 connections in 0.49s; 3644.90 connections/user sec, bytes read 7\n5 connections in 2 real seconds, 88 bytes read per connection\n`;
  expect(parseHandshakes(report("rrrrr"))).toEqual({ connections: 5, full: 0 });
  expect(parseHandshakes(report("rr*rr")).full).toBeGreaterThan(0);
  expect(parseHandshakes(report("*****"))).toEqual({ connections: 5, full: 5 });
});
