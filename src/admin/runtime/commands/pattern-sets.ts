/** What the commands about maps and ACLs have in common (management manual, section 9.3). */
import type { PatternSet } from "../../../expr/acl/set.ts";
import type { PatternStore } from "../../../expr/acl/store.ts";
import { failure, type Call, type Message } from "../command.ts";

export type Kind = "map" | "acl";

/** How messages call a kind. */
export const TITLE: Readonly<Record<Kind, string>> = { map: "map", acl: "ACL" };

export function unknown(kind: Kind): Message {
  return failure(`Unknown ${TITLE[kind]} identifier. Please use #<id> or <file>.`);
}

/** Texts of patterns are bytes; those of the runtime API are read as UTF-8. */
export function toBytes(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

export function fromBytes(text: string): string {
  return Buffer.from(text, "latin1").toString("utf8");
}

/** Whether `show map` or `show acl` lists the set. One that an ACL reads with -M is both. */
export function belongs(set: PatternSet, kind: Kind): boolean {
  return kind === "map" ? set.columns === 2 : set.users.some((user) => user.kind === "acl");
}

/** The set that "#id" or a file name means; null when there is none of the kind. */
export function findSet(store: PatternStore, reference: string | undefined, kind: Kind): PatternSet | null {
  const set = anySet(store, reference);
  return set !== null && belongs(set, kind) ? set : null;
}

/** The set of any kind. */
export function anySet(store: PatternStore, reference: string | undefined): PatternSet | null {
  return reference === undefined || reference === "" ? null : store.find(toBytes(reference));
}

/** A leading "@version", and the words behind it. null = none was given. Not a number = 0, -1 = the current one. */
export function takeVersion({ args }: Call): { readonly version: number | null; readonly rest: readonly string[] } {
  const [first] = args;
  if (first?.startsWith("@") !== true) return { version: null, rest: args };
  const number = Number.parseInt(first.slice(1), 10);
  return { version: Number.isNaN(number) ? 0 : number, rest: args.slice(1) };
}

/** The version that is meant in a set. */
export function versionIn(set: PatternSet, version: number | null): number {
  return version === null || version === -1 ? set.versions.current : version;
}

/** An entry in `show`, to be given to `del` and `set` behind "#". */
export function referenceText(number: number): string {
  return `0x${(number + 1).toString(16)}`;
}

/** The number behind "#0x…"; null when the word is a key, an answer when it is wrong. */
export function readReference(word: string): number | null | Message {
  if (!word.startsWith("#0x")) return null;
  if (!/^#0x[0-9a-f]{1,13}$/i.test(word)) return failure("Malformed identifier. Please use #<id> or <file>.");
  return Number.parseInt(word.slice(3), 16) - 1;
}
