/**
 * What a supervisor hands over to its successor, a new process of this program that may be of another version: everything that
 * must not be lost, as plain JSON beside the descriptors.
 *
 *     old supervisor                               new supervisor
 *     starts it, with a channel for descriptors
 *                                                  reads and checks the configuration
 *                                             <─   hello
 *     descriptors, handover                   ─>
 *                                                  binds what is new, starts its workers on the sockets of old and new
 *                                             <─   ready
 *     its workers drain, it gives up sockets
 *
 * Until `ready` nothing has changed for the old one: if the new one ends, it goes on.
 */
import type { Address, Model, StickTableModel } from "../config/model.ts";
import { layoutOf } from "../cache/layout.ts";
import { E, H as T, layoutOf as tableLayout } from "../table/layout.ts";
import { cellsOf } from "../table/types.ts";
import { layoutText } from "../counters/shared.ts";
import type { Change } from "../expr/changes.ts";
import type { Value } from "../expr/sample.ts";
import type { Listener } from "./listeners.ts";
import type { SlotTableState } from "./slots.ts";
import type { PreviousModel } from "./types.ts";

/** Raised when the messages change: another format is refused, and the old process goes on. */
export const HANDOVER_FORMAT = 1;

/** Names the descriptor of the channel in the environment of a successor. */
export const SUCCESSOR_MARK = "TLB_SUCCESSOR";

/** Descriptors come in this order: the segment, those of the listeners, those of the caches and of the stick tables, that of the front. */
export interface Handover {
  readonly format: number;
  /** `layoutId` of who made the memory: a successor that reads it otherwise begins with memory of its own. */
  readonly layout: string;
  readonly workers: number;
  readonly generation: number;
  readonly slots: SlotTableState;
  readonly listeners: readonly {
    readonly key: string;
    readonly address: Address;
    readonly fds: number;
    readonly unix: { readonly path: string; readonly inode: string } | null;
  }[];
  readonly caches: readonly { readonly name: string; readonly key: string; readonly megabytes: number }[];
  readonly tables: readonly { readonly key: string; readonly model: StickTableModel }[];
  readonly changes: readonly unknown[];
  readonly previous: PreviousModel;
  /** A descriptor for front.ts comes along. */
  readonly front: boolean;
}

export type ToSuccessor =
  | { readonly type: "handover"; readonly handover: Handover; readonly fds: number }
  /** What rules changed in a worker that still finishes. */
  | { readonly type: "changes"; readonly changes: readonly unknown[] };

export type FromSuccessor =
  | { readonly type: "hello" }
  /** Something it wrote on standard error before it was ready. */
  | { readonly type: "said"; readonly text: string }
  | { readonly type: "ready"; readonly pidfile: string | null };

interface Owned {
  readonly fd: number;
}

type Caches = readonly (Handover["caches"][number] & Owned)[];
type Tables = readonly (Handover["tables"][number] & Owned)[];

/** What is told of everything that has a descriptor. */
export function memoryOf(
  listeners: readonly Listener[],
  caches: Caches,
  tables: Tables,
): Pick<Handover, "listeners" | "caches" | "tables"> {
  return {
    listeners: listeners.map(({ key, address, fds, unix }) => ({
      key,
      address,
      fds: fds.length,
      unix: unix === null ? null : { path: unix.path, inode: unix.identity },
    })),
    caches: caches.map(({ name, key, megabytes }) => ({ name, key, megabytes })),
    tables: tables.map(({ key, model }) => ({ key, model })),
  };
}

/** And the descriptors, in the same order. */
export function descriptorsOf(listeners: readonly Listener[], caches: Caches, tables: Tables): number[] {
  return [...listeners.flatMap(({ fds }) => fds), ...[...caches, ...tables].map(({ fd }) => fd)];
}

/** Versions with the same text share memory. */
export function layoutId(): string {
  const table = tableLayout({ keyType: "ip", keyLength: 4, size: 1, store: [] }, 1);
  return Bun.hash(layoutText() + JSON.stringify([layoutOf(1, 1), T, E, cellsOf, table])).toString(16);
}

/** What of a model says which values of kept objects the file changed. */
export function previousModel({ global, proxies }: Model): PreviousModel {
  const { maxConnRate, maxSessRate, maxSslRate, compressionMaxRate } = global;
  return {
    global: { maxConnRate, maxSessRate, maxSslRate, compressionMaxRate },
    proxies: proxies.map(({ name, kind, maxconn, servers }) => ({
      name,
      kind,
      maxconn,
      servers: servers.map(({ name: server, weight, maxconn: most, addressText, disabled }) => ({
        name: server,
        weight,
        maxconn: most,
        addressText,
        disabled,
      })),
    })),
  };
}

/** Values that JSON does not have. */
type Packed = { readonly bytes: string } | { readonly integer: string } | { readonly plain: Value | null };

export function packChange(change: Change): unknown {
  if (change.kind !== "variable") return change;
  const { value } = change;
  const packed: Packed =
    value instanceof Uint8Array
      ? { bytes: Buffer.from(value).toString("base64") }
      : typeof value === "bigint"
        ? { integer: String(value) }
        : { plain: value };
  return { ...change, value: packed };
}

export function unpackChange(packed: unknown): Change {
  const change = packed as Change;
  if (change.kind !== "variable") return change;
  const value = change.value as unknown as Packed;
  const unpacked =
    "bytes" in value ? Buffer.from(value.bytes, "base64") : "integer" in value ? BigInt(value.integer) : value.plain;
  return { ...change, value: unpacked };
}
