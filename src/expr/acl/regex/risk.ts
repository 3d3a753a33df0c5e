import { RegexError, type RegexNode } from "./node.ts";
import { parseRegex } from "./parse.ts";
import { intersects } from "./sets.ts";

/** Where and why a regular expression may need exponential time. */
export interface RegexRisk {
  /** Byte of the quantifier. */
  readonly offset: number;
  readonly message: string;
}

/**
 * Finds catastrophic backtracking: a loop whose body can take the same bytes in more than one way. Two forms are known:
 *
 *     (X+)+    a loop in a loop, with nothing between them that X cannot match: (a+)+  (.*,)*  (\s*\w*)*
 *     (A|B)*   two choices of a loop that begin alike and leave a rest the loop takes too: (a|a)*  (\w|\d)+  (a|aa)*
 *
 * Null when there is none, or when the pattern is invalid. Possessive loops and atomic groups are safe.
 */
export function regexRisk(source: string, icase = false): RegexRisk | null {
  const parsed = parseRegex(source, { icase, capture: true });
  return parsed instanceof RegexError ? null : inspect(parsed.root);
}

function inspect(node: RegexNode): RegexRisk | null {
  if (node.kind === "group" && node.atomic) return null;
  if (node.kind === "repeat" && node.mode === "possessive") return null;
  if (node.kind === "repeat" && isLoop(node)) {
    const message = nested(node.body)
      ? "a loop inside of a loop can match the same text in many ways"
      : alike(node.body)
        ? "two alternatives of a loop can match the same text"
        : null;
    if (message !== null) return { offset: node.offset, message };
  }
  for (const child of children(node)) {
    const risk = inspect(child);
    if (risk !== null) return risk;
  }
  return null;
}

function isLoop(node: RegexNode): boolean {
  return node.kind === "repeat" && node.mode !== "possessive" && (node.max === Infinity || node.max > 16);
}

function children(node: RegexNode): readonly RegexNode[] {
  switch (node.kind) {
    case "sequence":
      return node.items;
    case "choice":
      return node.options;
    case "group":
    case "look":
    case "repeat":
      return [node.body];
    default:
      return [];
  }
}

/** Whether some loop in the body can go on where the outer loop starts again: every other item may be empty or matches its bytes. */
function nested(body: RegexNode): boolean {
  return sequences(body).some((items) =>
    items.some((item, at) => {
      const others = items.filter((_, i) => i !== at);
      const inner = unwrap(item);
      if (inner.kind === "sequence" || inner.kind === "choice") return others.every(canBeEmpty) && nested(inner);
      if (!isLoop(inner) || inner.kind !== "repeat") {
        // An optional group around a loop: ((a+)?b?)*.
        return inner.kind === "repeat" && others.every(canBeEmpty) && nested(inner.body);
      }
      const own = firstSet(inner.body);
      return others.every((other) => canBeEmpty(other) || intersects(firstSet(other), own));
    }),
  );
}

function unwrap(node: RegexNode): RegexNode {
  return node.kind === "group" && !node.atomic ? unwrap(node.body) : node;
}

/** The alternatives of a body as lists of items. */
function sequences(node: RegexNode): readonly (readonly RegexNode[])[] {
  const inner = unwrap(node);
  if (inner.kind === "choice") return inner.options.flatMap(sequences);
  return [inner.kind === "sequence" ? inner.items : [inner]];
}

function alike(body: RegexNode): boolean {
  const options = sequences(body).map((items) => items.map(unwrap));
  if (options.length < 2) return false;
  const first = firstSet(body);
  const simple = options.map((items) =>
    items.every((item) => item.kind === "set") ? items.map((item) => (item as { set: Uint8Array }).set) : null,
  );
  for (const [i, a] of simple.entries()) {
    for (const b of simple.slice(i + 1)) {
      if (a === null || b === null || a.length === 0 || b.length === 0) continue;
      const [short, long] = a.length <= b.length ? [a, b] : [b, a];
      if (!short.every((set, at) => intersects(set, long[at]!))) continue;
      if (short.length === long.length || intersects(long[short.length]!, first)) return true;
    }
  }
  return false;
}

function canBeEmpty(node: RegexNode): boolean {
  switch (node.kind) {
    case "set":
      return false;
    case "assert":
    case "look":
    case "back":
      return true;
    case "sequence":
      return node.items.every(canBeEmpty);
    case "choice":
      return node.options.some(canBeEmpty);
    case "group":
      return canBeEmpty(node.body);
    case "repeat":
      return node.min === 0 || canBeEmpty(node.body);
  }
}

/** The bytes a match of the node may begin with. */
function firstSet(node: RegexNode): Uint8Array {
  const out = new Uint8Array(256);
  const add = (from: Uint8Array): void => {
    for (let i = 0; i < 256; i++) if (from[i] === 1) out[i] = 1;
  };
  switch (node.kind) {
    case "set":
      return node.set;
    case "sequence":
      for (const item of node.items) {
        add(firstSet(item));
        if (!canBeEmpty(item)) break;
      }
      return out;
    case "choice":
      for (const option of node.options) add(firstSet(option));
      return out;
    case "group":
    case "repeat":
      return firstSet(node.body);
    default:
      return out;
  }
}
