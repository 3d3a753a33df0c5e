import type { Model } from "../config/model.ts";
import { Table } from "./table.ts";

/** The stick tables of a configuration by name, those of disabled proxies too, in the order they were written. */
export class Tables {
  private readonly byName: ReadonlyMap<string, Table>;

  constructor({ proxies }: Pick<Model, "proxies">) {
    this.byName = new Map(
      proxies.flatMap(({ stickTable }) => (stickTable === null ? [] : [[stickTable.name, new Table(stickTable)]])),
    );
  }

  get(name: string): Table | undefined {
    return this.byName.get(name);
  }

  all(): IterableIterator<Table> {
    return this.byName.values();
  }

  /** Gives each table entries of its own in this process, where no other one is to see them. */
  attachLocal(): void {
    for (const table of this.byName.values()) table.attachLocal();
  }
}
