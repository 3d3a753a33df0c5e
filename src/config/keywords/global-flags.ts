import type { GlobalContext } from "../context.ts";
import type { Keyword } from "./keyword.ts";

type Row = Keyword<GlobalContext>;

function flag(name: string, field: "neverSendLocal" | "anyPayload", help: string): Row {
  return {
    name,
    where: ["global"],
    usage: "",
    help,
    parse: (c) => {
      c.global[field] = true;
    },
  };
}

/** Switches of the global section (manual section 3). */
export const globalFlags: readonly Row[] = [
  flag(
    "pp2-never-send-local",
    "neverSendLocal",
    "Checks announce themselves with PROXY instead of LOCAL, as before 2.1",
  ),
  flag("h1-accept-payload-with-any-method", "anyPayload", "Take HTTP/1.0 requests GET, HEAD and DELETE with a body"),
  {
    name: "zero-warning",
    where: ["global"],
    usage: "",
    help: "Refuse a configuration with warnings",
    parse: (c) => void c.global.marks.set("zero-warning", c.keyword),
  },
];
