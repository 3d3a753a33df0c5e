import { hostname } from "node:os";
import { L } from "../counters/shared.ts";
import type { ProcessFacts } from "../expr/context.ts";
import { publish, type VariableChange } from "../expr/changes.ts";
import type { SampleType, Value } from "../expr/sample.ts";
import { parseVariable, type VariableName, Variables, variableText } from "../expr/variables.ts";
import { processAccount } from "./variables.ts";
import type { StreamRuntime } from "./runtime.ts";

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

/** Sets it in all workers: each tells the others. */
class ProcessVariables extends Variables {
  override set(id: number, type: SampleType, value: Value): boolean {
    const done = super.set(id, type, value);
    publish({ kind: "variable", name: variableText(id), type, value: done ? value : null });
    return done;
  }

  override unset(id: number): void {
    if (this.get(id) === null) return;
    super.unset(id);
    publish({ kind: "variable", name: variableText(id), type: "str", value: null });
  }

  /** What another worker did. */
  apply({ name, type, value }: VariableChange): void {
    const { id } = parseVariable(`proc.${name}`) as VariableName;
    if (value === null) super.unset(id);
    else super.set(id, type, value);
  }
}

/** Variables of the scope `proc`: a store in each worker, kept alike. */
const variables = new ProcessVariables(processAccount);

/** What another worker, or a former configuration, did to a variable of the scope `proc`. */
export function applyVariable(change: VariableChange): void {
  variables.apply(change);
}

/** By name; null = not there. */
let changed: Readonly<Record<string, string | null>> = {};

/** What the configuration changed of the environment. */
export function changeEnvironment(changes: Readonly<Record<string, string | null>>): void {
  changed = changes;
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
    return this.rt.stopping;
  }
  env(name: string): string | null {
    if (Object.hasOwn(changed, name)) return changed[name]!;
    const value = process.env[name];
    return value === undefined ? null : Buffer.from(value, "utf8").toString("latin1");
  }
}
