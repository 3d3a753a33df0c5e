import type { Args } from "../../lang/args.ts";
import type { ParseEnv } from "../env.ts";

/** Permissions and owners of UNIX sockets, shared by `bind` and `stats socket`. */

export function takeMode(args: Args): number | null {
  const word = args.take("octal permissions such as 660");
  if (word === null) return null;
  if (/^[0-7]{1,5}$/.test(word.text)) return Number.parseInt(word.text, 8);
  return args.error("config/bad-number", word, `'${word.text}' is not an octal mode`, "for instance 660");
}

export function takeUser(env: ParseEnv, args: Args): number | null {
  const word = args.take("a user name");
  if (word === null) return null;
  return env.userId(word.text) ?? args.error("config/unknown-user", word, `there is no user '${word.text}'`);
}

export function takeGroup(env: ParseEnv, args: Args): number | null {
  const word = args.take("a group name");
  if (word === null) return null;
  return env.groupId(word.text) ?? args.error("config/unknown-group", word, `there is no group '${word.text}'`);
}
