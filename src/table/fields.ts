import type { StoredModel } from "../config/model.ts";
import { countRate, readRate, setRate } from "./rate.ts";
import type { DataKind, DataType } from "./types.ts";

/** One datum of the entries of a table: a stored data type, or an element of an array. */
export class Field {
  readonly type: DataType;
  /** As it is shown: the type's name, elements of arrays as gpt0, gpc1 or gpc2_rate. */
  readonly name: string;
  readonly kind: DataKind;
  /** Its first cell in an entry. */
  readonly cell: number;
  /** Milliseconds; 0 = it is no rate. */
  readonly period: number;

  constructor(type: DataType, stored: StoredModel, index: number, cell: number) {
    this.type = type;
    this.name = type.array === true ? elementName(type.name, index) : type.name;
    this.kind = type.kind;
    this.cell = cell;
    this.period = stored.period;
  }

  /** `at`: first cell of the entry. `now`: epoch ms. */
  read(cells: Int32Array, at: number, now: number): number {
    const cell = at + this.cell;
    switch (this.kind) {
      case "uint":
        return Atomics.load(cells, cell) >>> 0;
      case "rate":
        return readRate(cells, cell, this.period, now);
      case "ull":
        return (Atomics.load(cells, cell + 1) >>> 0) * WORD + (Atomics.load(cells, cell) >>> 0);
      case "sint":
      case "text":
        return Atomics.load(cells, cell);
    }
  }

  add(cells: Int32Array, at: number, n: number, now: number): void {
    const cell = at + this.cell;
    switch (this.kind) {
      case "uint":
      case "sint":
        Atomics.add(cells, cell, n);
        return;
      case "rate":
        countRate(cells, cell, this.period, n, now);
        return;
      case "ull": {
        const low = n >>> 0;
        const before = Atomics.add(cells, cell, low) >>> 0;
        const high = Math.floor(n / WORD) + (before + low >= WORD ? 1 : 0);
        if (high !== 0) Atomics.add(cells, cell + 1, high);
        return;
      }
      case "text":
        return;
    }
  }

  /** Rates become as if `value` events had just happened. */
  set(cells: Int32Array, at: number, value: number, now: number): void {
    const cell = at + this.cell;
    if (this.kind === "rate") {
      setRate(cells, cell, value, now);
      return;
    }
    Atomics.store(cells, cell, value | 0);
    if (this.kind === "ull") Atomics.store(cells, cell + 1, Math.floor(value / WORD) | 0);
  }
}

const WORD = 0x100000000;

/** `gpc_rate` 2 is shown as `gpc2_rate`. */
function elementName(name: string, index: number): string {
  const [stem, ...rest] = name.split("_");
  return [`${stem}${index}`, ...rest].join("_");
}
