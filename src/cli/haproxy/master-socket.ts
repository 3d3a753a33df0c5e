/** `-S ADDRESS[,option…]`: where the master CLI listens, with the options of `stats socket` behind commas (management manual, section 9.4). */
import type { StatsSocketModel } from "../../config/model.ts";
import { loadConfiguration } from "../load.ts";

/** The socket, or what is wrong with it. The level is admin unless the options say otherwise. */
export function masterSocket(text: string): StatsSocketModel | { readonly error: string } {
  const [address = "", ...options] = text.split(",");
  const line = [address, "level admin", ...options].join(" ");
  const { model, findings } = loadConfiguration(["-"], { stdin: Buffer.from(`global\n    stats socket ${line}\n`) });
  const wrong = findings.find(({ severity }) => severity === "error");
  if (wrong !== undefined) return { error: wrong.message };
  return { ...model.global.statsSockets[0]!, at: { file: "", line: 0, column: 0 }, master: true };
}
