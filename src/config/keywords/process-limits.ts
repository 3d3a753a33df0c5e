import { atLine } from "../../lang/position.ts";
import type { GlobalContext } from "../context.ts";
import { type IntegerRange, takeInteger } from "../../lang/values.ts";
import type { Keyword } from "./keyword.ts";

type Row = Keyword<GlobalContext>;

type CountField =
  "maxconn" | "maxConnRate" | "maxSessRate" | "maxSslRate" | "ulimitN" | "fdHardLimit" | "spreadChecks" | "maxAccept";

/**
 * A number of the global section that counts once: a second line is ignored, as in HAProxy, with a warning that says so. 0 is as good
 * as no line.
 */
export function firstCount(
  name: string,
  field: CountField,
  usage: string,
  help: string,
  range: IntegerRange = {},
): Row {
  return {
    name,
    where: ["global"],
    usage,
    help,
    parse: (c, args) => {
      const value = takeInteger(args, { lax: true, ...range });
      if (value === null) return;
      const before = c.global.marks.get(name);
      if (before !== undefined) {
        args.warn(
          "config/duplicate-keyword",
          args.keyword,
          `this '${name}' is ignored: it is already set ${atLine(before.at, args.keyword.at)}`,
        );
        return;
      }
      c.global[field] = value;
      if (value !== 0) c.global.marks.set(name, args.keyword);
    },
  };
}

/** Limits of the whole process (manual section 3.2). */
export const processLimits: readonly Row[] = [
  firstCount("maxconn", "maxconn", "<count>", "Connections of the whole process at the same time"),
  firstCount("maxconnrate", "maxConnRate", "<count>", "Connections accepted a second by the whole process"),
  firstCount("maxsessrate", "maxSessRate", "<count>", "Sessions begun a second in the whole process"),
  firstCount("ulimit-n", "ulimitN", "<count>", "Limit of open file descriptors"),
  firstCount("fd-hard-limit", "fdHardLimit", "<count>", "Most file descriptors, whatever the system allows"),
];
