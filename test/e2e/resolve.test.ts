/** `do-resolve` as HAProxy does it, against a DNS server of the test. */
import { expect, test } from "bun:test";
import { haproxyPath } from "../harness/proxy.ts";
import { Scope } from "../harness/scope.ts";
import { canIsolate, isolated } from "./namespace/enter.ts";

test.skipIf(!canIsolate || haproxyPath === null)(
  "names are resolved alike: addresses of both families, aliases, names that are not there, silence",
  async () => {
    await using scope = new Scope();
    const { haproxy, tlb } = (await isolated(scope, "resolve.ts")) as Record<"haproxy" | "tlb", Record<string, string>>;
    expect(tlb).toEqual(haproxy);
    expect(tlb).toMatchObject({
      "four four.test": "192.0.2.4",
      "six both.test": "2001:db8::4",
      "four chain.test": "192.0.2.6",
      "any nowhere.test": "",
      "x/before nowhere.test": "before",
    });
  },
  90_000,
);
