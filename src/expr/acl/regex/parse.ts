import { bracket, type Cursor, escapedCode } from "./bracket.ts";
import { fixedWidth, RegexError, type RegexNode, unsupported } from "./node.ts";
import { bothCases, escapes, setOf } from "./sets.ts";

export interface ParsedRegex {
  readonly root: RegexNode;
  /** Number of capturing groups. */
  readonly groups: number;
  readonly names: ReadonlyMap<string, number>;
}

interface Flags {
  i: boolean;
  m: boolean;
  s: boolean;
  x: boolean;
}

const MAX_REPEAT = 65535;
const END = "(?=\\n?$)";

/**
 * Reads PCRE syntax as HAProxy compiles it: bytes, C locale, "\n" as line end. `capture: false` makes plain parentheses group
 * only. What JavaScript cannot express is refused: recursion, conditions, \K, \G, \p, \X, branch reset, verbs.
 */
export function parseRegex(source: string, options: { icase: boolean; capture: boolean }): ParsedRegex | RegexError {
  try {
    return new Parser(source, options.icase, options.capture).parse();
  } catch (error) {
    if (error instanceof RegexError) return error;
    throw error;
  }
}

class Parser implements Cursor {
  pos = 0;
  private flags: Flags;
  private groups = 0;
  private readonly names = new Map<string, number>();
  private readonly references: { readonly group: number | string; readonly offset: number; node: { group: number } }[] =
    [];
  private depth = 0;

  constructor(
    readonly source: string,
    icase: boolean,
    private readonly capture: boolean,
  ) {
    this.flags = { i: icase, m: false, s: false, x: false };
  }

  parse(): ParsedRegex {
    if (this.source.startsWith("(*")) unsupported("a verb such as (*UTF)", 0);
    const root = this.choice();
    if (this.pos < this.source.length) throw new RegexError("unmatched closing parenthesis", this.pos);
    for (const { group, offset, node } of this.references) {
      const number = typeof group === "number" ? group : this.names.get(group);
      if (number === undefined || number > this.groups || number < 1) {
        throw new RegexError("reference to non-existent subpattern", offset);
      }
      node.group = number;
    }
    return { root, groups: this.groups, names: this.names };
  }

  private choice(): RegexNode {
    if (++this.depth > 250) throw new RegexError("parentheses are too deeply nested", this.pos);
    const options = [this.sequence()];
    while (this.source[this.pos] === "|") {
      this.pos++;
      options.push(this.sequence());
    }
    this.depth--;
    return options.length === 1 ? options[0]! : { kind: "choice", options };
  }

  private sequence(): RegexNode {
    const { source } = this;
    const items: RegexNode[] = [];
    let quotable = false;
    while (this.pos < source.length) {
      const c = source[this.pos]!;
      if (c === "|" || c === ")") break;
      if (this.flags.x && this.skipSpace(c)) continue;
      if (source.startsWith("\\Q", this.pos)) {
        const end = source.indexOf("\\E", this.pos + 2);
        const text = source.slice(this.pos + 2, end < 0 ? undefined : end);
        for (let i = 0; i < text.length; i++) items.push(this.char(text.charCodeAt(i)));
        this.pos = end < 0 ? source.length : end + 2;
        quotable = quotable || text !== "";
        continue;
      }
      if (source.startsWith("\\E", this.pos)) {
        this.pos += 2;
        continue;
      }
      const offset = this.pos;
      const bounds = this.quantifier();
      if (bounds !== null) {
        if (!quotable) throw new RegexError("quantifier does not follow a repeatable item", offset);
        const body = items.pop()!;
        let mode: "greedy" | "lazy" | "possessive" = "greedy";
        if (source[this.pos] === "?") mode = "lazy";
        else if (source[this.pos] === "+") mode = "possessive";
        if (mode !== "greedy") this.pos++;
        items.push({ kind: "repeat", min: bounds[0], max: bounds[1], mode, body, offset });
        quotable = false;
        continue;
      }
      const node = this.atom(c);
      if (node === null) continue;
      items.push(node);
      quotable = true;
    }
    return items.length === 1 ? items[0]! : { kind: "sequence", items };
  }

