import { lookup } from "../../net/lookup.ts";
import { parseVariable, setVariable, type VariableName, type VariableStore } from "../../expr/variables.ts";
import { takeTexts } from "../parts.ts";
import { type ActionRow, type RuleSet, type RuleStream, Verdict } from "../types.ts";

function storeOf(stream: RuleStream, { scope }: VariableName): VariableStore | null {
  return scope === "proc" ? stream.process.variables : stream.variables(scope);
}

/**
 * `do-resolve` (manual, section 4.2): keeps the address of a host name in a variable. The rules behind it wait for the answer; a
 * name that has no address leaves the variable as it is. Names are resolved as the system does it, which is what the section
 * `resolvers default` stands for.
 */
export function resolveAction(where: readonly RuleSet[]): ActionRow {
  return {
    name: "do-resolve",
    where,
    parenthesis: true,
    usage: "(<var>,<resolvers>,[ipv4|ipv6]) <expr>",
    help: "Keep the address of a host name in a variable",
    parse: (args) => takeTexts(args, [["name", "an expression"]]),
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
      if (resolvers !== "default") {
        return wrong(
          `the 'resolvers' section '${resolvers}' is not supported yet: use 'default'`,
          "config/not-supported",
        );
      }
      if (!["", "ipv4", "ipv6"].includes(family) || more.length > 0) {
        return wrong(`'${[family, ...more].join(",")}' is neither 'ipv4' nor 'ipv6'`);
      }
      const expression = rc.expression(action.texts.name!, "str");
      if (expression === null) return null;
      const prefer = family === "ipv4" ? 4 : 6;
      return (stream, again) => {
        if (again) return Verdict.next;
        const host = expression.eval(stream);
        if (host === null || host === "") return Verdict.next;
        const { serial } = stream;
        lookup(host as string, prefer, (address) => {
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
