import { codes } from "../../config/tools/codes/index.ts";
import { type Group, topic } from "./topic.ts";

/** The codes of findings, for `tlb help`. */
export const codeGroup: Group = {
  name: "codes",
  title: "Codes of findings of tlb check",
  topics: [...codes.values()].map(({ code, title, explanation, bad, good }) =>
    topic({
      name: code,
      group: "codes",
      kind: "finding",
      summary: title.charAt(0).toUpperCase() + title.slice(1),
      text: explanation,
      facts: code.startsWith("lint/") ? [["switch off", `# tlb: ignore ${code}`]] : [],
      examples: [
        ...(bad === undefined ? [] : [["reported", bad] as const]),
        ...(good === undefined ? [] : [["instead", good] as const]),
      ],
    }),
  ),
};
