import { CACHE_FILTER } from "../keywords/compression.ts";
import type { ProxyDraft } from "../draft.ts";
import type { Check } from "./check.ts";
import { errorAt, title } from "./check.ts";

/** Every cache has a size and room for two objects, and filters name caches that exist, before compression. */
export const checkCaches: Check = ({ caches, proxies, diagnostics }) => {
  for (const { name, word, totalMaxSize, maxObjectSize } of caches) {
    if (totalMaxSize === 0) {
      const hint = "give it 'total-max-size <megabytes>'";
      errorAt(diagnostics, word, "config/no-size", `the cache '${name}' has no size`, hint);
      continue;
    }
    const most = totalMaxSize * 512 * 1024;
    if (maxObjectSize <= most) continue;
    const message = `'max-object-size' of the cache '${name}' is more than half of its size, which is ${most} bytes`;
    errorAt(diagnostics, word, "config/bad-number", message);
  }
  for (const proxy of proxies) {
    if (proxy.disabled) continue;
    for (const [mark, word] of proxy.marks) {
      if (!mark.startsWith(CACHE_FILTER)) continue;
      const name = mark.slice(CACHE_FILTER.length);
      if (caches.some((cache) => cache.name === name)) continue;
      errorAt(diagnostics, word, "config/unknown-section", `there is no cache section '${name}'`);
    }
  }
  for (const proxy of proxies) {
    const compression = proxy.marks.get("own filter compression");
    if (proxy.disabled || compression === undefined || cacheLine(proxy) <= compression.at.line) continue;
    const message = `${title(proxy)} cannot compress before it stores in a cache`;
    errorAt(diagnostics, compression, "config/bad-value", message, "put 'filter cache <name>' before it");
  }
};

/** The line that puts the first cache into the order of the filters: its own, or the first rule about it; -1 = there is none. */
function cacheLine({ marks, httpRequest, httpResponse }: ProxyDraft): number {
  const lines: number[] = [];
  for (const [mark, word] of marks) if (mark.startsWith(CACHE_FILTER)) lines.push(word.at.line);
  if (lines.length === 0) {
    for (const { at, action } of [...httpRequest, ...httpResponse]) {
      if (action.kind === "cache-use" || action.kind === "cache-store") lines.push(at.line);
    }
  }
  return lines.length === 0 ? -1 : Math.min(...lines);
}
