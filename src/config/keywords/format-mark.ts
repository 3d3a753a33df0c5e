import type { Args } from "../../lang/args.ts";
import type { ProxyContext } from "../context.ts";

/**
 * Notes the line that says what log lines look like. Within a defaults section a second one is most often a leftover, so it is told;
 * elsewhere it replaces the format of the defaults, as it should.
 */
export function markFormat(c: ProxyContext, args: Args, name: "log-format" | "error-log-format"): void {
  const before = c.proxy.marks.get(name);
  if (c.proxy.kind === "defaults" && before !== undefined) {
    args.warn(
      "config/overridden",
      args.keyword,
      `'${args.label}' replaces the format that line ${before.at.line} has set`,
      "leave one of them out",
    );
  }
  c.proxy.marks.set(name, args.keyword);
}
