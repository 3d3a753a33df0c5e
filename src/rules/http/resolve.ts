import { parseVariable, setVariable } from "../../expr/variables.ts";
import { takeValue } from "../parts.ts";
import { type ActionRow, type RuleSet, Verdict } from "../types.ts";
import { storeOf } from "./variables.ts";

/**
 * `do-resolve` (manual, section 4.2): keeps the address of a host name in a variable. The rules behind it wait for the answer; a
 * name that has no address leaves the variable as it is. Only the DNS is asked, as in HAProxy: neither the system's files nor what
 * looks like an address count, so that no client names a place that was not meant.
 */
export function resolveAction(where: readonly RuleSet[]): ActionRow {
  return {
    name: "do-resolve",
    where,
    parenthesis: "needed",
    usage: "(<var>,<resolvers>,[ipv4|ipv6]) <expr>",
    help: "Keep the address of a host name in a variable",
    parse: (args) => takeValue(args, "name", "an expression"),
    compile: (action, rc) => {
      const { text, at, endColumn } = action.texts.argument!;
      const [variable = "", resolvers = "", family = "", ...more] = text.split(",").map((word) => word.trim());
      const wrong = (message: string, code = "rule/bad-argument"): null => {
        rc.diagnostics.error(code, at, message, { endColumn });
        return null;
      };
      const name = parseVariable(variable);
      if (typeof name === "string") return wrong(name, "rule/bad-variable");
      if (resolvers === "") return wrong("'do-resolve' expects a variable and the name of a 'resolvers' section");
      if (!["", "ipv4", "ipv6"].includes(family) || more.length > 0) {
        return wrong(`'${[family, ...more].join(",")}' is neither 'ipv4' nor 'ipv6'`);
      }
      const expression = rc.expression(action.texts.name!, "str");
      if (expression === null) return null;
      const section = rc.resolvers(resolvers);
      if (section === null) {
        if (rc.cc.standsIn === true) return null;
        return wrong(`there is no resolvers section '${resolvers}'`, "config/unknown-section");
      }
      const prefer = family === "ipv4" ? 4 : 6;
      return (stream, again) => {
        if (again) return Verdict.next;
        const host = expression.eval(stream);
        if (host === null || host === "") return Verdict.next;
        const { serial } = stream;
        section.lookup(host as string, prefer, (address) => {
          if (stream.serial !== serial) return;
          const store = address === null ? null : storeOf(stream, name);
          if (store !== null) setVariable(store, name.id, address!.length === 4 ? "ipv4" : "ipv6", address!, []);
          stream.wake();
        });
        return Verdict.wait;
      };
    },
  };
}
