import type { Diagnostics } from "../../lang/diagnostic.ts";
import type { Word } from "../../lang/line.ts";
import type { Position } from "../../lang/position.ts";
import { didYouMean } from "../../lang/suggest.ts";
import { canCast } from "../cast.ts";
import type { SampleKind } from "../sample.ts";
import { AclExpr, type AclFetch } from "./acl.ts";
import { type AclKeyword, aclKeywords } from "./keywords.ts";
import { isOperator, operands } from "./operators.ts";
import { isMethodName, methods } from "./patterns/index.ts";
import type { MatchFlags, MatchMethod, PatternIndex } from "./patterns/method.ts";
import type { PatternSet, PatternUser } from "./set.ts";
import type { PatternStore } from "./store.ts";

/** What reading ACLs needs from outside. */
export interface AclEnvironment {
  readonly store: PatternStore;
  readonly diagnostics: Diagnostics;
  /** Compiles a sample expression; null after it reported what is wrong. `at` is the place of text[0]. */
  compileFetch(text: string, at: Position): AclFetch | null;
}

/** The words up to the first empty one: HAProxy ends the line there. */
function untilEmpty(words: readonly Word[], diagnostics: Diagnostics): readonly Word[] {
  const at = words.findIndex((word) => word.text === "");
  if (at < 0) return words;
  const { at: place, endColumn } = words[at]!;
  diagnostics.warn("acl/empty-word", place, "an empty word ends the patterns, what follows is ignored", { endColumn });
  return words.slice(0, at);
}

/**
 * Reads `<criterion> [flags] [operator] [values…]` (manual, section 7.1). `after` is the word before it, the place of a missing
 * criterion. Null when something was wrong, which has then been reported.
 */
export function parseAclExpr(words: readonly Word[], after: Word, env: AclEnvironment): AclExpr | null {
  return new ExprParser(untilEmpty(words, env.diagnostics), after, env).parse();
}

class ExprParser {
  private index = 1;
  private method: MatchMethod | null = null;
  private icase = false;
  private noDns = false;
  /** -m was given. */
  private chosen = false;
  private columns: 1 | 2 = 1;
  private id: number | null = null;
  private ended = false;
  private readonly sets: PatternSet[] = [];
  private readonly indexes: PatternIndex[] = [];

  constructor(
    private readonly words: readonly Word[],
    private readonly after: Word,
    private readonly env: AclEnvironment,
  ) {}

  parse(): AclExpr | null {
    const criterion = this.words[0];
    if (criterion === undefined) {
      return this.fail("acl/missing-fetch", this.after, "missing fetch method in ACL expression", {
        hint: "write a sample fetch and what to match it against: path_beg /static",
      });
    }
    const keyword = keywordOf(criterion.text);
    const fetch = this.compile(criterion, keyword);
    if (fetch === null) return null;
    const declared = fetch.declared ?? fetch.type;
    const implied = keyword !== null && !hasConverters(criterion.text, keyword.name);
    this.method = implied ? keyword.method : defaultMethod(declared);
    while (this.words[this.index]?.text.startsWith("-") && !this.ended)
      if (!this.flag(criterion, declared)) return null;
    const method = this.method;
    if (method === null) return this.noMethod(criterion);
    this.warnWithoutPattern(criterion, declared, method);
    if (!this.values(method)) return null;
    if (fetch.values !== undefined && !this.among(criterion, fetch.values, implied && !this.chosen)) return null;
    return new AclExpr(criterion.text, criterion.at, fetch, method, this.flags(), this.sets, this.indexes);
  }

  private compile(criterion: Word, keyword: AclKeyword | null): AclFetch | null {
    const { text, at } = criterion;
    if (keyword === null) return this.env.compileFetch(text, at);
    // The columns of the arguments stay right when the name before them changes its length.
    const rewritten = keyword.fetch + text.slice(keyword.name.length);
    const column = Math.max(1, at.column + text.length - rewritten.length);
    return this.env.compileFetch(rewritten, { ...at, column });
  }

  private flags(): MatchFlags {
    return { icase: this.icase, abbreviated: !this.noDns, host: this.env.store.host };
  }

  private flag(criterion: Word, declared: SampleKind): boolean {
    const flag = this.words[this.index++]!;
    switch (flag.text) {
      case "-i":
        this.icase = true;
        return true;
      case "-n":
        this.noDns = true;
        return true;
      case "-M":
        this.columns = 2;
        return true;
      case "--":
        this.ended = true;
        return true;
      case "-u":
        return this.uniqueId(flag);
      case "-f":
        return this.file(flag, criterion);
      case "-m":
        return this.matchMethod(flag, criterion, declared);
      default:
        this.fail("acl/unknown-flag", flag, `'${flag.text}' is not a valid ACL option`, {
          hint: "put '--' before a pattern that begins with '-'; the options are -i -m -f -n -u -M --",
        });
        return false;
    }
  }

  private uniqueId(flag: Word): boolean {
    const word = this.words[this.index++];
    if (word === undefined || !/^\d{1,9}$/.test(word.text)) {
      this.fail("acl/bad-id", word ?? flag, "the argument of -u must be an integer");
      return false;
    }
    this.id = Number(word.text);
    if (!this.env.store.taken(this.id)) return true;
    this.fail("acl/id-in-use", word, `the id ${this.id} is already used`);
    return false;
  }

  private file(flag: Word, criterion: Word): boolean {
    const word = this.words[this.index++];
    if (this.method === null) {
      this.noMethod(criterion);
      return false;
    }
    if (word === undefined) {
      this.fail("acl/missing-file", flag, "-f needs the name of a pattern file");
      return false;
    }
    const set = this.env.store.open(word.text, this.columns, this.user(word));
    if (typeof set === "string") {
      this.fail("acl/pattern-file", word, set);
      return false;
    }
    return this.attach(set, word);
  }

