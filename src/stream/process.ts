import { hostname } from "node:os";
import { L } from "../counters/shared.ts";
import type { ProcessFacts } from "../expr/context.ts";
import { noVariableLimits, VariableAccount, Variables } from "../expr/variables.ts";
import type { StreamRuntime } from "./runtime.ts";

/** Variables of the scope `proc`: one store in each worker. */
const variables = new Variables(new VariableAccount(noVariableLimits.proc, null));
const facts = new WeakMap<StreamRuntime, ProcessFacts>();

/** What samples may ask of the process. */
export function processFacts(rt: StreamRuntime): ProcessFacts {
  let known = facts.get(rt);
  if (known === undefined) {
    known = new Facts(rt);
    facts.set(rt, known);
  }
  return known;
}

class Facts implements ProcessFacts {
  readonly hostname = hostname();
  readonly variables = variables;

  constructor(private readonly rt: StreamRuntime) {}

  get worker(): number {
    return this.rt.worker;
  }
  get connections(): number {
    return Atomics.load(this.rt.shared.live, L.live);
  }
  get stopping(): boolean {
    return this.rt.draining;
  }
  env(name: string): string | null {
    return process.env[name] ?? null;
  }
}
