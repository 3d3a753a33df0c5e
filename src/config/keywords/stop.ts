import type { GlobalContext } from "../context.ts";
import { takeTime } from "../../lang/values.ts";
import type { Keyword } from "./keyword.ts";

/** How the process ends after SIGUSR1 (manual section 3.1). */
export const stopKeywords: readonly Keyword<GlobalContext>[] = [
  {
    name: "grace",
    where: ["global"],
    usage: "<time>",
    help: "Go on accepting for that long after SIGUSR1, with the sample 'stopping' true",
    extra: "warning",
    parse: (c, args) => {
      c.global.grace = takeTime(args) ?? c.global.grace;
    },
  },
  {
    name: "close-spread-time",
    where: ["global"],
    usage: "<time> | infinite",
    help: "Spread the closing of client connections at the end over that time, or leave it to the clients",
    extra: "warning",
    parse: (c, args) => {
      if (args.peek()?.text === "infinite") {
        args.next();
        c.global.closeSpread = -1;
      } else c.global.closeSpread = takeTime(args) ?? c.global.closeSpread;
    },
  },
];
