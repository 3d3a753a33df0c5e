/** Network namespaces by name: `namespace` of bind and server lines. */
import { expect, test } from "bun:test";
import { haproxyPath } from "../harness/proxy.ts";
import { Scope } from "../harness/scope.ts";
import { canIsolate, isolated } from "./namespace/enter.ts";

test.skipIf(!canIsolate || haproxyPath === null)(
  "listeners are in the namespaces that bind lines name, and connections and checks leave from those of servers",
  async () => {
    await using scope = new Scope();
    const found = (await isolated(scope, "named.ts")) as Record<string, unknown>;
    const all = { here: ["blue", "outside"], there: "outside", checks: ["UP", "UP"] };
    expect(found).toEqual({ haproxy: all, tlb: all, "tlb, chroot": all, missing: true });
  },
  60_000,
);
