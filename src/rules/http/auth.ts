import { NOTHING, takeTexts } from "../parts.ts";
import { type ActionRow, Verdict } from "../types.ts";

/** `auth` (manual, section 4.2, http-request auth): asks the client for user and password. */
export const authAction: ActionRow = {
  name: "auth",
  where: ["http-request"],
  usage: "[realm <realm>]",
  help: "Ask for a user and a password by 401, or 407 where the client takes us for its proxy",
  parse: (args) => {
    if (args.peek()?.text !== "realm") return NOTHING;
    args.next();
    return takeTexts(args, [["realm", "a realm"]]);
  },
  compile: (action, rc) => {
    const realm = action.texts.realm?.text ?? rc.proxy;
    return (stream) => {
      stream.authenticate(realm);
      return Verdict.done;
    };
  },
};
