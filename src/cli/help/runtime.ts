import { listedCommands } from "../../admin/runtime/registry.ts";
import { type Group, topic } from "./topic.ts";

/** The commands of the runtime API, for `tlb help`. */
export const runtimeGroup: Group = {
  name: "runtime",
  title: "Commands of the runtime API (tlb socket NAME)",
  topics: listedCommands.map(({ name, usage, help, level }) =>
    topic({
      name,
      group: "runtime",
      kind: "runtime command",
      usage: usage.replace(/\s+\(DEPRECATED\)/, "").replace(/ +/g, " "),
      summary: help.charAt(0).toUpperCase() + help.slice(1),
      facts: [
        ["level", `${level ?? "user"} (of the stats socket)`],
        ...(usage.includes("DEPRECATED") ? [["deprecated", "yes"] as const] : []),
      ],
      examples: [],
    }),
  ),
};
