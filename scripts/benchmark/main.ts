/**
 * The benchmark: tlb, HAProxy and nginx in one run. Each program has one data thread on CPU 0; load generator and backend share CPU 1.
 * The programs take turns in short rounds and the medians are reported, so that noise of the machine hits all alike. What counts most
 * is CPU per request: it holds also where the load side is the bottleneck.
 */
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { which } from "../../test/harness/program.ts";
import { Scope } from "../../test/harness/scope.ts";
import { measureIdle } from "./idle.ts";
import type { Memory } from "./idle.ts";
import { cpuSeconds, family } from "./proc.ts";
import type { ProgramName, Running } from "./programs.ts";
import { maxConnections, programNames, start, startBackend } from "./programs.ts";
import type { Results, Sample } from "./report.ts";
import { memoryTable, speedTable } from "./report.ts";
import type { BenchScenario } from "./scenarios.ts";
import { benchScenarios } from "./scenarios.ts";
import { wrk } from "./wrk.ts";

const { values: options } = parseArgs({
  options: {
    only: { type: "string", multiple: true, default: [] },
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
  console.log(`scripts/bench [--quick] [--only SCENARIO[,SCENARIO]] [--programs tlb,haproxy,nginx]
              [--seconds N] [--rounds N] [--connections N] [--markdown]

  --quick        one round of 2 s, 2000 idle connections: under 90 s; default 3 rounds of 3 s, 10000: under 8 min
  --only         ${[...benchScenarios.map(({ name }) => name), "idle"].join(" ")}
  --connections  idle connections
  --markdown     tables only, no progress`);
  process.exit(0);
}

const seconds = Number(options.seconds ?? (options.quick ? 2 : 3));
const rounds = Number(options.rounds ?? (options.quick ? 1 : 3));
const idleConnections = Math.min(Number(options.connections ?? (options.quick ? 2000 : 10_000)), maxConnections - 100);
const only = options.only.flatMap((names) => names.split(","));
const wanted = (name: string): boolean => only.length === 0 || only.includes(name);
for (const name of only) {
  if (name !== "idle" && !benchScenarios.some((scenario) => scenario.name === name)) {
    console.error(`no scenario ${name}; there are: ${benchScenarios.map((scenario) => scenario.name).join(" ")} idle`);
    process.exit(2);
  }
}
if (which("wrk") === null || which("nginx") === null) {
  console.error("the benchmark needs wrk and nginx (load and backend)");
  process.exit(2);
}

const pinned = cpus().length > 1 && which("taskset") !== null;
if (!pinned) console.error("one CPU or no taskset: proxy and load share it, read the numbers with care");
const pinProxy = pinned ? ["taskset", "-c", "0"] : [];
const pinLoad = pinned ? ["taskset", "-c", "1"] : [];

const progress = (text: string): void => {
  if (!options.markdown) console.error(text);
};

await using scope = new Scope();
const dir = scope.tempDir();
const backend = await startBackend(scope, pinLoad);
const programs: Running[] = [];
for (const name of programNames.filter((known) => options.programs.split(",").includes(known))) {
  const running = await start(scope, name, backend, pinProxy);
  if (running === null) continue;
  programs.push(running);
}
const problems: string[] = [];

async function measure(scenario: BenchScenario, running: Running, duration: number): Promise<Sample> {
  const pids = family(running.pid);
  const before = cpuSeconds(pids);
  const result = await wrk(scenario.load(running.ports), duration, pinLoad, dir);
  const used = cpuSeconds(pids) - before;
  if (result.errors !== "" || result.requests === 0) {
    problems.push(`${scenario.name}, ${running.name}: ${result.errors || "no request completed"}`);
  }
  return { cpu: (used * 1e6) / result.requests, perSecond: result.perSecond, p50: result.p50, p99: result.p99 };
}

const table = new Map<BenchScenario, Results>();
for (const scenario of benchScenarios.filter(({ name }) => wanted(name))) {
  const able = programs.filter((running) => scenario.tcp !== true || running.tcp);
  const results = new Map<ProgramName, Sample[]>(able.map(({ name }) => [name, []]));
  for (const running of able) {
    // Pools fill and hot code is compiled.
    await measure(scenario, running, options.quick ? 1 : 3);
  }
  for (let round = 0; round < rounds; round++) {
    for (const running of able) results.get(running.name)!.push(await measure(scenario, running, seconds));
  }
  table.set(scenario, results);
  progress(
    `${scenario.name.padEnd(16)} ${able
      .map(
        ({ name }) =>
          `${name} ${results
            .get(name)!
            .map((sample) => sample.cpu.toFixed(1))
            .join("/")} µs`,
      )
      .join("   ")}`,
  );
}

const memory = new Map<ProgramName, Memory>();
if (wanted("idle")) {
  for (const { name } of programs) {
    // A fresh process: pools that grew under load would hide what a connection costs.
    await using own = new Scope();
    const fresh = await start(own, name, backend, pinProxy);
    if (fresh !== null) memory.set(name, await measureIdle(fresh, idleConnections, pinLoad, dir));
  }
}

if (table.size > 0) console.log(`\n${speedTable(table)}`);
if (memory.size > 0) console.log(`\n${memoryTable(memory)}`);
for (const problem of problems) console.error(`problem: ${problem}`);
await scope.close();
process.exit(problems.some((problem) => problem.includes(", tlb:")) ? 1 : 0);
