import { expect, test } from "bun:test";
import { resolveName, resolveWithin } from "./resolve.ts";

test("names of /etc/hosts and literals resolve, reserved names do not", () => {
  expect(resolveName("127.0.0.1", 0)).toEqual({ family: 4, ip: "127.0.0.1" });
  expect(resolveName("::1", 6)).toEqual({ family: 6, ip: "0:0:0:0:0:0:0:1" });
  expect(resolveName("localhost", 4)).toEqual({ family: 4, ip: "127.0.0.1" });
  expect(resolveName("127.0.0.1", 6)).toBeNull();
  expect(resolveName("no-such-host.invalid", 0)).toBeNull();
});

test("all names of a configuration share a budget of time, and each is asked once", () => {
  const asked: string[] = [];
  let time = 0;
  const resolve = resolveWithin(
    (name) => {
      asked.push(name);
      time += name.startsWith("slow") ? 6000 : 1;
      return name.startsWith("slow") ? null : { family: 4, ip: "10.0.0.1" };
    },
    () => time,
  );
  expect(resolve("quick", 0)).toEqual({ family: 4, ip: "10.0.0.1" });
  expect([resolve("slow1", 0), resolve("slow1", 0), resolve("slow2", 0)]).toEqual([null, null, null]);
  // Spent: what is known stays known, nothing else is asked.
  expect([resolve("other", 0), resolve("quick", 0)]).toEqual([null, { family: 4, ip: "10.0.0.1" }]);
  expect(asked).toEqual(["quick", "slow1", "slow2"]);
});
