import type { Model } from "../config/model.ts";
import { PROCESS_SLOT } from "../counters/columns.ts";
import type { Shared } from "../counters/shared.ts";

/** Keys of everything in a model that is counted, in configuration order. */
export function slotKeys(model: Model): string[] {
  const keys: string[] = [];
  for (const proxy of model.proxies) {
    if (proxy.kind !== "backend") {
      keys.push(`F/${proxy.name}`);
      for (const bind of proxy.binds) keys.push(`L/${proxy.name}/${bind.id}`);
    }
    if (proxy.kind !== "frontend") {
      keys.push(`B/${proxy.name}`);
      if (proxy.dispatch !== null || proxy.options.transparent) keys.push(`D/${proxy.name}`);
      for (const server of proxy.servers) keys.push(`S/${proxy.name}/${server.name}`);
    }
  }
  return keys;
}

/** Slots for `used` objects and the growth that reloads may bring; a power of two. Unused ones take no memory. */
export function slotCapacity(used: number): number {
  let capacity = 4096;
  while (capacity < used * 4) capacity *= 2;
  return capacity;
}

/** A change of the slots that takes effect when it is committed. */
export interface SlotPlan {
  /** Key to slot, of everything in the new model. */
  readonly slots: Readonly<Record<string, number>>;
  /** Keys that did not exist before: their slots are zero. */
  readonly fresh: readonly string[];
  readonly removed: readonly string[];
}

/** A table as plain data. */
export interface SlotTableState {
  readonly used: Readonly<Record<string, number>>;
  readonly next: number;
  readonly freed: readonly number[];
}

/**
 * Which object has which slot of the shared segment. An object keeps its slot as long as its key stays in the model. A freed
 * slot is given out again only when no untouched one is left, the longest free first: connections that outlive a reload
 * still count into it for a while.
 */
export class SlotTable {
  private readonly shared: Shared;
  private used = new Map<string, number>();
  private next = PROCESS_SLOT + 1;
  private freed: number[] = [];

  constructor(shared: Shared) {
    this.shared = shared;
  }

  /** Takes over the table of a former supervisor of the same segment. */
  adopt({ used, next, freed }: SlotTableState): void {
    this.used = new Map(Object.entries(used));
    this.next = next;
    this.freed = [...freed];
  }

  state(): SlotTableState {
    return { used: Object.fromEntries(this.used), next: this.next, freed: [...this.freed] };
  }

  /** Plans the slots of `model`, and zeroes those of new objects; null when the segment has no room for them. */
  plan(model: Model): SlotPlan | null {
    const keys = slotKeys(model);
    const wanted = new Set(keys);
    const fresh = keys.filter((key) => !this.used.has(key));
    const room = this.shared.slots - this.next + this.freed.length;
    if (fresh.length > room) return null;
    const slots: Record<string, number> = {};
    let next = this.next;
    let reused = 0;
    for (const key of keys) {
      let slot = this.used.get(key);
      if (slot === undefined) {
        slot = next < this.shared.slots ? next++ : this.freed[reused++]!;
        this.shared.clearSlot(slot);
      }
      slots[key] = slot;
    }
    const removed = [...this.used.keys()].filter((key) => !wanted.has(key));
    return { slots, fresh, removed };
  }

  /** Makes the plan the state of the table. Only the plan made last may be committed. */
  commit(plan: SlotPlan): void {
    for (const key of plan.fresh) {
      const slot = plan.slots[key]!;
      if (slot >= this.next) this.next = slot + 1;
      else this.freed.splice(this.freed.indexOf(slot), 1);
    }
    for (const key of plan.removed) this.freed.push(this.used.get(key)!);
    this.used = new Map(Object.entries(plan.slots));
  }
}
