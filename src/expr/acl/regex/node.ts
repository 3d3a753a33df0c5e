/** A regular expression as parsed: every class is a bitmap of the 256 byte values, case already folded in. */
export type RegexNode =
  | { readonly kind: "set"; readonly set: Uint8Array }
  /** Zero-width; `js` is its JavaScript form. */
  | { readonly kind: "assert"; readonly js: string }
  | { readonly kind: "sequence"; readonly items: readonly RegexNode[] }
  | { readonly kind: "choice"; readonly options: readonly RegexNode[] }
  /** `capture` is the number of the group, 0 for none. */
  | { readonly kind: "group"; readonly capture: number; readonly atomic: boolean; readonly body: RegexNode }
  | { readonly kind: "look"; readonly behind: boolean; readonly negative: boolean; readonly body: RegexNode }
  | {
      readonly kind: "repeat";
      readonly min: number;
      /** Infinity for no limit. */
      readonly max: number;
      readonly mode: "greedy" | "lazy" | "possessive";
      readonly body: RegexNode;
      readonly offset: number;
    }
  | { readonly kind: "back"; readonly group: number; readonly icase: boolean };

/** What is wrong with a pattern, in PCRE's words, and at which byte. */
export class RegexError {
  constructor(
    readonly error: string,
    readonly offset: number,
  ) {}
}

/** What PCRE has and JavaScript has not. */
export function unsupported(what: string, offset: number): never {
  throw new RegexError(`${what} is not supported`, offset);
}

/** Bytes the node always takes; null when that varies. */
export function fixedWidth(node: RegexNode): number | null {
  switch (node.kind) {
    case "set":
      return 1;
    case "assert":
    case "look":
      return 0;
    case "sequence": {
      let sum = 0;
      for (const item of node.items) {
        const width = fixedWidth(item);
        if (width === null) return null;
        sum += width;
      }
      return sum;
    }
    case "choice": {
      const widths = new Set(node.options.map(fixedWidth));
      return widths.size === 1 ? [...widths][0]! : null;
    }
    case "group":
      return fixedWidth(node.body);
    case "repeat": {
      const width = fixedWidth(node.body);
      return width === null || node.min !== node.max ? null : width * node.min;
    }
    case "back":
      return null;
  }
}
