import { runWorker } from "./control.ts";
import { Runtime } from "./runtime.ts";

/** The hidden role of a worker process: runs until the supervisor or a signal ends it. */
export function startWorker(): Promise<never> {
  return runWorker(new Runtime());
}
