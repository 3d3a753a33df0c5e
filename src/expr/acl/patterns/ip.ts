import type { Value } from "../../sample.ts";
import { earlier, type Entry } from "../entry.ts";
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
  private holes: { readonly address: number; readonly mask: number; readonly entry: Entry }[] = [];

  constructor(private readonly flags: MatchFlags) {}

  add(entry: Entry): string | null {
    const pattern = this.parse(entry);
    if (pattern === null) return `'${entry.pattern}' is not a valid IPv4 or IPv6 address`;
    const { family, key, bits, mask } = pattern;
    if (family === 6) this.v6.add(key, bits, entry);
    else if (bits >= 0) this.v4.add(key, bits, entry);
    else this.holes.push({ address: key[0]!, mask, entry });
    return null;
  }

  remove(entry: Entry): void {
    const pattern = this.parse(entry);
    if (pattern === null) return;
    const { family, key, bits } = pattern;
    if (family === 6) this.v6.remove(key, bits, entry);
    else if (bits >= 0) this.v4.remove(key, bits, entry);
    else this.holes = this.holes.filter((hole) => hole.entry !== entry);
  }

  clear(): void {
    this.v4 = new Patricia(1);
    this.v6 = new Patricia(4);
    this.holes = [];
  }

  match(value: Value): Entry | null {
    const bytes = value as Uint8Array;
    if (bytes.length === 4) {
      words(bytes, key4);
      const own = this.v4.size === 0 ? null : this.v4.longest(key4);
      if (own !== null) return own;
      if (this.v6.size !== 0) {
        key6[0] = 0;
        key6[1] = 0;
        key6[2] = 0xffff;
        key6[3] = key4[0]!;
        const mapped = this.v6.longest(key6);
        if (mapped !== null) return mapped;
      }
      return this.matchHoles(key4[0]!);
    }
    words(bytes, key6);
    const own = this.v6.size === 0 ? null : this.v6.longest(key6);
    if (own !== null) return own;
    // ::ffff:a.b.c.d, ::a.b.c.d and 2002:aabb:ccdd:: hold an IPv4 address.
    if (key6[0] === 0 && key6[1] === 0 && (key6[2] === 0 || key6[2] === 0xffff)) key4[0] = key6[3]!;
    else if (key6[0]! >>> 16 === 0x2002) key4[0] = (key6[0]! << 16) | (key6[1]! >>> 16);
    else return null;
    return this.v4.longest(key4) ?? this.matchHoles(key4[0]!);
  }

  private matchHoles(address: number): Entry | null {
    let best: Entry | null = null;
    for (const hole of this.holes) {
      if (((address ^ hole.address) & hole.mask) === 0) best = earlier(best, hole.entry);
    }
    return best;
  }

  private parse(entry: Entry): IpPattern | null {
    return parseNetwork(entry.pattern, this.flags.abbreviated && entry.startup);
  }
}

/** `-m ip`. */
export const ip: MatchMethod = {
  name: "ip",
  help: "the address is one of the values or in one of the networks",
  expects: "addr",
  operators: null,
  create: (flags) => new NetworkIndex(flags),
};
