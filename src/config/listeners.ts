/** Whether a configuration serves anybody. */
import type { Model } from "./model.ts";

/** Whether it opens any socket for traffic. */
export function hasListener({ proxies }: Pick<Model, "proxies">): boolean {
  return proxies.some((proxy) => !proxy.disabled && proxy.kind !== "backend" && proxy.binds.length > 0);
}

/** Why a running process does not take a configuration without any: a file that was cut off ends no service. */
export const NOTHING_TO_SERVE =
  "no enabled listener found (check for 'bind' directives): is the file empty or cut off? To serve nothing, stop the process";
