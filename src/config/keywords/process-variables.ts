import { textOf } from "../../lang/line.ts";
import { takeExpression } from "../../rules/parts.ts";
import { parseVariable, type VariableLimits } from "../../expr/variables.ts";
import type { Args } from "../../lang/args.ts";
import type { GlobalContext } from "../context.ts";
import type { TextModel } from "../model.ts";
import { takeInteger } from "../../lang/values.ts";
import type { Keyword } from "./keyword.ts";

type Row = Keyword<GlobalContext>;

function takeFormat(args: Args): TextModel | null {
  const word = args.take("a format");
  return word === null ? null : textOf(word);
}

function setter(name: "set-var" | "set-var-fmt", usage: string, help: string): Row {
  return {
    name,
    where: ["global"],
    usage,
    help,
    extra: "warning",
    parse: (c, args) => {
      const word = args.take("a variable of the process, proc.<name>");
      if (word === null) return;
      const value = name === "set-var" ? takeExpression(args, "a sample expression") : takeFormat(args);
      if (value === null) return;
      const variable = parseVariable(word.text);
      const problem =
        typeof variable === "string"
          ? variable
          : variable.scope === "proc"
            ? null
            : `'${word.text}' cannot be set here: only variables of the scope proc exist so early`;
      if (problem !== null) return void args.error("rule/bad-variable", word, problem);
      c.global.setVars.push({
        at: args.keyword.at,
        name: word.text,
        format: name === "set-var-fmt",
        value,
      });
    },
  };
}

function limit(name: string, field: keyof VariableLimits, what: string, noEffect?: string): Row {
  return {
    name: `tune.vars.${name}-max-size`,
    where: ["global"],
    usage: "<bytes>",
    help: `Bytes of variables ${what}; 0 is no limit`,
    extra: "warning",
    ...(noEffect === undefined ? {} : { noEffect }),
    parse: (c, args) => {
      const value = takeInteger(args, { lax: true });
      if (value !== null) c.global.variableLimits = { ...c.global.variableLimits, [field]: value };
    },
  };
}

/** Variables of the process, and the room for those of all scopes (manual, sections 2.8 and 3.2). */
export const processVariableKeywords: readonly Row[] = [
  setter("set-var", "<proc.name> <expression>", "Set a variable of the process from an expression"),
  setter("set-var-fmt", "<proc.name> <format>", "Set a variable of the process from a format"),
  limit("global", "global", "of all scopes together"),
  limit("proc", "proc", "of the process"),
  limit("sess", "sess", "of a session"),
  limit("txn", "txn", "of a transaction"),
  limit("reqres", "reqres", "of a request or a response"),
  limit("check", "check", "of a health check", "checks set no variables"),
];
