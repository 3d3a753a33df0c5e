import { createKeyed, NO_KEY } from "./keyed.ts";
import { pathStart } from "./keys.ts";
import type { Algorithm } from "./types.ts";

const SLASH = 47;
const QUESTION = 63;

/**
 * `balance uri [whole] [len N] [depth N] [path-only]`: by the request target up to the question mark (`whole`: all of
 * it), at most its first N bytes, ended by the slash behind the Nth directory level. For caches.
 */
export const uri: Algorithm = {
  name: "uri",
  help: "by a hash of the URI; [whole] [len <bytes>] [depth <levels>] [path-only]",
  needs: "http",
  create(backend, model) {
    const { algorithm } = model;
    if (algorithm.kind !== "uri") throw new Error("not balance uri");
    const { whole, len, depth, pathOnly } = algorithm;
    return createKeyed(backend, model, (hash) => (request) => {
      const text = request.uri();
      if (text === null) return NO_KEY;
      let from = 0;
      if (pathOnly) {
        from = pathStart(text);
        if (from < 0) from = text.length;
      }
      const limit = len > 0 && from + len < text.length ? from + len : text.length;
      let to = from;
      let slashes = 0;
      for (; to < limit; to++) {
        const c = text.charCodeAt(to);
        // The first slash of the path opens level one, so the end of level N is slash N + 1.
        if (c === SLASH) {
          if (depth > 0 && ++slashes === depth + 1) break;
        } else if (c === QUESTION && !whole) break;
      }
      return hash(text, from, to);
    });
  },
};
