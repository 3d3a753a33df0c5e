/** get var: a variable of the process, as the workers have it. */
import { type Command, failure } from "../command.ts";
import { fromBytes, toBytes } from "./pattern-sets.ts";

export const getVar: Command = {
  name: "get var",
  usage: "get var <name>",
  help: "retrieve contents of a process-wide variable",
  level: "operator",
  needs: "get-var",
  async run({ ctx, args }) {
    const [name = ""] = args;
    if (name === "") return failure("Missing process-wide variable identifier.");
    // What a rule of any worker did just now is known to all.
    await ctx.settle();
    const [found = ""] = await ctx.query("all", "get-var", [toBytes(name)]);
    if (found === "") return failure("Variable not found.");
    const blank = found.indexOf(" ");
    const [type, value] = [found.slice(0, blank), fromBytes(found.slice(blank + 1))];
    return { severity: 6, text: `${name}: type=${type} value=<${value}>` };
  },
};
