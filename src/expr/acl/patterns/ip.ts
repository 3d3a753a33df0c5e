import type { Value } from "../../sample.ts";
import type { Columns } from "../columns.ts";
import { earlier, NONE } from "../entry.ts";
import { Patricia } from "../index/patricia.ts";
import type { MatchFlags, MatchMethod, PatternIndex } from "./method.ts";
import { type IpPattern, parseNetwork, words } from "./network.ts";

/** Scratch words of the address being looked up: matching is synchronous, so one of each will do. */
const key4 = new Uint32Array(1);
const key6 = new Uint32Array(4);

/**
 * Networks of both families (manual, section 7.1.6). The longest one answers; those of the sample's own family go first, then
 * the other family by the mapped address, then IPv4 masks with holes in order.
 */
class NetworkIndex implements PatternIndex {
  readonly kind = "tree";
  private v4 = new Patricia(1);
  private v6 = new Patricia(4);
  private holes: { readonly address: number; readonly mask: number; readonly row: number }[] = [];

  constructor(
    private readonly flags: MatchFlags,
    private readonly columns: Columns,
  ) {}

  add(row: number): string | null {
    const pattern = this.parse(row);
    if (pattern === null) return `'${this.columns.pattern(row)}' is not a valid IPv4 or IPv6 address`;
    const { family, key, bits, mask } = pattern;
    if (family === 6) this.v6.add(key, bits, row);
    else if (bits >= 0) this.v4.add(key, bits, row);
    else this.holes.push({ address: key[0]!, mask, row });
    return null;
  }

  remove(row: number): void {
    const pattern = this.parse(row);
    if (pattern === null) return;
    const { family, key, bits } = pattern;
    if (family === 6) this.v6.remove(key, bits, row);
    else if (bits >= 0) this.v4.remove(key, bits, row);
    else this.holes = this.holes.filter((hole) => hole.row !== row);
  }

  clear(): void {
    this.v4 = new Patricia(1);
    this.v6 = new Patricia(4);
    this.holes = [];
  }

  match(value: Value): number {
    const bytes = value as Uint8Array;
    if (bytes.length === 4) {
      words(bytes, key4);
      const own = this.v4.size === 0 ? NONE : this.v4.longest(key4);
      if (own >= 0) return own;
      if (this.v6.size !== 0) {
        key6[0] = 0;
        key6[1] = 0;
        key6[2] = 0xffff;
        key6[3] = key4[0]!;
        const mapped = this.v6.longest(key6);
        if (mapped >= 0) return mapped;
      }
      return this.matchHoles(key4[0]!);
    }
    words(bytes, key6);
    const own = this.v6.size === 0 ? NONE : this.v6.longest(key6);
    if (own >= 0) return own;
    // ::ffff:a.b.c.d, ::a.b.c.d and 2002:aabb:ccdd:: hold an IPv4 address.
    if (key6[0] === 0 && key6[1] === 0 && (key6[2] === 0 || key6[2] === 0xffff)) key4[0] = key6[3]!;
    else if (key6[0]! >>> 16 === 0x2002) key4[0] = (key6[0]! << 16) | (key6[1]! >>> 16);
    else return NONE;
    const inner = this.v4.longest(key4);
    return inner >= 0 ? inner : this.matchHoles(key4[0]!);
  }

  private matchHoles(address: number): number {
    let best = NONE;
    for (const hole of this.holes) {
      if (((address ^ hole.address) & hole.mask) === 0) best = earlier(best, hole.row);
    }
    return best;
  }

  private parse(row: number): IpPattern | null {
    const { columns, flags } = this;
    const start = flags.abbreviated && columns.startup(row);
    return parseNetwork(columns.pattern(row), start, start ? flags.host : undefined);
  }
}

/** `-m ip`. */
export const ip: MatchMethod = {
  name: "ip",
  help: "the address is one of the values or in one of the networks",
  expects: "addr",
  operators: null,
  create: (flags, columns) => new NetworkIndex(flags, columns),
};
