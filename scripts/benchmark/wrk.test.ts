import { expect, test } from "bun:test";
import { parse } from "./wrk.ts";

const report = `Running 1s test @ http://127.0.0.1:1/
  1 threads and 64 connections
  Latency Distribution
     50%    1.17ms
     75%    1.60ms
     90%  890.00us
     99%    2.19s
  42100 requests in 1.00s, 5.90MB read
  Socket errors: connect 0, read 3, write 0, timeout 0
  Non-2xx or 3xx responses: 12
Requests/sec:  42018.33
Transfer/sec:      5.89MB
`;

test("the report of wrk is read with its units and errors", () => {
  expect(parse(report)).toEqual({
    requests: 42100,
    perSecond: 42018.33,
    p50: 1.17,
    p99: 2190,
    errors: "Socket errors: connect 0, read 3, write 0, timeout 0; Non-2xx or 3xx responses: 12",
  });
});
