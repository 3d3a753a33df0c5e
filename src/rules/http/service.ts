import { takeTexts } from "../parts.ts";
import { type Action, type ActionRow, type RuleCompiler } from "../types.ts";

/** A service built in: answers requests by itself. */
export interface Service {
  readonly help: string;
  compile(rc: RuleCompiler): Action | null;
}

/** Services by the name `use-service` gives them. */
const services: ReadonlyMap<string, Service> = new Map<string, Service>();

/** Services of HAProxy that are not built yet. */
const later: ReadonlySet<string> = new Set(["prometheus-exporter"]);

/** `use-service` (manual, section 4.2). */
export const serviceAction: ActionRow = {
  name: "use-service",
  where: ["http-request"],
  usage: "<name>",
  help: "Answer by a service that is built in",
  parse: (args) => {
    const parts = takeTexts(args, [["service", "a service"]]);
    if (parts === null) return null;
    const word = args.words[args.index - 1]!;
    if (services.has(word.text)) return parts;
    if (later.has(word.text)) {
      return args.error(
        "config/not-supported",
        word,
        `the service '${word.text}' is known to HAProxy, not supported yet`,
      );
    }
    if (word.text.startsWith("lua.")) {
      return args.error("rule/unknown-service", word, `there is no Lua here to bring the service '${word.text}'`);
    }
    const known = services.size === 0 ? "none is built in" : `one of ${[...services.keys()].join(", ")}`;
    return args.error("rule/unknown-service", word, `there is no service '${word.text}'`, known);
  },
  compile: (action, rc) => services.get(action.texts.service!.text)?.compile(rc) ?? null,
};
