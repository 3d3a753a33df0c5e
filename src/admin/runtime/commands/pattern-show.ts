/** show map, show acl: the sets, and what is in one of them. */
import type { PatternSet } from "../../../expr/acl/set.ts";
import type { PatternStore } from "../../../expr/acl/store.ts";
import type { Answer, Call, Command } from "../command.ts";
import {
  belongs,
  findSet,
  fromBytes,
  type Kind,
  referenceText,
  takeVersion,
  unknown,
  versionIn,
} from "./pattern-sets.ts";

/** Entries handed over at a time. */
const BATCH = 512;

function show(kind: Kind, usage: string, help: string): Command {
  return {
    name: `show ${kind}`,
    usage,
    help,
    run: async (call) => answer(call, await call.ctx.patterns(), kind),
  };
}

export const showMap = show("map", "show map [@ver] [map]", "report available maps or dump a map's contents");
export const showAcl = show("acl", "show acl [@<ver>] <acl>]", "report available acls or dump an acl's contents");

function answer(call: Call, store: PatternStore, kind: Kind): Answer {
  if (call.args.length === 0) return list(store, kind);
  const { version, rest } = takeVersion(call);
  const set = findSet(store, rest[0], kind);
  if (set === null) return unknown(kind);
  const wanted = versionIn(set, version);
  return wanted === set.versions.current ? entries(set) : prepared(set, wanted);
}

function* list(store: PatternStore, kind: Kind): Generator<string> {
  yield "# id (file) description\n";
  for (const set of store.sets()) {
    if (!belongs(set, kind)) continue;
    const { id, name, size } = set;
    const { current, next, waiting } = set.versions;
    const versions = `curr_ver=${current} next_ver=${next} entry_cnt=${size + waiting}`;
    yield `${id} (${fromBytes(name ?? "")}) ${fromBytes(description(set))}. ${versions}\n`;
  }
}

/** As HAProxy says it, which calls every user of a map file a map. */
function description({ name, columns, users }: PatternSet): string {
  const what = columns === 2 ? "map" : "acl";
  const places = users.map(({ at }) => `at file '${at.file}' line ${at.line}`);
  if (name !== null)
    return `pattern loaded from file '${name}' used${places.map((place) => ` by ${what} ${place}`).join(",")}`;
  const [user] = users;
  return user === undefined ? "" : `acl '${user.name}' ${places[0]!.slice(3)}`;
}

function line(set: PatternSet, reference: number, pattern: string, value: string): string {
  const text = set.columns === 2 || value !== "" ? `${pattern} ${value}` : pattern;
  return `${referenceText(reference)} ${fromBytes(text)}\n`;
}

function* entries(set: PatternSet): Generator<string> {
  let lines = "";
  let count = 0;
  for (const { order, pattern, value } of set.entries()) {
    lines += line(set, order, pattern, value);
    if (++count % BATCH !== 0) continue;
    yield lines;
    lines = "";
  }
  yield lines;
}

function* prepared(set: PatternSet, version: number): Generator<string> {
  for (const { ref, pattern, value } of set.versions.entries(version)) yield line(set, ref, pattern, value);
}
