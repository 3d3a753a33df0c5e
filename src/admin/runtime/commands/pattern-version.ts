/** prepare map|acl, commit map|acl: all entries of a set replaced in one step, in all workers. */
import { type Command, failure } from "../command.ts";
import { findSet, type Kind, TITLE, unknown, versionIn, takeVersion } from "./pattern-sets.ts";

function prepare(kind: Kind, help: string): Command {
  return {
    name: `prepare ${kind}`,
    usage: `prepare ${kind} <acl>`,
    help,
    async run({ ctx, args }) {
      const set = findSet(await ctx.patterns(), args[0], kind);
      if (set === null) return unknown(kind);
      return { severity: 6, text: `New version created: ${set.versions.prepare()}\n` };
    },
  };
}

export const prepareMap = prepare("map", "prepare a new version for atomic map replacement");
export const prepareAcl = prepare("acl", "prepare a new version for atomic ACL replacement");

function commit(kind: Kind): Command {
  return {
    name: `commit ${kind}`,
    usage: `commit ${kind} @<ver> <${kind}>`,
    help: `commit the ${TITLE[kind]} at this version`,
    async run(call) {
      const { version, rest } = takeVersion(call);
      if (version === null) return failure("Missing version number.");
      if (rest[0] === undefined || rest[0] === "") return failure(`Missing ${TITLE[kind]} identifier.`);
      const store = await call.ctx.patterns();
      const set = findSet(store, rest[0], kind);
      if (set === null) return unknown(kind);
      if (!set.commit(versionIn(set, version))) return failure("Version number out of range.");
      await call.ctx.changePatterns([store.replacement(set)]);
      return "";
    },
  };
}

export const commitMap = commit("map");
export const commitAcl = commit("acl");
