import type { GlobalContext } from "../context.ts";
import { variable as lookUp } from "../../lang/environment.ts";
import type { Keyword } from "./keyword.ts";

type Row = Keyword<GlobalContext>;

/** Changes hold for the lines that follow: the lexer reads the same record. */
function assign(name: string, help: string, overwrite: boolean): Row {
  return {
    name,
    where: ["global"],
    usage: "<name> <value>",
    extra: "warning",
    help,
    parse: (c, args) => {
      const variable = args.take("a variable name");
      if (variable === null) return;
      const value = args.take("a value");
      if (value === null) return;
      if (!overwrite && lookUp(c.env.variables, variable.text) !== undefined) return;
      c.env.variables[variable.text] = value.text;
      c.global.setenv[variable.text] = value.text;
    },
  };
}

export const environmentKeywords: readonly Row[] = [
  assign("setenv", "Set an environment variable", true),
  assign("presetenv", "Set an environment variable unless it is set", false),
  {
    name: "unsetenv",
    where: ["global"],
    usage: "<name> ...",
    help: "Remove environment variables",
    parse: (c, args) => {
      if (args.take("at least one variable name") === null) return;
      args.index--;
      for (const word of args.rest()) {
        delete c.env.variables[word.text];
        c.global.setenv[word.text] = null;
      }
    },
  },
  {
    name: "resetenv",
    where: ["global"],
    usage: "[<name> ...]",
    help: "Remove all environment variables but these",
    parse: (c, args) => {
      const keep = new Set(args.rest().map((w) => w.text));
      for (const name of Object.keys(c.env.variables)) {
        if (keep.has(name)) continue;
        delete c.env.variables[name];
        c.global.setenv[name] = null;
      }
    },
  },
];
