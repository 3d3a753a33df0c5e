/**
 * Persistence by stick tables (manual, section 4.2: stick), in HAProxy's order: the rules about the request run when cookies and
 * `use-server` have had their say, what they store is kept until the server has answered, and the rules about the response add theirs.
 */
import type { Balancer } from "../balance/types.ts";
import { addressText } from "../expr/cast.ts";
import type { Backend } from "../proxy/backend.ts";
import type { Server } from "../proxy/server.ts";
import type { PersistRule, StickRule } from "../rules/stick.ts";
import type { RuleStream } from "../rules/types.ts";
import type { KeyValue } from "../table/key.ts";
import { clock } from "../util/clock.ts";
import { serverKey } from "./server-key.ts";
import type { Stream } from "./stream.ts";
import { alive } from "../server/alive.ts";

/** What one exchange stores at most, request and response together. */
const MOST_STORES = 8;

/** Keys that wait for the server to be known. */
export class PendingStores {
  count = 0;
  readonly rules: StickRule[] = [];
  readonly keys: KeyValue[] = [];

  add(rule: StickRule, key: KeyValue): void {
    if (this.count >= MOST_STORES) return;
    this.rules[this.count] = rule;
    this.keys[this.count] = key;
    this.count++;
  }

  /** Nothing of a configuration that was replaced is kept. */
  clear(): void {
    this.count = this.rules.length = this.keys.length = 0;
  }

  /** One of the rules from `from` on has stored in the same table. */
  has({ table }: StickRule, from: number): boolean {
    for (let i = from; i < this.count; i++) if (this.rules[i]!.table === table) return true;
    return false;
  }
}

/** The first `force-persist` or `ignore-persist` that applies. */
export function judgePersistence(stream: Stream, rules: readonly PersistRule[], samples: RuleStream): void {
  for (let i = 0; i < rules.length; i++) {
    const { condition, kind } = rules[i]!;
    if (condition !== null && !condition(samples)) continue;
    if (kind === "force") stream.forcePersist = true;
    else stream.ignorePersist = true;
    return;
  }
}

/** Looks for the server in the tables, and notes what is to be stored. */
export function stickRequest(stream: Stream, rules: readonly StickRule[], samples: RuleStream): void {
  const backend = stream.backend!;
  const stores = (stream.stores ??= new PendingStores());
  for (let i = 0; i < rules.length; i++) {
    const rule = rules[i]!;
    // The first that finds a key for a table is the one that stores there: those behind it are alternatives.
    if (rule.store && stores.has(rule, 0)) continue;
    if (rule.condition !== null && !rule.condition(samples)) continue;
    const key = rule.key(samples);
    if (key === null) {
      rule.tell?.("no key");
      continue;
    }
    if (rule.match) matchEntry(stream, backend, rule, key);
    if (rule.store) {
      stores.add(rule, key);
      rule.tell?.(`${describe(rule, key)} will be stored`);
    }
  }
}

function matchEntry(stream: Stream, backend: Backend, rule: StickRule, key: KeyValue): void {
  const { table } = rule;
  const entry = table.lookup(key, clock.now);
  if (entry < 0) {
    rule.tell?.(`${describe(rule, key)}: not there`);
    return;
  }
  if (stream.direct === null) {
    if (backend.stale) {
      backend.refresh();
      (backend.balancer as Balancer).rebuild();
    }
    const server = storedServer(backend, rule, entry);
    const fits = server !== null && (alive(server) || backend.model.options.persist === true || stream.forcePersist);
    if (fits) stream.direct = server;
    if (rule.tell !== null) {
      const what =
        server === null ? "no server of this backend" : `server ${server.name}${fits ? "" : ", which is down"}`;
      rule.tell(`${describe(rule, key)}: ${what}`);
    }
  } else rule.tell?.("a server is chosen already");
  table.touch(entry, clock.now);
}

/** By its name or address, and where that says nothing, by its number. */
function storedServer(
  { servers }: Backend,
  { table, serverId, serverKey: field }: StickRule,
  entry: number,
): Server | null {
  const key = field === null ? null : table.text(entry, field);
  if (key !== null) {
    const byName = table.model.serverKey === "name";
    for (const server of servers) if ((byName ? server.name : serverKey(server)) === key) return server;
  }
  const id = serverId === null ? 0 : table.read(entry, serverId, clock.now);
  if (id !== 0) for (const server of servers) if (server.id === id) return server;
  return null;
}

function describe({ table }: StickRule, key: KeyValue): string {
  const text = typeof key === "string" ? JSON.stringify(key) : typeof key === "number" ? String(key) : addressText(key);
  return `${text} in ${table.name}`;
}

/** The server has answered (mode tcp: the connection stands): rules about the response, then everything is stored. */
export function stickResponse(stream: Stream, rules: readonly StickRule[], samples: RuleStream): void {
  const stores = (stream.stores ??= new PendingStores());
  const first = stores.count;
  for (let i = 0; i < rules.length; i++) {
    const rule = rules[i]!;
    if (stores.has(rule, first)) continue;
    if (rule.condition !== null && !rule.condition(samples)) continue;
    const key = rule.key(samples);
    if (key !== null) stores.add(rule, key);
    rule.tell?.(key === null ? "no key" : `${describe(rule, key)} is stored`);
  }
  storeServer(stream, stores);
}

function storeServer({ server }: Stream, stores: PendingStores): void {
  const { count } = stores;
  if (server === null || server.index < 0 || server.model.nonStick) {
    stores.clear();
    return;
  }
  const { now } = clock;
  for (let i = 0; i < count; i++) {
    const { table, serverId, serverKey: field } = stores.rules[i]!;
    const entry = table.obtain(stores.keys[i]!, now);
    if (entry < 0) continue;
    if (serverId !== null) table.set(entry, serverId, server.id, now);
    if (field !== null) table.setText(entry, field, table.model.serverKey === "name" ? server.name : serverKey(server));
    table.touch(entry, now);
  }
  stores.clear();
}
