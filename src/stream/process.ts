import { hostname } from "node:os";
import { L } from "../counters/shared.ts";
import { castOf } from "../expr/cast.ts";
import type { ProcessFacts, SampleContext } from "../expr/context.ts";
import { publish, type VariableChange } from "../expr/changes.ts";
import type { Sample, SampleType, Value } from "../expr/sample.ts";
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

/** A variable of the process as `get var` tells it: type, a blank, its text. "" = not set, or no such name. */
export function processVariable(name: string): string {
  const parsed = parseVariable(name);
  if (typeof parsed === "string" || parsed.scope !== "proc") return "";
  const sample = variables.get(parsed.id);
  return sample === null ? "" : `${sample.type} ${variableValue(sample)}`;
}

function variableValue({ type, value }: Sample): string {
  if (type === "bool") return value === true ? "1" : "0";
  if (typeof value === "string") return value;
  const cast = castOf(type, "str");
  return cast === "=" ? String(value) : String(cast(value, {} as SampleContext) ?? "");
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
