import type { GlobalContext } from "../context.ts";
import type { Keyword } from "./keyword.ts";

type Row = Keyword<GlobalContext>;

function flag(name: string, field: "neverSendLocal" | "anyPayload" | "setuidWanted" | "quiet", help: string): Row {
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
  flag("quiet", "quiet", "No messages at start, as by -q"),
  flag("insecure-setuid-wanted", "setuidWanted", "Setuid bits of programs of external checks count"),
  {
    name: "set-dumpable",
    where: ["global"],
    usage: "",
    help: "Workers may dump core, whatever user they are",
    invertible: true,
    parse: (c) => {
      c.global.dumpable = c.modifier === null;
    },
  },
  {
    name: "strict-limits",
    where: ["global"],
    usage: "",
    help: "Do not start when limits of the system are too low (the default)",
    invertible: true,
    parse: (c) => {
      c.global.strictLimits = c.modifier !== "no";
    },
  },
  {
    name: "insecure-fork-wanted",
    where: ["global"],
    usage: "",
    help: "Workers without the rights of root may start programs, for external checks",
    invertible: true,
    parse: (c) => {
      if (c.modifier === null) c.global.marks.set("insecure-fork-wanted", c.keyword);
      else c.global.marks.delete("insecure-fork-wanted");
    },
  },
  {
    name: "external-check",
    where: ["global"],
    usage: "",
    help: "Allow 'option external-check'",
    parse: (c) => void c.global.marks.set("external-check", c.keyword),
  },
  {
    name: "zero-warning",
    where: ["global"],
    usage: "",
    help: "Refuse a configuration with warnings",
    parse: (c) => void c.global.marks.set("zero-warning", c.keyword),
  },
];
