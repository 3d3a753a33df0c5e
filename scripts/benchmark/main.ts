/**
 * The benchmark: tlb, HAProxy and nginx in one run. Each program has one data thread on CPU 0; load generator and backend share CPU 1.
 * The programs take turns in short rounds and the medians are reported, so that noise of the machine hits all alike; the ratio is that of
 * each round, its median and range. What counts most is CPU per request: it holds also where the load side is the bottleneck.
 */
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { which } from "../../test/harness/program.ts";
import { Scope } from "../../test/harness/scope.ts";
import { startBackend } from "./backend.ts";
import type { Fixture } from "./fixtures/fixture.ts";
import { http } from "./fixtures/http.ts";
import { measureIdle } from "./idle.ts";
import type { Memory } from "./idle.ts";
import { generate, toolOf } from "./load.ts";
import { cpuSeconds, family, helperSeconds } from "./proc.ts";
import type { ProgramName, Running } from "./programs.ts";
import { maxConnections, programNames, start } from "./programs.ts";
import type { Results, Sample } from "./report.ts";
import { memoryTable, speedTable } from "./report.ts";
import type { BenchScenario } from "./scenarios.ts";
import { benchScenarios, groups } from "./scenarios.ts";

const { values: options } = parseArgs({
  options: {
    only: { type: "string", multiple: true, default: [] },
    group: { type: "string", multiple: true, default: [] },
    programs: { type: "string", default: programNames.join(",") },
    seconds: { type: "string" },
    rounds: { type: "string" },
    connections: { type: "string" },
    quick: { type: "boolean", default: false },
    markdown: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

if (options.help) {
  const names = (group: string): string =>
    benchScenarios
      .filter((scenario) => scenario.group === group)
      .map(({ name }) => name)
      .join(" ");
  console.log(`scripts/bench [--quick] [--group GROUP[,GROUP]] [--only SCENARIO[,SCENARIO]] [--programs tlb,haproxy,nginx]
              [--seconds N] [--rounds N] [--connections N] [--markdown]

  --quick        one round of 1 s, 2000 idle connections: under 2 min; default 3 rounds of 2 s, 10000: under 10 min.
                 A look whether all works: one second does not always compile what is hot, least of all on a busy machine
  --group        ${groups.join(" ")}
  --only         ${groups.map((group) => `${group.padEnd(5)} ${names(group)}${group === "http" ? " idle" : ""}`).join("\n                 ")}
  --connections  idle connections
  --markdown     tables only, no progress`);
  process.exit(0);
}

/** A whole number of seconds: the load tools know no other. */
const seconds = Math.max(1, Math.trunc(Number(options.seconds ?? (options.quick ? 1 : 2))));
const rounds = Number(options.rounds ?? (options.quick ? 1 : 3));
const idleConnections = Math.min(Number(options.connections ?? (options.quick ? 2000 : 10_000)), maxConnections - 100);
const only = options.only.flatMap((names) => names.split(","));
const inGroups = options.group.flatMap((names) => names.split(","));
const wanted = (name: string, group: string): boolean =>
  only.length + inGroups.length === 0 || only.includes(name) || inGroups.includes(group);
for (const [given, known] of [
  [only, [...benchScenarios.map(({ name }) => name), "idle"]],
  [inGroups, groups as readonly string[]],
] as const) {
  const unknown = given.find((name) => !known.includes(name));
  if (unknown === undefined) continue;
  console.error(`no ${unknown}; there are: ${known.join(" ")}`);
  process.exit(2);
}
for (const tool of ["wrk", "nginx", "openssl"]) {
  if (which(tool) !== null) continue;
  console.error(`the benchmark needs wrk, nginx and openssl (load, backend, certificates): ${tool} is not there`);
  process.exit(2);
}

const pinned = cpus().length > 1 && which("taskset") !== null;
if (!pinned) console.error("one CPU or no taskset: proxy and load share it, read the numbers with care");
const pinProxy = { prefix: pinned ? ["taskset", "-c", "0"] : [] };
const pinLoad = pinned ? ["taskset", "-c", "1"] : [];

const progress = (text: string): void => {
  if (!options.markdown) console.error(text);
};

await using scope = new Scope();
const dir = scope.tempDir();
const backend = await startBackend(scope, pinLoad);
const names = programNames.filter((known) => options.programs.split(",").includes(known));
const problems: string[] = [];

async function measure(scenario: BenchScenario, running: Running, duration: number): Promise<Sample> {
  const pids = family(running.pid);
  const before = cpuSeconds(pids);
  const result = await generate(scenario.load(running.ports), duration, pinLoad, dir);
  const used = cpuSeconds(pids) - before;
  if (result.errors !== "" || result.requests === 0) {
    problems.push(`${scenario.name}, ${running.name}: ${result.errors || "no request completed"}`);
  }
  return { cpu: (used * 1e6) / result.requests, perSecond: result.perSecond, p50: result.p50, p99: result.p99 };
}

/** Seconds of CPU that compiler threads use in a warming turn when what is hot has been compiled. */
const COMPILED = 0.02;
const WARM_TURNS = 10;

/** Pools fill and hot code is compiled: until the threads beside the main one have nothing to do, which may take 20 s. */
async function warmUp(scenario: BenchScenario, running: Running): Promise<void> {
  // The others have nothing to compile.
  if (running.name !== "tlb" || options.quick) {
    await measure(scenario, running, 1);
    return;
  }
  for (let turn = 0; turn < WARM_TURNS; turn++) {
    const before = helperSeconds(family(running.pid));
    await measure(scenario, running, 2);
    if (helperSeconds(family(running.pid)) - before < COMPILED) return;
  }
}

async function measureAll(scenario: BenchScenario, programs: readonly Running[]): Promise<Results> {
  const able = programs.filter((running) => scenario.tcp !== true || running.tcp);
  const results = new Map<ProgramName, Sample[]>(able.map(({ name }) => [name, []]));
  for (const running of able) {
    await warmUp(scenario, running);
  }
  for (let round = 0; round < rounds; round++) {
    for (const running of able) results.get(running.name)!.push(await measure(scenario, running, seconds));
  }
  const figures = [...results].map(
    ([name, samples]) => `${name} ${samples.map((sample) => sample.cpu.toFixed(1)).join("/")} µs`,
  );
  progress(`${scenario.name.padEnd(16)} ${figures.join("   ")}`);
  return results;
}

const table = new Map<BenchScenario, Results>();
const fixtures = new Map<Fixture, BenchScenario[]>();
for (const scenario of benchScenarios.filter(({ name, group }) => wanted(name, group))) {
  fixtures.set(scenario.fixture, [...(fixtures.get(scenario.fixture) ?? []), scenario]);
}
for (const [fixture, scenarios] of fixtures) {
  await using own = new Scope();
  const programs: Running[] = [];
  for (const name of names) {
    const running = await start(own, name, fixture, backend, pinProxy);
    if (running !== null) programs.push(running);
  }
  for (const scenario of scenarios) {
    const [some] = programs;
    const tool = some === undefined ? "" : toolOf(scenario.load(some.ports));
    if (tool !== "" && which(tool) === null) progress(`${scenario.name} is left out: no ${tool}`);
    else table.set(scenario, await measureAll(scenario, programs));
  }
}

const memory = new Map<ProgramName, Memory>();
if (wanted("idle", "http")) {
  for (const name of names) {
    // A fresh process: pools that grew under load would hide what a connection costs.
    await using own = new Scope();
    const fresh = await start(own, name, http, backend, pinProxy);
    if (fresh !== null) memory.set(name, await measureIdle(fresh, idleConnections, pinLoad, dir));
  }
}

if (table.size > 0) console.log(`\n${speedTable(table)}`);
if (memory.size > 0) console.log(`\n${memoryTable(memory)}`);
for (const problem of problems) console.error(`problem: ${problem}`);
await scope.close();
process.exit(problems.some((problem) => problem.includes(", tlb:")) ? 1 : 0);
