/**
 * Host names of servers at start and reload (manual section 5.2, `init-addr`), without blocking: many names are asked for
 * at the same time, each once. The C library answers, so /etc/hosts and nsswitch.conf count. Never used for traffic.
 */
import { dns } from "bun";
import type { Address, Model, ServerModel } from "../config/model.ts";
import type { Diagnostic } from "../lang/diagnostic.ts";

export interface Resolution {
  /** Addresses by "backend/server", of servers with a host name; those that start without one are absent. */
  readonly addresses: ReadonlyMap<string, Address>;
  /** An error for each server no method of which worked, a warning for each that fell back to a fixed address. */
  readonly diagnostics: readonly Diagnostic[];
}

export interface ResolveOptions {
  /** Address the state file has for "backend/server": the method `last`. Default: there is none. */
  readonly last?: (key: string) => Address | null;
  /** Asks for a name; first address first, [] when there is none. Must not reject. */
  readonly lookup?: (name: string) => Promise<readonly Found[]>;
}

export interface Found {
  readonly family: 4 | 6;
  readonly ip: string;
}

/** Applies the methods of `init-addr` of every server with a host name in turn; the first that works is taken. Never rejects. */
export async function resolveServers(model: Model, options: ResolveOptions = {}): Promise<Resolution> {
  const { lookup = lookupName, last = () => null } = options;
  const asked = new Map<string, Promise<readonly Found[]>>();
  const ask = (name: string): Promise<readonly Found[]> => {
    let answer = asked.get(name);
    if (answer === undefined) asked.set(name, (answer = lookup(name)));
    return answer;
  };
  const named = model.proxies.flatMap((proxy) =>
    proxy.servers
      .filter((server) => server.fqdn !== null)
      .map((server) => ({ key: `${proxy.name}/${server.name}`, server })),
  );
  const results = await Promise.all(named.map(({ key, server }) => firstAddress(server, () => last(key), ask)));
  const addresses = new Map<string, Address>();
  const diagnostics: Diagnostic[] = [];
  for (const [i, { key, server }] of named.entries()) {
    const { address, problem } = results[i]!;
    if (address !== null) addresses.set(key, address);
    if (problem !== null) diagnostics.push(describe(server, problem));
  }
  return { addresses, diagnostics };
}

type Problem = "unresolved" | "fallback" | "no method";

interface Outcome {
  readonly address: Address | null;
  readonly problem: Problem | null;
}

async function firstAddress(
  server: ServerModel,
  last: () => Address | null,
  ask: (name: string) => Promise<readonly Found[]>,
): Promise<Outcome> {
  const port = server.port.kind === "fixed" ? server.port.value : 0;
  let asked = false;
  for (const method of server.initAddr) {
    if (method === "none") return { address: null, problem: null };
    if (method === "last") {
      const known = last();
      if (known !== null) return { address: known.kind === "ip" ? { ...known, port } : known, problem: null };
    } else if (method === "libc") {
      asked = true;
      const found = (await ask(server.fqdn!)).find(({ family }) => allows(server, family));
      if (found !== undefined) return { address: { kind: "ip", ...found, port }, problem: null };
    } else {
      const family = method.ip.includes(":") ? 6 : 4;
      return { address: { kind: "ip", family, ip: method.ip, port }, problem: asked ? "fallback" : null };
    }
  }
  return { address: null, problem: asked ? "unresolved" : "no method" };
}

/** A prefix such as `ipv4@` of the address as written narrows the choice. */
function allows({ addressText }: ServerModel, family: 4 | 6): boolean {
  const prefix = /^(?:stream\+)?[a-z]+([46])@/.exec(addressText);
  return prefix === null || Number(prefix[1]) === family;
}

function describe(server: ServerModel, problem: Problem): Diagnostic {
  const { at, name, fqdn } = server;
  const place = { at, endColumn: at.column + 1, code: "config/unresolved-name" };
  switch (problem) {
    case "fallback":
      return {
        ...place,
        severity: "warning",
        message: `'${fqdn}' of server '${name}' does not resolve: its init-addr is used`,
      };
    case "unresolved":
      return {
        ...place,
        severity: "error",
        message: `'${fqdn}' of server '${name}' does not resolve to an address`,
        hint: "'init-addr last,libc,none' starts without one",
      };
    case "no method":
      return {
        ...place,
        severity: "error",
        message: `no method of init-addr finds an address for '${fqdn}' of server '${name}'`,
        hint: "'init-addr last,libc,none' starts without one",
      };
  }
}

/** All addresses the C library knows for a name, in its order. */
async function lookupName(name: string): Promise<readonly Found[]> {
  try {
    const found = await dns.lookup(name, { backend: "libc", socketType: "tcp" });
    return found.map(({ address, family }) => ({ family, ip: address }));
  } catch {
    return [];
  }
}
