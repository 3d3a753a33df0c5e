import { goBySupervisor } from "../util/program-pid.ts";
import { runWorker } from "./control.ts";
import { Runtime } from "./runtime.ts";

/** The hidden role of a worker process: runs until the supervisor or a signal ends it. */
export function startWorker(): Promise<never> {
  goBySupervisor();
  return runWorker(new Runtime());
}
