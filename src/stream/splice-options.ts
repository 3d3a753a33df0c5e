/** Which directions go over inside the kernel. */
import type { OptionName, ProxyOptions } from "../config/model.ts";
import type { Stream } from "./stream.ts";

const OPTIONS: readonly OptionName[] = ["splice-auto", "splice-request", "splice-response"];

function chosen(options: ProxyOptions): boolean {
  return OPTIONS.some((name) => options[name] === true);
}

/**
 * Without any of the options both directions do where it is worth it; `splice-request` and `splice-response` of either side leave it to
 * the direction they name (manual, option splice-auto).
 */
export function maySplice({ frontend, backend }: Stream, direction: "splice-request" | "splice-response"): boolean {
  const front = frontend.model.options;
  const back = backend!.model.options;
  if (!chosen(front) && !chosen(back)) return true;
  return (["splice-auto", direction] as const).some((name) => front[name] === true || back[name] === true);
}
