import type { GlobalContext } from "../context.ts";
import { takeChoice } from "../../lang/values.ts";
import type { Keyword } from "./keyword.ts";

/** `default-path` (manual section 3.1). */
export const defaultPathKeyword: Keyword<GlobalContext> = {
  name: "default-path",
  where: ["global"],
  usage: "current | config | parent | origin <path>",
  help: "Folder that relative names of files in the lines below start from",
  extra: "warning",
  parse: (c, args) => {
    const mode = takeChoice(args, ["current", "config", "parent", "origin"]);
    if (mode === null) return void args.rest();
    if (mode !== "origin") return c.global.paths.set(mode, "", args.keyword.at);
    const folder = args.take("a folder");
    if (folder === null) return;
    if (isFolder(c, folder.text)) c.global.paths.set(mode, folder.text, args.keyword.at);
    else args.error("config/bad-value", folder, `'${folder.text}' is not a folder`);
  },
};

function isFolder({ global }: GlobalContext, path: string): boolean {
  try {
    return global.paths.machine.readDir(path) !== null;
  } catch {
    return false;
  }
}
