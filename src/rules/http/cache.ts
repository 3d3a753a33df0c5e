import type { TextModel } from "../../config/model.ts";
import type { Cache } from "../../cache/cache.ts";
import type { HttpFlowStream } from "../flow/types.ts";
import { takeTexts } from "../parts.ts";
import { type ActionRow, type RuleCompiler, Verdict } from "../types.ts";

/** The cache section of this name, or null after a complaint. */
function cacheOf({ text, at, endColumn }: TextModel, rc: RuleCompiler): Cache | null {
  const cache = rc.cc.findCache(text);
  if (cache === null)
    rc.diagnostics.error("config/unknown-section", at, `there is no cache section '${text}'`, { endColumn });
  return cache;
}

/** `cache-use` and `cache-store` (manual, section 6.2.2). */
export const cacheActions: readonly ActionRow[] = [
  {
    name: "cache-use",
    where: ["http-request"],
    usage: "<name>",
    help: "Answer from this cache if it has the object",
    parse: (args) => takeTexts(args, [["name", "the name of a cache section"]]),
    compile: (action, rc) => {
      const cache = cacheOf(action.texts.name!, rc);
      if (cache === null) return null;
      return (stream) => {
        (stream as HttpFlowStream).useCache(cache);
        return Verdict.next;
      };
    },
  },
  {
    name: "cache-store",
    where: ["http-response"],
    usage: "<name>",
    help: "Store the response in this cache",
    parse: (args) => takeTexts(args, [["name", "the name of a cache section"]]),
    compile: (action, rc) => {
      const cache = cacheOf(action.texts.name!, rc);
      if (cache === null) return null;
      return (stream) => {
        (stream as HttpFlowStream).saveResponse(cache);
        return Verdict.next;
      };
    },
  },
];
