/** `set-tos` and `set-mark`, seen on the wire: packets are read as they pass, and what carries a mark is routed to nowhere. `set-nice` has no effect. */
import { expect, test } from "bun:test";
import { loadText } from "../../src/config/load.ts";
import { haproxyPath } from "../harness/proxy.ts";
import { Scope } from "../harness/scope.ts";
import { canIsolate, isolated } from "./namespace/enter.ts";

test.skipIf(!canIsolate || haproxyPath === null)(
  "packets carry what set-tos says, and set-mark decides where they go",
  async () => {
    await using scope = new Scope();
    const { haproxy, tlb } = (await isolated(scope, "marks.ts")) as Record<"haproxy" | "tlb", Record<string, string>>;
    expect(tlb).toEqual(haproxy);
    // What HAProxy did is worth comparing.
    expect(tlb).toMatchObject({
      "127.0.0.1 /none /tos /none": "IPv4 0; IPv4 16; IPv4 16",
      "::1 /all": expect.stringMatching(/^IPv6 25[2-5]$/),
      "127.0.0.1 /mark /lost": "IPv4 0; lost",
      "tcp m": "lost",
      "connection from 127.0.0.2": "IPv4 8",
    });
  },
  60_000,
);

test("set-nice is taken, and says that it does nothing", () => {
  const rules = ["tcp-request content", "http-request", "http-response"].map((set) => `  ${set} set-nice 5\n`);
  const { diagnostics } = loadText(
    `defaults\n  mode http\n  timeout client 1s\n  timeout server 1s\n  timeout connect 1s\nlisten l\n  bind 127.0.0.1:8001\n${rules.join("")}  server s 127.0.0.1:1\n`,
    "t.cfg",
  );
  expect(diagnostics.list.map(({ severity, code, at }) => `${severity} ${code} ${at.line}`)).toEqual(
    [8, 9, 10].map((line) => `warning config/no-effect ${line}`),
  );
});
