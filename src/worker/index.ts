import { goBySupervisor } from "../util/program-pid.ts";
import { runWorker } from "./control.ts";
import { Runtime } from "./runtime.ts";
import { onClockStep } from "../util/clock.ts";
import { wheel } from "../util/wheel.ts";

/** The hidden role of a worker process: runs until the supervisor or a signal ends it. */
export function startWorker(): Promise<never> {
  goBySupervisor();
  onClockStep((ms) => wheel.shift(ms));
  return runWorker(new Runtime());
}
