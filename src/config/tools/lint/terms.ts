/** Conditions and rulesets of the model, looked at as text: what the rules of the linter compare. */
import { aclKeywords } from "../../../expr/acl/keywords.ts";
import { predefinedAcls } from "../../../expr/acl/predefined.ts";
import type { AclModel, ConditionModel, ProxyModel, RuleModel, TextModel } from "../../model.ts";

/** A named or anonymous ACL in a condition. */
export interface Term {
  /** The same text for the same test. */
  readonly key: string;
  readonly negated: boolean;
  /** Name of an ACL; null for one in braces. */
  readonly name: string | null;
  /** Words between the braces. */
  readonly words: readonly TextModel[];
  readonly at: TextModel;
}

/** The OR of ANDs that stands behind `if` or `unless`. */
export function suitesOf(words: readonly TextModel[]): Term[][] {
  const suites: Term[][] = [];
  let suite: Term[] | null = null;
  let negated = false;
  for (let i = 0; i < words.length && words[i]!.text !== ""; i++) {
    const word = words[i]!;
    if (word.text === "||" || word.text.toLowerCase() === "or") {
      suite = null;
      continue;
    }
    const name = word.text.replace(/^!+/, "");
    if ((word.text.length - name.length) % 2 === 1) negated = !negated;
    if (name === "") continue;
    let term: Term;
    if (name === "{") {
      const close = words.findIndex((other, at) => at > i && other.text === "}");
      const inner = words.slice(i + 1, close < 0 ? words.length : close);
      const key = inner.length === 1 ? canonical(inner[0]!.text) : `{ ${inner.map(({ text }) => text).join("\0")} }`;
      term = { key, negated, name: null, words: inner, at: inner[0] ?? word };
      i = close < 0 ? words.length : close;
    } else term = { key: name, negated, name, words: [], at: word };
    if (suite === null) suites.push((suite = []));
    suite.push(term);
    negated = false;
  }
  return suites;
}

function canonical(text: string): string {
  return text === "always_true" ? "TRUE" : text === "always_false" ? "FALSE" : `{ ${text} }`;
}

/** Any list of rules of a proxy, under its keyword. */
export interface Ruleset {
  readonly keyword: string;
  readonly rules: readonly RuleModel[];
}

/** Lists whose property is not the keyword itself. */
const KEYWORDS: ReadonlyMap<string, string> = new Map([
  ["redirects", "redirect"],
  ["tcpConnection", "tcp-request connection"],
  ["tcpSession", "tcp-request session"],
  ["tcpContent", "tcp-request content"],
  ["tcpResponse", "tcp-response content"],
]);

