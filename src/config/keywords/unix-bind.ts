import type { Args } from "../../lang/args.ts";
import type { GlobalContext } from "../context.ts";
import { takeChoice, takeInteger } from "../../lang/values.ts";
import type { Keyword } from "./keyword.ts";
import { takeGroup, takeMode, takeUser } from "./socket-owner.ts";

/** What the UNIX sockets of the `bind` lines below start from. */
export interface UnixBind {
  readonly prefix: string;
  /** -1 = leave as created. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

export const PLAIN_UNIX_BIND: UnixBind = { prefix: "", mode: -1, uid: -1, gid: -1 };

/** `unix-bind` (manual section 3.1); not for `stats socket`. */
export const unixBindKeyword: Keyword<GlobalContext> = {
  name: "unix-bind",
  where: ["global"],
  usage: "[prefix <prefix>] [mode <mode>] [user <user>] [uid <uid>] [group <group>] [gid <gid>]",
  help: "Where the paths of UNIX sockets of bind lines begin, their permissions and owners",
  parse: (c, args) => {
    while (!args.done) if (!takeSetting(c, args)) return;
  },
};

function takeSetting(c: GlobalContext, args: Args): boolean {
  const name = takeChoice(args, ["prefix", "mode", "user", "uid", "group", "gid"]);
  if (name === null) return false;
  const before = c.global.unixBind;
  switch (name) {
    case "prefix": {
      const prefix = args.take("the beginning of paths")?.text;
      if (prefix === undefined) return false;
      c.global.unixBind = { ...before, prefix };
      return true;
    }
    case "mode":
      c.global.unixBind = { ...before, mode: takeMode(args) ?? before.mode };
      return true;
    case "user":
      c.global.unixBind = { ...before, uid: takeUser(c.env, args) ?? before.uid };
      return true;
    case "uid":
      c.global.unixBind = { ...before, uid: takeInteger(args) ?? before.uid };
      return true;
    case "group":
      c.global.unixBind = { ...before, gid: takeGroup(c.env, args) ?? before.gid };
      return true;
    case "gid":
      c.global.unixBind = { ...before, gid: takeInteger(args) ?? before.gid };
      return true;
  }
}
