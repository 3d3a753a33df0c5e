import { isIP, isIPv4 } from "node:net";
import type { Address } from "../model.ts";
import type { ServerDraft } from "../draft.ts";
import { eachProxy, errorAt, warnAt } from "./check.ts";

/**
 * Gives servers with a host name their first address by the methods of `init-addr`, in order. `last` is
 * what a server state file says. A name that stays unresolved is an error unless `none` or `-dr` allows it. Without a resolver nothing is judged.
 */
export const resolveServers = eachProxy((proxy, { env, diagnostics }) => {
  const { resolve, ignoreResolution = false } = env;
  if (resolve === undefined) return;
  const known = new Map<string, ReturnType<typeof resolve>>();
  for (const server of proxy.servers) {
    if (server.fqdn === null) continue;
    // Scripts look for these words of HAProxy.
    const failed = `'server ${proxy.name}/${server.name}' : could not resolve address '${server.fqdn}'`;
    const word = server.marks.get("address") ?? proxy.nameWord;
    const result = firstAddress(server, (name) => {
      const family = server.fqdnFamily;
      const key = `${family} ${name}`;
      let found = known.get(key);
      if (found === undefined) known.set(key, (found = resolve(name, family)));
      return found;
    });
    if (result === "unresolved" && ignoreResolution) {
      // Where no method would have looked it up, there is nothing to say.
      if (!server.initAddr.includes("libc")) continue;
      warnAt(diagnostics, word, "config/unresolved-name", `${failed}, disabling server`);
    } else if (result === "unresolved") {
      errorAt(diagnostics, word, "config/unresolved-name", failed, "'init-addr last,libc,none' starts without one");
    } else if (result !== "none") {
      server.address = result.address;
      if (result.fallback) {
        warnAt(diagnostics, word, "config/unresolved-name", `${failed}, falling back to configured address`);
      }
    }
  }
});

type Lookup = (name: string) => { readonly family: 4 | 6; readonly ip: string } | null;

function firstAddress(
  server: ServerDraft,
  lookup: Lookup,
): { address: Address; fallback: boolean } | "none" | "unresolved" {
  const port = server.port.kind === "fixed" ? server.port.value : 0;
  for (const method of server.initAddr) {
    if (method === "none") return "none";
    if (method === "last") {
      const { lastAddress } = server;
      const family = lastAddress === null ? 0 : isIP(lastAddress);
      if (family === 4 || family === 6)
        return { address: { kind: "ip", family, ip: lastAddress!, port }, fallback: false };
      continue;
    }
    if (method === "libc") {
      const found = lookup(server.fqdn!);
      if (found !== null) return { address: { kind: "ip", family: found.family, ip: found.ip, port }, fallback: false };
      continue;
    }
    const family = isIPv4(method.ip) ? 4 : 6;
    return { address: { kind: "ip", family, ip: method.ip, port }, fallback: server.initAddr.includes("libc") };
  }
  return "unresolved";
}
