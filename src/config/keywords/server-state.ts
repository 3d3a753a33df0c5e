import type { ProxyContext } from "../context.ts";
import { takeChoice } from "../../lang/values.ts";
import type { Keyword } from "./keyword.ts";
import { BACK } from "./where.ts";

const NOT_READ = "no file is read at start: a reload keeps the state of the servers by itself";

/** Files that HAProxy reads the state of its servers from when it starts (manual, section 4.2); the global ones are in global.ts. */
export const serverStateKeywords: readonly Keyword<ProxyContext>[] = [
  {
    name: "load-server-state-from-file",
    where: BACK,
    usage: "{global | local | none}",
    help: "Where the state of the servers is read from at start",
    parse: (_, args) => {
      const source = takeChoice(args, ["global", "local", "none"]);
      if (source === "global" || source === "local") {
        const word = args.words[args.index - 1]!;
        args.warn("config/no-effect", word, `'load-server-state-from-file ${source}' has no effect here: ${NOT_READ}`);
      }
      args.ignoreRest();
    },
  },
  {
    name: "server-state-file-name",
    where: BACK,
    usage: "[<file> | use-backend-name]",
    help: "File of the state of the servers for load-server-state-from-file local",
    noEffect: NOT_READ,
    parse: (_, args) => void args.next(),
  },
];
