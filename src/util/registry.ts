/**
 * A registry: its entries by name, in their order. A name that is there twice is a mistake of ours, and throws at start; `what`
 * tells in the message what it is the name of.
 */
export function registry<T>(what: string, entries: Iterable<readonly [name: string, row: T]>): ReadonlyMap<string, T> {
  const rows = new Map<string, T>();
  for (const [name, row] of entries) {
    if (rows.has(name)) throw new Error(`${what} '${name}' is registered twice`);
    rows.set(name, row);
  }
  return rows;
}
