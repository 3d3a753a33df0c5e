import type { BalanceModel } from "../config/model.ts";
import type { Backend } from "../proxy/backend.ts";
import type { Algorithm, Balancer } from "./types.ts";

/** Every value of `balance`, by its keyword. */
export const algorithms = {} as Record<BalanceModel["algorithm"]["kind"], Algorithm>;

/** The balancer a backend asks for in its configuration. */
export function createBalancer(backend: Backend): Balancer {
  const model = backend.model.balance;
  return algorithms[model.algorithm.kind].create(backend, model);
}
