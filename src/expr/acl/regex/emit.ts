import type { ParsedRegex } from "./parse.ts";
import type { RegexNode } from "./node.ts";

/** A parsed expression as JavaScript source; `groups[n]` is the JavaScript number of group n, groups[0] = 0. */
export function emitRegex({ root }: ParsedRegex): { readonly source: string; readonly groups: readonly number[] } {
  const groups: number[] = [0];
  let count = 0;

  function emit(node: RegexNode): string {
    switch (node.kind) {
      case "set":
        return emitSet(node.set);
      case "assert":
        return node.js;
      case "sequence":
        return node.items.map((item) => (item.kind === "choice" ? `(?:${emit(item)})` : emit(item))).join("");
      case "choice":
        return node.options.map(emit).join("|");
      case "group":
        if (node.atomic) return atomic(() => emit(node.body));
        if (node.capture === 0) return `(?:${emit(node.body)})`;
        groups[node.capture] = ++count;
        return `(${emit(node.body)})`;
      case "look":
        return `(?${node.behind ? "<" : ""}${node.negative ? "!" : "="}${emit(node.body)})`;
      case "repeat": {
        const { min, max, mode } = node;
        const bounds = `{${min},${max === Infinity ? "" : max}}`;
        const short = max === Infinity && min < 2 ? (min === 0 ? "*" : "+") : min === 0 && max === 1 ? "?" : bounds;
        const repeated = () => {
          const body = emit(node.body);
          return `${node.body.kind === "set" ? body : `(?:${body})`}${short}${mode === "lazy" ? "?" : ""}`;
        };
        return mode === "possessive" ? atomic(repeated) : repeated();
      }
      case "back":
        // Its group may come later in the pattern: the number is put in at the end.
        return `(?${node.icase ? "i" : ""}:\\<${node.group}>)`;
    }
  }

  /** A lookahead keeps its first way to match, so capturing it and repeating what it took cannot give bytes back. */
  function atomic(body: () => string): string {
    const number = ++count;
    return `(?:(?=(${body()}))\\${number})`;
  }

  const source = emit(root).replace(/\\<(\d+)>/g, (_, group: string) => `\\${groups[Number(group)]}`);
  return { source, groups };
}

function emitSet(set: Uint8Array): string {
  const ranges: [number, number][] = [];
  for (let code = 0; code < 256; code++) {
    if (set[code] !== 1) continue;
    const last = ranges[ranges.length - 1];
    if (last !== undefined && last[1] === code - 1) last[1] = code;
    else ranges.push([code, code]);
  }
  if (ranges.length === 0) return "[]";
  const [first] = ranges;
  if (ranges.length === 1 && first![0] === first![1]) return escapeCode(first![0]);
  if (ranges.length === 1 && first![0] === 0 && first![1] === 255) return "[^]";
  return `[${ranges.map(([a, b]) => (a === b ? escapeCode(a) : `${escapeCode(a)}-${escapeCode(b)}`)).join("")}]`;
}

function escapeCode(code: number): string {
  const char = String.fromCharCode(code);
  return /[A-Za-z0-9 _]/.test(char) ? char : `\\x${code.toString(16).padStart(2, "0")}`;
}
