import { expect, test } from "bun:test";
import { resolveName } from "./resolve.ts";

test("names of /etc/hosts and literals resolve, reserved names do not", () => {
  expect(resolveName("127.0.0.1", 0)).toEqual({ family: 4, ip: "127.0.0.1" });
  expect(resolveName("::1", 6)).toEqual({ family: 6, ip: "0:0:0:0:0:0:0:1" });
  expect(resolveName("localhost", 4)).toEqual({ family: 4, ip: "127.0.0.1" });
  expect(resolveName("127.0.0.1", 6)).toBeNull();
  expect(resolveName("no-such-host.invalid", 0)).toBeNull();
});
