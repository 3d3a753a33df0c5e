import type { ProxyContext } from "../context.ts";
import { takeChoice } from "../../lang/values.ts";
import type { Keyword } from "./keyword.ts";
import { BACK } from "./where.ts";

/** Files the state of the servers is read from at start (manual, section 4.2); the global ones are in global.ts. */
export const serverStateKeywords: readonly Keyword<ProxyContext>[] = [
  {
    name: "load-server-state-from-file",
    where: BACK,
    usage: "{global | local | none}",
    help: "Where the state of the servers is read from at start",
    parse: ({ proxy }, args) => {
      const kind = takeChoice(args, ["global", "local", "none"]);
      if (kind !== null) proxy.stateSource = kind === "none" ? null : { kind, word: args.words[args.index - 1]! };
      args.ignoreRest();
    },
  },
  {
    name: "server-state-file-name",
    where: BACK,
    usage: "[<file> | use-backend-name]",
    help: "File of the state of the servers for load-server-state-from-file local",
    parse: ({ proxy }, args) => {
      const name = args.next()?.text ?? "use-backend-name";
      proxy.stateFile = name === "use-backend-name" ? null : name;
    },
  },
];
