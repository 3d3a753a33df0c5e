/** show resolvers: what was asked of name servers, by do-resolve, in all workers since the last reload. */
import { type ResolverCounts, resolverCounters } from "../../../net/dns/resolvers.ts";
import { type Command, failure } from "../command.ts";

/** Width of a name with its colon. */
const WIDTH = 13;

export const showResolvers: Command = {
  name: "show resolvers",
  usage: "show resolvers [id]",
  help: "dumps counters from all resolvers section and associated name servers",
  needs: "show-resolvers",
  async run({ ctx, args }) {
    const [wanted = ""] = args;
    const sections = ctx.model().resolvers;
    if (wanted !== "" && !sections.some(({ name }) => name === wanted)) {
      return failure("Can't find that resolvers section");
    }
    const answers = await ctx.query("all", "show-resolvers", []);
    const workers = answers.map((answer) => JSON.parse(answer) as ResolverCounts[][]);
    let text = "";
    for (const [i, { name, nameservers }] of sections.entries()) {
      if (wanted !== "" && name !== wanted) continue;
      text += `Resolvers section ${name}\n`;
      for (const [j, nameserver] of nameservers.entries()) {
        text += ` nameserver ${nameserver.name}:\n`;
        for (const counter of resolverCounters) {
          const total = workers.reduce((sum, counts) => sum + (counts[i]?.[j]?.[counter] ?? 0), 0);
          text += `  ${`${counter}:`.padEnd(WIDTH)}${total}\n`;
        }
      }
    }
    return text;
  },
};