/** Property of the model to keyword: "httpRequest" is "http-request". */
export function keywordOf(property: string): string {
  return KEYWORDS.get(property) ?? property.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** Every list of the proxy whose entries have an action, so that new rulesets are linted too. */
export function rulesetsOf(proxy: ProxyModel): Ruleset[] {
  const out: Ruleset[] = [];
  for (const [property, value] of Object.entries(proxy)) {
    if (!Array.isArray(value) || value.length === 0 || !isRule(value[0])) continue;
    out.push({ keyword: keywordOf(property), rules: value as readonly RuleModel[] });
  }
  return out;
}

function isRule(value: unknown): boolean {
  const { action } = value as { action?: { kind?: unknown } };
  return typeof action === "object" && typeof action.kind === "string";
}

/** Every condition of a proxy, wherever in its model it stands. */
export function conditionsOf(proxy: ProxyModel): ConditionModel[] {
  const out: ConditionModel[] = [];
  walk(proxy, (value) => {
    if (typeof value["unless"] === "boolean" && Array.isArray(value["words"])) {
      out.push(value as unknown as ConditionModel);
    }
  });
  return out;
}

/** Every word of rules, conditions and ACLs below a value of the model. */
export function textsOf(value: unknown): TextModel[] {
  const out: TextModel[] = [];
  walk(value, (one) => {
    if (typeof one["text"] === "string" && typeof one["endColumn"] === "number") out.push(one as unknown as TextModel);
  });
  return out;
}

function walk(value: unknown, visit: (value: Record<string, unknown>) => void): void {
  if (typeof value !== "object" || value === null) return;
  if (!Array.isArray(value)) visit(value as Record<string, unknown>);
  for (const inner of Object.values(value)) if (typeof inner === "object") walk(inner, visit);
}

/** A test as written behind an ACL's name or between braces. */
export interface Criterion {
  /** The first word: the sample expression. */
  readonly at: TextModel;
  /** Name of the fetch it begins with; derived forms (`path_beg`) are resolved. */
  readonly fetch: string;
  /** Name of the match method given by `-m` or by the name; "" = that of the type. */
  readonly method: string;
  /** `-i` is given. */
  readonly icase: boolean;
  /** Words behind the flags. */
  readonly patterns: readonly TextModel[];
  /** Files behind `-f`. */
  readonly files: readonly TextModel[];
  readonly converters: boolean;
}

function criterionOf(words: readonly TextModel[]): Criterion | null {
  const at = words[0];
  if (at === undefined) return null;
  const name = /^[^(,]*/.exec(at.text)![0];
  const keyword = aclKeywords.get(name);
  const suffix = /_(beg|dir|dom|end|len|reg|sub)$/.exec(name)?.[1] ?? "";
  let method = keyword === undefined ? "" : suffix;
  let icase = false;
  const files: TextModel[] = [];
  let i = 1;
  for (; words[i]?.text.startsWith("-"); i++) {
    const { text } = words[i]!;
    if (text === "-i") icase = true;
    else if (text === "-m") method = words[++i]?.text ?? "";
    else if (text === "-f" || text === "-u") {
      const argument = words[++i];
      if (text === "-f" && argument !== undefined) files.push(argument);
    } else if (text === "--") {
      i++;
      break;
    } else if (text !== "-n" && text !== "-M") break;
  }
  const converters = at.text.replace(/\((?:[^()\\]|\\.)*\)/g, "").includes(",");
  return { at, fetch: keyword?.fetch ?? name, method, icase, patterns: words.slice(i), files, converters };
}

/** What a term tests: all lines of a named ACL; none for predefined ones and unknown names. */
export function criteriaOf(term: Term, proxy: ProxyModel): Criterion[] {
  const lines = term.name === null ? [term.words] : linesOf(term.name, proxy);
  return lines.map(criterionOf).filter((one) => one !== null);
}

/** The ACLs of a proxy by name: configurations have thousands. */
const byName = new WeakMap<ProxyModel, ReadonlyMap<string, readonly AclModel[]>>();

function linesOf(name: string, proxy: ProxyModel): readonly (readonly TextModel[])[] {
  let index = byName.get(proxy);
  if (index === undefined) byName.set(proxy, (index = Map.groupBy(proxy.acls, (acl) => acl.name.text)));
  const own = index.get(name);
  if (own !== undefined) return own.map(({ words }) => words);
  const predefined = predefinedAcls.get(name);
  if (predefined === undefined) return [];
  const nowhere = { at: { file: "", line: 0, column: 0 }, endColumn: 0 };
  return [predefined.map((text) => ({ ...nowhere, text }))];
}

/** Every test of a proxy, once: its ACLs and the anonymous ones of its conditions. */
export function allCriteria(proxy: ProxyModel): Criterion[] {
  const named = proxy.acls.map(({ words }) => words);
  const anonymous = conditionsOf(proxy).flatMap(({ words }) =>
    suitesOf(words).flatMap((suite) => suite.filter((term) => term.name === null).map((term) => term.words)),
  );
  return [...named, ...anonymous].map(criterionOf).filter((one) => one !== null);
}

/** A condition as signed tests: an OR of ANDs, `unless` resolved. "Always" is one empty AND; "never" is no AND at all. */
export function signedSuites(condition: ConditionModel | null): string[][] {
  if (condition === null) return [[]];
  const { unless, words } = condition;
  const suites = suitesOf(words);
  const sign = ({ key, negated }: Term, flip: boolean): string => {
    const [name, minus] = key === "FALSE" ? ["TRUE", !negated] : [key, negated];
    return minus !== flip ? `!${name}` : name;
  };
  let out: string[][];
  if (!unless) out = suites.map((suite) => suite.map((term) => sign(term, false)));
  else if (suites.every((suite) => suite.length === 1)) out = [suites.map(([term]) => sign(term!, true))];
  else if (suites.length === 1) out = suites[0]!.map((term) => [sign(term, true)]);
  else out = [[`unless ${words.map(({ text }) => text).join("\0")}`]];
  return out.filter((suite) => !suite.includes("!TRUE")).map((suite) => suite.filter((one) => one !== "TRUE"));
}
