/** "Did you mean": the name of a list that is nearest to a misspelt one. */

/**
 * Damerau-Levenshtein distance (optimal string alignment): insertions, deletions, replacements and swaps of
 * neighbours cost 1 each. Returns `limit + 1` as soon as the distance must be above `limit`.
 */
export function editDistance(a: string, b: string, limit: number = Infinity): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    let best = i;
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let cost = Math.min(previous[j]! + 1, row[j - 1]! + 1, previous[j - 1]! + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, before[j - 2]! + 1);
      row.push(cost);
      if (cost < best) best = cost;
    }
    if (best > limit) return limit + 1;
    before = previous;
    previous = row;
  }
  return Math.min(previous[b.length]!, limit + 1);
}

/** The nearest name within a third of the word's length (at least 1, at most 3 edits), case ignored; null if none. */
export function suggest(word: string, names: Iterable<string>): string | null {
  if (word === "" || word.length > 64) return null;
  const typed = word.toLowerCase();
  let limit = Math.min(3, Math.max(1, Math.floor(word.length / 3)));
  let found: string | null = null;
  for (const name of names) {
    if (name === word) continue;
    const distance = editDistance(typed, name.toLowerCase(), limit);
    // A later name must be strictly nearer, so ties keep the order of the list.
    if (distance > limit) continue;
    found = name;
    limit = distance - 1;
    if (limit < 0) break;
  }
  return found;
}

/** The hint for a diagnostic, or undefined when no name is near. */
export function didYouMean(word: string, names: Iterable<string>): string | undefined {
  const found = suggest(word, names);
  return found === null ? undefined : `did you mean '${found}'?`;
}