  /** `word`: where it stands; words come last. */
  private user(word: Word): PatternUser {
    const { text, at } = this.words[0]!;
    return { kind: "acl", name: /^[^(,]*/.exec(text)![0], at: { ...at, column: word.at.column } };
  }

  private attach(set: PatternSet, word: Word): boolean {
    const index = set.view(this.method!, this.flags());
    if (typeof index === "string") {
      this.fail("acl/bad-pattern", word, index, this.hostNameHint(index));
      return false;
    }
    set.read(this.method!, this.flags(), null);
    if (!this.indexes.includes(index)) {
      this.sets.push(set);
      this.indexes.push(index);
    }
    return true;
  }

  private matchMethod(flag: Word, criterion: Word, declared: SampleKind): boolean {
    const word = this.words[this.index++];
    const name = word?.text ?? "";
    if (this.sets.length > 0) {
      this.fail("acl/late-method", flag, "'-m' must stand before patterns and files");
      return false;
    }
    if (!isMethodName(name)) {
      const message = name === "" ? "-m needs a matching method" : `unknown matching method '${name}'`;
      const hint = didYouMean(name, Object.keys(methods)) ?? `the methods are ${Object.keys(methods).join(", ")}`;
      this.fail("acl/unknown-method", word ?? flag, message, { hint });
      return false;
    }
    const method: MatchMethod = methods[name];
    if (method.expects !== null && !canCast(declared, method.expects)) {
      const message = `matching method '${name}' cannot be used with '${criterion.text}', which is of type ${declared}`;
      this.fail("acl/method-type", word!, message);
      return false;
    }
    this.method = method;
    this.chosen = true;
    return true;
  }

  private noMethod(criterion: Word): null {
    const message = `'${criterion.text}' has no matching method of its own`;
    return this.fail("acl/missing-method", criterion, message, { hint: "name one with -m before patterns and files" });
  }

  private warnWithoutPattern(criterion: Word, declared: SampleKind, method: MatchMethod): void {
    if (
      this.ended ||
      this.sets.length > 0 ||
      method === methods.found ||
      method === methods.bool ||
      declared === "bool"
    )
      return;
    const rest = this.words.slice(this.index);
    if (rest.some((word) => method.operators === null || !isOperator(word.text))) return;
    this.env.diagnostics.warn(
      "acl/no-pattern",
      criterion.at,
      `'${criterion.text}' has no pattern, so it never matches`,
      {
        endColumn: criterion.endColumn,
        hint: "for presence write '-m found', for a number other than 0 '-m bool'; '--' silences this",
      },
    );
  }

  private values(method: MatchMethod): boolean {
    const set = this.env.store.words(this.id, this.user(this.words[this.words.length - 1]!));
    if (set === null) throw new Error("the id was checked before");
    if (!this.attach(set, this.words[0]!)) return false;
    let ok = true;
    for (const { text, word, problem, warning } of operands(this.words.slice(this.index), method.operators)) {
      const complaint = problem ?? set.addWord(text);
      if (complaint !== null) {
        this.fail("acl/bad-pattern", word, complaint, this.hostNameHint(complaint));
        ok = false;
      } else if (warning !== null) {
        this.env.diagnostics.warn("acl/negative-number", word.at, warning, { endColumn: word.endColumn });
      }
    }
    return ok;
  }

  /** Patterns must be some of a closed set, e.g. the groups of a userlist. */
  private among(criterion: Word, values: readonly string[], own: boolean): boolean {
    const patterns = own ? this.sets.flatMap((set) => [...set.entries()].map((entry) => entry.pattern)) : [];
    const bad = patterns.find((pattern) => !values.includes(pattern));
    if (patterns.length > 0 && bad === undefined) return true;
    const message =
      bad === undefined ? `'${criterion.text}' is not compared with any group` : `there is no group '${bad}'`;
    this.fail("acl/bad-group", criterion, message, {
      hint: didYouMean(bad ?? "", values) ?? "name groups of the userlist, without converters and without -m",
    });
    return false;
  }

  private hostNameHint(complaint: string): { hint?: string } {
    if (this.method !== methods.ip || !/^'[^']*[a-z][^':]*'/i.test(complaint)) return {};
    if (this.noDns) return { hint: "with -n host names are not looked up: write the address" };
    return { hint: "no IPv4 address was found for this host name: write the address" };
  }

  private fail(code: string, word: Word, message: string, options: { hint?: string } = {}): null {
    this.env.diagnostics.error(code, word.at, message, { endColumn: word.endColumn, ...options });
    return null;
  }
}

/** The keyword a criterion begins with, null when it is a plain fetch. */
function keywordOf(text: string): AclKeyword | null {
  return aclKeywords.get(/^[^(,]*/.exec(text)![0]) ?? null;
}

/** Whether converters follow: the keyword's own method no longer counts then. */
function hasConverters(text: string, name: string): boolean {
  let at = name.length;
  if (text[at] === "(") {
    let quote = "";
    for (at++; at < text.length; at++) {
      const c = text[at]!;
      if (quote !== "'" && c === "\\") at++;
      else if (quote !== "") quote = c === quote ? "" : quote;
      else if (c === "'" || c === '"') quote = c;
      else if (c === ")") break;
    }
    at++;
  }
  return text[at] === ",";
}

function defaultMethod(type: SampleKind): MatchMethod | null {
  switch (type) {
    case "bool":
      return methods.bool;
    case "sint":
      return methods.int;
    case "ipv4":
    case "ipv6":
    case "addr":
      return methods.ip;
    case "str":
      return methods.str;
    default:
      return null;
  }
}
