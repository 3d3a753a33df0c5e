import { expect, test } from "bun:test";
import { parseConfig, systemEnv } from "../config/index.ts";
import type { Address, Model } from "../config/model.ts";
import { Diagnostics } from "../lang/diagnostic.ts";
import { type Found, resolveServers } from "./resolve.ts";

const empty = parseConfig([], systemEnv(), new Diagnostics());
const at = { file: "t.cfg", line: 3, column: 1 };

type InitAddr = Model["proxies"][number]["servers"][number]["initAddr"];

function model(servers: Record<string, { fqdn: string | null; initAddr: InitAddr; text?: string }>): Model {
  const list = Object.entries(servers).map(([name, { fqdn, initAddr, text }]) => ({
    name,
    at,
    fqdn,
    addressText: text ?? `${fqdn}:80`,
    initAddr,
    port: { kind: "fixed", value: 80 },
  }));
  return { ...empty, proxies: [{ name: "be", servers: list }] as unknown as Model["proxies"] };
}

const names: Readonly<Record<string, readonly Found[]>> = {
  both: [
    { family: 6, ip: "::1" },
    { family: 4, ip: "127.0.0.5" },
  ],
};

function fake(): { readonly asked: string[]; readonly lookup: (name: string) => Promise<readonly Found[]> } {
  const asked: string[] = [];
  return {
    asked,
    lookup: async (name) => {
      asked.push(name);
      return names[name] ?? [];
    },
  };
}

test("the methods of init-addr are tried in turn", async () => {
  const { lookup, asked } = fake();
  const last = (key: string): Address | null =>
    key === "be/kept" ? { kind: "ip", family: 4, ip: "127.0.0.8", port: 1 } : null;
  const { addresses, diagnostics } = await resolveServers(
    model({
      literal: { fqdn: null, initAddr: ["last", "libc"] },
      kept: { fqdn: "both", initAddr: ["last", "libc"] },
      found: { fqdn: "both", initAddr: ["last", "libc"] },
      four: { fqdn: "both", initAddr: ["libc"], text: "ipv4@both:80" },
      none: { fqdn: "gone", initAddr: ["libc", "none"] },
      fixed: { fqdn: "gone", initAddr: ["libc", { ip: "127.0.0.9" }] },
      first: { fqdn: "gone", initAddr: [{ ip: "::2" }, "libc"] },
      lost: { fqdn: "gone", initAddr: ["last", "libc"] },
      nowhere: { fqdn: "gone", initAddr: ["last"] },
    }),
    { lookup, last },
  );
  expect(Object.fromEntries(addresses)).toEqual({
    "be/kept": { kind: "ip", family: 4, ip: "127.0.0.8", port: 80 },
    "be/found": { kind: "ip", family: 6, ip: "::1", port: 80 },
    "be/four": { kind: "ip", family: 4, ip: "127.0.0.5", port: 80 },
    "be/fixed": { kind: "ip", family: 4, ip: "127.0.0.9", port: 80 },
    "be/first": { kind: "ip", family: 6, ip: "::2", port: 80 },
  });
  expect(diagnostics.map(({ severity, message }) => `${severity}: ${message}`)).toEqual([
    "warning: 'gone' of server 'fixed' does not resolve: its init-addr is used",
    "error: 'gone' of server 'lost' does not resolve to an address",
    "error: no method of init-addr finds an address for 'gone' of server 'nowhere'",
  ]);
  expect(asked.sort()).toEqual(["both", "gone"]);
});

test("the machine's own hosts file is read, and a name nobody knows is an answer", async () => {
  const { addresses, diagnostics } = await resolveServers(
    model({
      s: { fqdn: "localhost", initAddr: ["libc"], text: "ipv4@localhost:80" },
      t: { fqdn: "no-such-name.invalid", initAddr: ["libc", "none"] },
    }),
  );
  expect([...addresses]).toEqual([["be/s", { kind: "ip", family: 4, ip: "127.0.0.1", port: 80 }]]);
  expect(diagnostics).toEqual([]);
});
