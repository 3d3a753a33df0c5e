/** `do-resolve` as HAProxy does it, against a DNS server of the test. */
import { expect, test } from "bun:test";
import { haproxyPath } from "../harness/proxy.ts";
import { Scope } from "../harness/scope.ts";
import { canIsolate, isolated } from "./namespace/enter.ts";

test.skipIf(!canIsolate || haproxyPath === null)(
  "names are resolved alike: addresses of both families, aliases, names that are not there, silence",
  async () => {
    await using scope = new Scope();
    const { haproxy, tlb } = (await isolated(scope, "resolve.ts")) as Record<
      "haproxy" | "tlb",
      { found: Record<string, string>; questions: number[] }
    >;
    expect(tlb.found).toEqual(haproxy.found);
    // HAProxy 2.6 forgets an answer with the request that asked for it, whatever its manual says of 'hold valid'.
    expect(tlb.questions).toEqual([1, 0, 0, 1]);
    expect(tlb.found).toMatchObject({
      "four four.test": "192.0.2.4",
      "six both.test": "2001:db8::4",
      "four chain.test": "192.0.2.6",
      "any nowhere.test": "",
      "x/before nowhere.test": "before",
      "own alias.test": "192.0.2.4",
      "own 127.1": "",
      "own localhost": "",
    });
  },
  90_000,
);