  private skipSpace(c: string): boolean {
    if (" \t\n\v\f\r".includes(c)) {
      this.pos++;
      return true;
    }
    if (c !== "#") return false;
    const end = this.source.indexOf("\n", this.pos);
    this.pos = end < 0 ? this.source.length : end + 1;
    return true;
  }

  private quantifier(): readonly [number, number] | null {
    const c = this.source[this.pos];
    if (c === "*" || c === "+" || c === "?") {
      this.pos++;
      return [c === "+" ? 1 : 0, c === "?" ? 1 : Infinity];
    }
    if (c !== "{") return null;
    const braces = /\{(\d+)(,(\d*))?\}/y;
    braces.lastIndex = this.pos;
    const found = braces.exec(this.source);
    if (found === null) return null; // A brace that starts no quantifier is literal.
    const min = Number(found[1]);
    const max = found[2] === undefined ? min : found[3] === "" ? Infinity : Number(found[3]);
    const end = this.pos + found[0].length;
    if (min > MAX_REPEAT || (max !== Infinity && max > MAX_REPEAT)) {
      throw new RegexError("number too big in {} quantifier", end - 1);
    }
    if (min > max) throw new RegexError("numbers out of order in {} quantifier", end - 1);
    this.pos = end;
    return [min, max];
  }

  private char(code: number): RegexNode {
    return this.set(setOf((c) => c === code));
  }

  private set(set: Uint8Array): RegexNode {
    return { kind: "set", set: this.flags.i ? bothCases(set) : set };
  }

  /** One item that may be repeated; null for settings and comments. */
  private atom(c: string): RegexNode | null {
    if (c === "(") return this.group();
    if (c === "[") return bracket(this, this.flags.i);
    if (c === "\\") return this.escape();
    this.pos++;
    if (c === ".") return { kind: "set", set: setOf((code) => this.flags.s || code !== 10) };
    if (c === "^") return { kind: "assert", js: this.flags.m ? "(?:^|(?<=\\n)(?!$))" : "^" };
    if (c === "$") return { kind: "assert", js: this.flags.m ? "(?=\\n|$)" : END };
    return this.char(c.charCodeAt(0));
  }

