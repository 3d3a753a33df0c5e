/** add map|acl, set map, del map|acl, clear map|acl: changes of patterns, at once in all workers. */
import { positionOf } from "../../../expr/acl/positions.ts";
import type { PatternChange } from "../../../expr/changes.ts";
import type { PatternSet } from "../../../expr/acl/set.ts";
import type { PatternStore } from "../../../expr/acl/store.ts";
import { type Answer, type Call, type Command, failure, type Message } from "../command.ts";
import {
  anySet,
  findSet,
  fromBytes,
  type Kind,
  readReference,
  takeVersion,
  TITLE,
  toBytes,
  unknown,
  versionIn,
} from "./pattern-sets.ts";

function change(store: PatternStore, set: PatternSet, op: PatternChange["op"], key: string, value = ""): PatternChange {
  return { kind: "pattern", file: store.keyOf(set), op, key, value };
}

function add(kind: Kind, usage: string, help: string): Command {
  return { name: `add ${kind}`, usage, help, run: (call) => addEntries(call, kind) };
}

export const addMap = add(
  "map",
  "add map [@<ver>] <map> <key> <val>",
  "add a map entry (payload supported instead of key/val)",
);
export const addAcl = add("acl", "add acl [@<ver>] <acl> <pattern>", "add an acl entry");

async function addEntries(call: Call, kind: Kind): Promise<Answer> {
  const { version, rest } = takeVersion(call);
  const [reference = "", key = "", value = ""] = rest;
  const { payload, ctx } = call;
  if (kind === "map" && (reference === "" || (payload === null && (key === "" || value === "")))) {
    return failure(
      "'add map' expects three parameters (map identifier, key and value) or one parameter (map identifier) and a payload",
    );
  }
  if (kind === "acl" && (reference === "" || key === "")) {
    return failure("'add acl' expects two parameters: ACL identifier and pattern.");
  }
  const store = await ctx.patterns();
  const set = anySet(store, reference);
  if (set === null) return unknown(kind);
  if (kind === "acl" && set.columns === 2) {
    return failure(
      "This ACL is shared with a map containing samples. You must use the command 'add map' to add values.",
    );
  }
  const target = versionIn(set, version);
  if (target < set.versions.current || target > set.versions.next) {
    return failure(`Version number in the future, please use 'prepare ${kind}' before.`);
  }
  const changes: PatternChange[] = [];
  let problem: Message | null = null;
  for (const one of payload === null ? [[toBytes(key), toBytes(value)] as const] : lines(toBytes(payload), kind)) {
    if ("severity" in one) {
      problem = one;
      break;
    }
    const text = kind === "acl" ? "" : one[1];
    const complaint = set.add(one[0], text, target);
    if (complaint !== null) {
      problem = failure(`${fromBytes(complaint)}.`);
      break;
    }
    if (target === set.versions.current) changes.push(change(store, set, "append", one[0], text));
  }
  if (changes.length > 0) await ctx.changePatterns(changes);
  return problem ?? "";
}

/** The entries of a payload: a line each, of a map the key up to the first blank. */
function* lines(payload: string, kind: Kind): Generator<readonly [string, string] | Message> {
  for (const line of payload.replace(/\n$/, "").split("\n")) {
    const [, key = "", value] = kind === "acl" ? [line, line, ""] : (/^([^ \t]*)(?:[ \t]+(.*))?$/.exec(line) ?? []);
    if (value === undefined) yield failure(`Missing value for key '${fromBytes(key)}'.`);
    else yield [key, value];
  }
}

export const setMap: Command = {
  name: "set map",
  usage: "set map <map> [<key>|#<ref>] <value>",
  help: "modify a map entry",
  async run({ ctx, args }) {
    const [name = "", key = "", text = ""] = args;
    if (name === "" || key === "" || text === "") {
      return failure("'set map' expects three parameters: map identifier, key and value.");
    }
    const store = await ctx.patterns();
    const set = anySet(store, name);
    if (set === null) return unknown("map");
    const reference = readReference(key);
    if (reference !== null && typeof reference === "object") return reference;
    const value = toBytes(text);
    if (reference !== null) {
      const position = positionOf(set, reference);
      if (position < 0) return failure("key or pattern not found.");
      const pattern = patternOf(set, reference);
      if (set.setEntry(reference, value))
        await ctx.changePatterns([{ ...change(store, set, "set-one", pattern, value), position }]);
      return "";
    }
    const pattern = toBytes(key);
    if (set.find(pattern) === null) return failure("entry not found.");
    // HAProxy is silent about a value that a map cannot use, and keeps the old one.
    if (typeof set.set(pattern, value) === "number") {
      await ctx.changePatterns([change(store, set, "set", pattern, value)]);
    }
    return "";
  },
};

function patternOf(set: PatternSet, order: number): string {
  for (const entry of set.entries()) if (entry.order === order) return entry.pattern;
  return "";
}

function remove(kind: Kind, help: string): Command {
  return {
    name: `del ${kind}`,
    usage: `del ${kind} <${kind}> [<key>|#<ref>]`,
    help,
    async run({ ctx, args }) {
      const [name = "", key = ""] = args;
      if (name === "" || key === "") {
        return failure(`This command expects two parameters: ${TITLE[kind]} identifier and key.`);
      }
      const store = await ctx.patterns();
      const set = kind === "map" ? anySet(store, name) : findSet(store, name, kind);
      // So says HAProxy of ACLs too.
      if (set === null) return unknown("map");
      const reference = readReference(key);
      if (reference !== null && typeof reference === "object") return reference;
      if (reference !== null) {
        const position = positionOf(set, reference);
        if (position < 0) return failure("Key not found.");
        const pattern = patternOf(set, reference);
        set.deleteEntry(reference);
        await ctx.changePatterns([{ ...change(store, set, "delete-one", pattern), position }]);
        return "";
      }
      const pattern = toBytes(key);
      if (set.delete(pattern) === 0) return failure("Key not found.");
      await ctx.changePatterns([change(store, set, "delete", pattern)]);
      return "";
    },
  };
}

export const delMap = remove("map", "delete map entries matching <key>");
export const delAcl = remove("acl", "delete acl entries matching <key>");

function clear(kind: Kind): Command {
  return {
    name: `clear ${kind}`,
    usage: `clear ${kind} [@<ver>] <${kind}>`,
    help: `clear the contents of this ${kind}`,
    async run(call) {
      const { version, rest } = takeVersion(call);
      if (rest[0] === undefined || rest[0] === "") return failure(`Missing ${TITLE[kind]} identifier.`);
      const store = await call.ctx.patterns();
      const set = findSet(store, rest[0], kind);
      if (set === null) return unknown(kind);
      const wanted = versionIn(set, version);
      if (wanted !== set.versions.current) {
        set.versions.drain(wanted);
        return "";
      }
      set.clear();
      await call.ctx.changePatterns([store.replacement(set)]);
      return "";
    },
  };
}

export const clearMap = clear("map");
export const clearAcl = clear("acl");
