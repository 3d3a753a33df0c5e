import { beg } from "./beg.ts";
import { bin } from "./bin.ts";
import { bool } from "./bool.ts";
import { dir } from "./dir.ts";
import { dom } from "./dom.ts";
import { end } from "./end.ts";
import { found } from "./found.ts";
import { int } from "./int.ts";
import { ip } from "./ip.ts";
import { len } from "./len.ts";
import type { MatchMethod } from "./method.ts";
import { reg } from "./reg.ts";
import { regm } from "./regm.ts";
import { str } from "./str.ts";
import { sub } from "./sub.ts";

/** The methods `-m` accepts. */
export const methods = {
  found,
  bool,
  int,
  ip,
  bin,
  len,
  str,
  beg,
  sub,
  dir,
  dom,
  end,
  reg,
  regm,
} as const satisfies Record<string, MatchMethod>;

export type MethodName = keyof typeof methods;

export function isMethodName(name: string): name is MethodName {
  return Object.hasOwn(methods, name);
}
