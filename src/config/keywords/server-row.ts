import type { Keyword } from "./keyword.ts";
import type { ServerContext } from "./server.ts";

export type ServerRow = Keyword<ServerContext>;

/** A parameter of `server`. */
export function row(name: string, usage: string, help: string, parse: ServerRow["parse"]): ServerRow {
  return { name, where: ["server"], usage, help, parse };
}
