/** Backends in private memory for the tests of this folder; no parser, no workers. */
import type { BalanceModel, ProxyModel, ServerModel } from "../config/model.ts";
import { L, LIVE_WIDTH, Oper, S, Shared } from "../counters/shared.ts";
import { Backend } from "../proxy/backend.ts";
import type { Server } from "../proxy/server.ts";
import { findParam, findQueryParam } from "./keys.ts";
import type { BalanceRequest } from "./types.ts";

export interface ServerSpec {
  readonly weight?: number;
  readonly id?: number;
  readonly maxconn?: number;
  readonly maxqueue?: number;
  readonly backup?: boolean;
  /** Starts in maintenance. */
  readonly disabled?: boolean;
}

export interface BackendSpec {
  readonly servers: readonly ServerSpec[];
  readonly algorithm: BalanceModel["algorithm"];
  readonly hash?: Partial<BalanceModel["hash"]>;
  readonly allbackups?: boolean;
  readonly hashBalanceFactor?: number;
}

const at = { file: "test.cfg", line: 1, column: 1 };

/** Servers are named s1, s2, … and up. */
export function makeBackend(spec: BackendSpec): Backend {
  const balance: BalanceModel = {
    at,
    algorithm: spec.algorithm,
    hash: { method: "map-based", function: "sdbm", avalanche: false, ...spec.hash },
  };
  const servers = spec.servers.map(
    ({ weight = 1, id, maxconn = 0, maxqueue = 0, backup = false }, i) =>
      ({
        name: `s${i + 1}`,
        id: id ?? i + 1,
        weight,
        maxconn,
        minconn: 0,
        maxqueue,
        backup,
        address: null,
      }) as Partial<ServerModel>,
  );
  const model = {
    name: "b",
    balance,
    servers,
    fullconn: 0,
    dynamicCookieKey: null,
    hashBalanceFactor: spec.hashBalanceFactor ?? 0,
    options: spec.allbackups ? { allbackups: true } : {},
  } as unknown as ProxyModel;

  const shared = Shared.local(servers.length + 8);
  const slots = new Map<string, number>();
  const slotOf = (key: string) => {
    let slot = slots.get(key);
    if (slot === undefined) slots.set(key, (slot = slots.size + 1));
    return slot;
  };
  for (const [i, { weight = 1, maxconn = 0, disabled = false }] of spec.servers.entries()) {
    const slot = slotOf(`S/b/s${i + 1}`);
    shared.setState(slot, S.oper, Oper.running);
    shared.setState(slot, S.admin, disabled ? 1 : 0);
    shared.setState(slot, S.weight, weight);
    shared.setState(slot, S.maxconn, maxconn);
  }
  return new Backend(model, slotOf, shared, 0);
}

/** Changes a server as an administrator would; the caller rebuilds the balancer. */
export function setServer(
  server: Server,
  { admin, weight, slowstart, oper }: { admin?: number; weight?: number; slowstart?: number; oper?: number },
): void {
  const { shared, slot, backend } = server;
  if (admin !== undefined) shared.setState(slot, S.admin, admin);
  if (weight !== undefined) shared.setState(slot, S.weight, weight);
  if (slowstart !== undefined) shared.setState(slot, S.slowstartStep, slowstart);
  if (oper !== undefined) shared.setState(slot, S.oper, oper);
  shared.bump(backend.slot);
  backend.refresh();
}

/** Sets the streams of a server as if other workers had made them. */
export function setLive(server: Server, live: number): void {
  Atomics.store(server.shared.live, server.slot * LIVE_WIDTH + L.live, live);
}

export interface RequestSpec {
  readonly address?: string;
  readonly uri?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly rdp?: string;
}

export function makeRequest({
  address = "127.0.0.1",
  uri = "/",
  headers = {},
  body,
  rdp,
}: RequestSpec = {}): BalanceRequest {
  return {
    clientAddress: address,
    clientAddressBytes: () => addressBytes(address),
    uri: () => uri,
    header: (name) => headers[name] ?? null,
    urlParam: (name) => findQueryParam(uri, name),
    bodyParam: (name) => (body === undefined ? null : findParam(body, 0, name)),
    rdpCookie: () => rdp ?? null,
    // As of "req.hdr(x-key)".
    expression: () => headers["x-key"] ?? null,
  };
}

/** Textual IPv4, or IPv6 with all eight groups. */
function addressBytes(address: string): Uint8Array {
  if (!address.includes(":")) return Uint8Array.from(address.split("."), Number);
  return Uint8Array.from(
    address.split(":").flatMap((group) => {
      const value = Number.parseInt(group, 16);
      return [value >> 8, value & 255];
    }),
  );
}
