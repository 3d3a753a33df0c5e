/** One thing `tlb help` can explain. */
export interface Topic {
  /** As the user may write it: "timeout client", "path", "%ci", "config/bad-time". */
  readonly name: string;
  /** The list it stands in: "proxy keywords". */
  readonly group: string;
  /** What it is, in the singular: "sample fetch". */
  readonly kind: string;
  readonly usage: string;
  /** One line, no full stop. */
  readonly summary: string;
  /** Longer text; "" for none. */
  readonly text: string;
  /** Short facts: where it is valid, its default, what replaces it. */
  readonly facts: readonly (readonly [label: string, text: string])[];
  readonly examples: readonly (readonly [label: string, text: string])[];
}

/** A list of topics: the name it has for `tlb help NAME`, and what is in it. */
export interface Group {
  readonly name: string;
  readonly title: string;
  readonly topics: readonly Topic[];
}

/** Without the full stop some rows end with. */
function phrase(text: string): string {
  return text.replace(/\.$/, "");
}

export function topic(part: Pick<Topic, "name" | "group" | "kind" | "summary"> & Partial<Topic>): Topic {
  return { usage: part.name, text: "", facts: [], examples: [], ...part, summary: phrase(part.summary) };
}
