/** `tlb help TOPIC`: what the keyword tables, the registries and the codes say about a name. */
import { suggest } from "../../lang/suggest.ts";
import { codeGroup } from "./codes.ts";
import { absentExpressions, expressionGroups } from "./expressions.ts";
import { absentTopics, keywordGroups } from "./keywords.ts";
import { runtimeGroup } from "./runtime.ts";
import type { Group, Topic } from "./topic.ts";

/** Every list, in the order the overview shows them. */
export const groups: readonly Group[] = [...keywordGroups, ...expressionGroups, codeGroup, runtimeGroup];

/** Those that one word may mean. Commands of the runtime API are named in full: `server` is no short form of `set server`. */
const topics: readonly Topic[] = groups.filter((group) => group !== runtimeGroup).flatMap((group) => group.topics);

/** Words that stand before the names of a list: `http-request deny` is the action deny. */
const LEADING: ReadonlySet<string> = new Set(
  "http-request http-response http-after-response option timeout balance server bind fetch converter action tag acl log-format".split(
    " ",
  ),
);

/** The name without a kind before it, e.g. "server weight" of the parameter. */
function lastWord(name: string): string {
  return name.slice(name.lastIndexOf(" ") + 1);
}

/** Everything of that name, most exact first; several things share a name (`source`). */
export function findTopics(words: readonly string[]): readonly Topic[] {
  const name = words.join(" ").replace(/\(.*\)$/, "");
  const exact = topics.filter((topic) => topic.name === name);
  exact.push(...runtimeGroup.topics.filter((topic) => topic.name === name));
  if (words.length > 1) {
    if (exact.length > 0) return exact;
    const gone = absentTopics.filter((topic) => topic.name === name);
    if (gone.length > 0) return gone;
    return LEADING.has(words[0]!) ? ofKind(words[0]!, findTopics(words.slice(1))) : [];
  }
  const found = topics.filter(
    (topic) => topic.name !== name && (lastWord(topic.name) === name || topic.name === `%${name}`),
  );
  const all = [...exact, ...found];
  if (all.length > 0) return all;
  return [...absentTopics, ...absentExpressions].filter(
    (topic) => topic.name === name || lastWord(topic.name) === name,
  );
}

/** What a leading word leaves of the things with a name. */
function ofKind(word: string, found: readonly Topic[]): readonly Topic[] {
  const kinds: Readonly<Record<string, string>> = {
    "http-request": "action",
    "http-response": "action",
    "http-after-response": "action",
    action: "action",
    fetch: "sample fetch",
    converter: "converter",
    tag: "log-format variable",
    "log-format": "log-format variable",
  };
  const kind = kinds[word];
  const left = kind === undefined ? found : found.filter((topic) => topic.kind === kind);
  return left.length > 0 ? left : found;
}

/** Keywords whose first argument is a list of its own. */
const ALIASES: Readonly<Record<string, string>> = {
  option: "options",
  timeout: "timeouts",
  balance: "algorithms",
  keywords: "proxy",
  keyword: "proxy",
};

export function findGroup(name: string): Group | null {
  const wanted = Object.hasOwn(ALIASES, name) ? ALIASES[name] : name;
  return groups.find((group) => group.name === wanted) ?? null;
}

/** The codes of one family: "lint". */
export function findFamily(name: string): Group | null {
  const found = codeGroup.topics.filter((topic) => topic.name.startsWith(`${name}/`));
  return found.length === 0 ? null : { name, title: `Findings of the family ${name}`, topics: found };
}

/** The nearest name to a mistyped one. */
export function suggestTopic(words: readonly string[], more: readonly string[] = []): string | null {
  const name = words.join(" ");
  const known = [...topics, ...runtimeGroup.topics];
  const names = [...more, ...groups.map((group) => group.name), ...known.map((topic) => topic.name)];
  return (
    suggest(name, names) ??
    suggest(
      words[words.length - 1] ?? "",
      topics.map((topic) => lastWord(topic.name)),
    )
  );
}

/** Words that complete `tlb help`: lists and single-word topics. */
export function helpWords(): string[] {
  const names = [...groups.map((group) => group.name), ...topics.map((topic) => lastWord(topic.name))];
  return [...new Set(names)].filter((name) => !name.includes(" ")).sort();
}