  private group(): RegexNode | null {
    const { source } = this;
    const open = this.pos++;
    let build: (body: RegexNode) => RegexNode = (body) => ({ kind: "group", capture: 0, atomic: false, body });
    const saved = { ...this.flags };
    const rest = source.slice(open, open + 80);
    const head = /^\(\?(?:(:)|(>)|(=)|(!)|(<=)|(<!)|P?<([A-Za-z_]\w*)>|'([A-Za-z_]\w*)'|P=(\w+)\)|(#))/.exec(rest);
    if (source.startsWith("(*", open)) unsupported("a verb such as (*ACCEPT)", open);
    if (source[this.pos] !== "?") {
      if (this.capture) {
        const capture = ++this.groups;
        build = (body) => ({ kind: "group", capture, atomic: false, body });
      }
    } else if (head === null) {
      return this.settings(open, saved);
    } else {
      this.pos = open + head[0].length;
      if (head[10] !== undefined) {
        const end = source.indexOf(")", this.pos);
        if (end < 0) throw new RegexError("missing ) following (?# comment", source.length);
        this.pos = end + 1;
        return null;
      }
      if (head[9] !== undefined) return this.reference(head[9], this.pos - 1);
      const name = head[7] ?? head[8];
      if (name !== undefined) {
        const capture = ++this.groups;
        if (this.names.has(name)) throw new RegexError("two named subpatterns have the same name", this.pos - 1);
        this.names.set(name, capture);
        build = (body) => ({ kind: "group", capture, atomic: false, body });
      } else if (head[2] !== undefined) {
        build = (body) => ({ kind: "group", capture: 0, atomic: true, body });
      } else if (head[1] === undefined) {
        const behind = (head[5] ?? head[6]) !== undefined;
        const negative = (head[4] ?? head[6]) !== undefined;
        build = (body) => {
          const options = body.kind === "choice" ? body.options : [body];
          if (behind && options.some((each) => fixedWidth(each) === null)) {
            throw new RegexError("lookbehind assertion is not fixed length", open);
          }
          return { kind: "look", behind, negative, body };
        };
      }
    }
    return this.close(build, saved);
  }

  private close(build: (body: RegexNode) => RegexNode, saved: Flags): RegexNode {
    const body = this.choice();
    if (this.source[this.pos] !== ")") throw new RegexError("missing closing parenthesis", this.source.length);
    this.pos++;
    this.flags = saved;
    return build(body);
  }

  /** `(?i)` for the rest of the group, `(?i:…)` for its own body. */
  private settings(open: number, saved: Flags): RegexNode | null {
    const found = /^\(\?(\^?)([imsxn]*)(?:-([imsxn]*))?([:)])/.exec(this.source.slice(open, open + 40));
    if (found === null) {
      const next = this.source[open + 2] ?? "";
      if (/[R0-9&+|(CPJU-]/.test(next)) unsupported(`(?${next}`, open);
      throw new RegexError("unrecognized character after (? or (?-", Math.min(open + 2, this.source.length));
    }
    const [whole, reset, on, off, end] = found;
    if (on!.includes("n") || off?.includes("n")) unsupported("(?n)", open);
    const flags = reset === "" ? { ...this.flags } : { i: false, m: false, s: false, x: false };
    for (const flag of on!) flags[flag as keyof Flags] = true;
    for (const flag of off ?? "") flags[flag as keyof Flags] = false;
    this.pos = open + whole.length;
    this.flags = flags;
    if (end === ")") return null;
    return this.close((body) => ({ kind: "group", capture: 0, atomic: false, body }), saved);
  }

  private reference(group: number | string, offset: number): RegexNode {
    const node: { kind: "back"; group: number; icase: boolean } = { kind: "back", group: 0, icase: this.flags.i };
    this.references.push({ group, offset, node });
    return node;
  }

  private escape(): RegexNode | null {
    const { source } = this;
    const at = this.pos;
    const c = source[at + 1];
    if (c === undefined) throw new RegexError("\\ at end of pattern", source.length);
    const set = escapes[c];
    this.pos = at + 2;
    if (set !== undefined) return { kind: "set", set };
    if (c === "N" && source[this.pos] !== "{") return { kind: "set", set: setOf((code) => code !== 10) };
    if (c === "A") return { kind: "assert", js: "^" };
    if (c === "z") return { kind: "assert", js: "$" };
    if (c === "Z") return { kind: "assert", js: END };
    if (c === "b" || c === "B") return { kind: "assert", js: `\\${c}` };
    if (c === "R") return this.lineEnd();
    if ("GKXpPCN".includes(c)) unsupported(`\\${c}`, at);
    const named = /^\\(?:k<(\w+)>|k'(\w+)'|k\{(\w+)\}|g\{([A-Za-z_]\w*)\}|g\{?([+-]?\d+)\}?)/.exec(
      source.slice(at, at + 80),
    );
    if (named !== null) {
      this.pos = at + named[0].length;
      const name = named[1] ?? named[2] ?? named[3] ?? named[4];
      const number = Number(named[5]);
      const group = name ?? (named[5]!.startsWith("-") ? this.groups + 1 + number : number);
      return this.reference(group, this.pos);
    }
    if (c === "g" || c === "k") unsupported(`\\${c} as a subroutine call`, at);
    if (/[1-9]/.test(c)) {
      const digits = /^\d{1,3}/.exec(source.slice(at + 1))![0];
      const number = Number(digits);
      if (number < 10 || number <= this.groups) {
        this.pos = at + 1 + digits.length;
        return this.reference(number, this.pos);
      }
    }
    return this.char(escapedCode(this, at));
  }

  private lineEnd(): RegexNode {
    const crlf: RegexNode = {
      kind: "sequence",
      items: [13, 10].map((code) => ({ kind: "set", set: setOf((c) => c === code) })),
    };
    const body: RegexNode = { kind: "choice", options: [crlf, { kind: "set", set: escapes["v"]! }] };
    return { kind: "group", capture: 0, atomic: true, body };
  }
}
