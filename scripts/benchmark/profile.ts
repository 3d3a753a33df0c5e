/** Where the CPU of one scenario goes in tlb: perf's samples with the names of compiled functions, or system calls beside HAProxy's. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { run, startProgram, which } from "../../test/harness/program.ts";
import { Scope } from "../../test/harness/scope.ts";
import { startBackend } from "./backend.ts";
import { JitNames } from "./jitdump.ts";
import { generate } from "./load.ts";
import { cpuSeconds, family } from "./proc.ts";
import type { ProgramName, Running } from "./programs.ts";
import { start } from "./programs.ts";
import { benchScenarios } from "./scenarios.ts";
import { callTable, parseCalls } from "./syscalls.ts";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: "string", default: "4" },
    top: { type: "string", default: "40" },
    strace: { type: "boolean", default: false },
    callers: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

const scenario = benchScenarios.find(({ name }) => name === positionals[0]);
if (options.help || scenario === undefined || positionals.length !== 1) {
  console.log(`scripts/profile SCENARIO [--seconds N] [--top N]    CPU of tlb's worker by kernel, JIT, Bun and helper threads, and the top symbols
scripts/profile SCENARIO --callers [--top N]       the same for Bun's own code by the JavaScript that called it
scripts/profile SCENARIO --strace [--seconds N]    system calls per request, tlb and HAProxy side by side

scenarios: ${benchScenarios.map(({ name }) => name).join(" ")}

The first needs perf, and names of kernel functions need root; the second needs strace.
Compiled JavaScript gets its names through BUN_JSC_useJITDump=1, a dump that this script reads itself: \`perf inject --jit\` does not recognise
it. "FTL", "DFG" and "Baseline" say how far a function was optimised; what is inlined counts for the function it is in. Bun's own code
(event loop, sockets, garbage collector on the main thread) has no symbols in the released binary: it is one row for each thread.
Sampling by BUN_JSC_useSamplingProfiler or --cpu-prof knows neither kernel nor native code, so neither is used here.`);
  process.exit(options.help ? 0 : 2);
}
const chosen = scenario;
const seconds = Math.max(1, Math.trunc(Number(options.seconds)));
const tool = options.strace ? "strace" : "perf";
if (which(tool) === null) {
  console.error(`${tool} is not there`);
  process.exit(2);
}

const pinned = cpus().length > 1 && which("taskset") !== null;
const pinProxy = pinned ? ["taskset", "-c", "0"] : [];
const pinLoad = pinned ? ["taskset", "-c", "1"] : [];
await using scope = new Scope();
const dir = scope.tempDir();
const backend = await startBackend(scope, pinLoad);

async function startOne(name: ProgramName, env: Readonly<Record<string, string>> = {}): Promise<Running> {
  const running = await start(scope, name, chosen.fixture, backend, { prefix: pinProxy, env });
  if (running === null) process.exit(1);
  return running;
}

/** The process that does the work: the one that used most CPU under the warming load. */
async function warmUp(running: Running): Promise<number> {
  await generate(chosen.load(running.ports), 3, pinLoad, dir);
  return family(running.pid).toSorted((a, b) => cpuSeconds([b]) - cpuSeconds([a]))[0]!;
}

if (options.strace) await compareCalls();
else await sample();
await scope.close();
process.exit(0);

async function compareCalls(): Promise<void> {
  const columns = new Map<string, ReadonlyMap<string, number>>();
  for (const name of ["tlb", "haproxy"] as const) {
    const running = await startOne(name);
    const worker = await warmUp(running);
    const tracer = startProgram(scope, ["strace", "-f", "-c", "-S", "calls", "-p", String(worker)], {
      prefix: pinLoad,
    });
    await Bun.sleep(300);
    const { requests } = await generate(chosen.load(running.ports), seconds, pinLoad, dir);
    tracer.signal("SIGINT");
    await tracer.exited;
    columns.set(
      name,
      new Map([...parseCalls(tracer.stderr() + tracer.stdout())].map(([call, count]) => [call, count / requests])),
    );
  }
  console.log(callTable(columns));
}

async function sample(): Promise<void> {
  const running = await startOne("tlb", { BUN_JSC_useJITDump: "1", BUN_JSC_jitDumpDirectory: dir });
  const worker = await warmUp(running);
  const data = join(dir, "perf.data");
  const recorder = startProgram(
    scope,
    [
      "perf",
      "record",
      "-q",
      ...(options.callers ? ["--call-graph", "fp"] : []),
      "-k",
      "mono",
      "-e",
      "cpu-clock",
      "-F",
      "1999",
      "-o",
      data,
      "-p",
      String(worker),
    ],
    { prefix: pinLoad },
  );
  await Bun.sleep(300);
  const before = cpuSeconds([worker]);
  const { requests, errors } = await generate(chosen.load(running.ports), seconds, pinLoad, dir);
  const used = ((cpuSeconds([worker]) - before) * 1e6) / requests;
  recorder.signal("SIGINT");
  await recorder.exited;
  if (errors !== "") console.error(`problem: ${errors}`);

  const dump = readdirSync(dir).find((name) => name.startsWith("jit-") && name.split(/[-.]/).includes(String(worker)));
  const names = dump === undefined ? undefined : new JitNames(readFileSync(join(dir, dump)));
  if (names === undefined) console.error("no dump of compiled functions: they have no names");
  if (options.callers) {
    await printCallers(data, names, worker, used);
    return;
  }
  const { stdout, stderr } = await run([...["perf", "script", "-i", data, "--ns", "-F", "comm,tid,time,ip,sym,dso"]]);
  if (!existsSync(data) || stdout === "") throw new Error(`perf: ${stderr}`);

  const kinds = new Map<string, number>();
  const symbols = new Map<string, number>();
  let total = 0;
  const add = (map: Map<string, number>, key: string): void => {
    map.set(key, (map.get(key) ?? 0) + 1);
  };
  for (const line of stdout.split("\n")) {
    const match = /^\s*(.+?)\s+(\d+)\s+(\d+)\.(\d+):\s+([0-9a-f]+) (.*) \((.*)\)$/.exec(line);
    if (match === null) continue;
    const [, comm, tid, whole, fraction, hex, symbol, object] = match;
    total++;
    const thread = Number(tid) === worker ? "main thread" : comm!;
    if (object!.includes("kernel") || /^(ffff)/.test(hex!)) {
      add(kinds, `kernel, ${thread}`);
      add(symbols, `kernel    ${symbol!}`);
      continue;
    }
    const time = Number(whole) * 1e9 + Number(fraction!.padEnd(9, "0"));
    const name = names?.at(Number.parseInt(hex!, 16), time);
    if (name !== undefined) {
      add(kinds, `JIT, ${thread}`);
      add(symbols, `JIT       ${name}`);
    } else if (object!.includes("bun") || object!.includes("tlb")) {
      add(kinds, `Bun, ${thread}`);
      add(symbols, `Bun       ${symbol === "[unknown]" ? thread : symbol!}`);
    } else {
      const library = object!.split("/").at(-1)!;
      add(kinds, `${library.startsWith("[") || library.startsWith("//") ? "other" : library}, ${thread}`);
      add(symbols, `${library.padEnd(9)} ${symbol!}`);
    }
  }
  console.log(`${chosen.name}: ${used.toFixed(1)} µs of CPU per request, ${requests} requests, ${total} samples\n`);
  print(kinds, total, used, 20);
  console.log();
  const inKernel = ([name]: readonly [string, number]): boolean => name.startsWith("kernel ");
  print(new Map([...symbols].filter((entry) => !inKernel(entry))), total, used, Number(options.top));
  console.log();
  print(new Map([...symbols].filter(inKernel)), total, used, Math.ceil(Number(options.top) / 3));
}

/** Samples in Bun's own code, each given to the nearest compiled function up its stack, and to the kernel call it made, if any. */
async function printCallers(data: string, names: JitNames | undefined, worker: number, used: number): Promise<void> {
  const { stdout } = await run(["perf", "script", "-i", data, "--ns", "-F", "tid,time,ip,sym,dso"]);
  const callers = new Map<string, number>();
  let total = 0;
  for (const sample of stdout.split("\n\n")) {
    const [head, ...frames] = sample.trim().split("\n");
    const stamp = /^\s*(\d+)\s+(\d+)\.(\d+):/.exec(head ?? "");
    if (stamp === null) continue;
    total++;
    if (Number(stamp[1]) !== worker) continue;
    const time = Number(stamp[2]) * 1e9 + Number(stamp[3]!.padEnd(9, "0"));
    const stack = frames.map((frame) => /^\s*([0-9a-f]+) (.*) \((.*)\)$/.exec(frame)).filter((match) => match !== null);
    const [leaf] = stack;
    if (leaf === undefined || leaf[1]!.startsWith("ffff")) continue;
    const nameOf = (hex: string): string | undefined => names?.at(Number.parseInt(hex, 16), time);
    if (nameOf(leaf[1]!) !== undefined || !/bun|tlb/.test(leaf[3]!)) continue;
    const caller = stack.map((match) => nameOf(match[1]!)).find((name) => name !== undefined);
    const key = caller ?? "the event loop, or unknown";
    callers.set(key, (callers.get(key) ?? 0) + 1);
  }
  console.log(`${chosen.name}: ${used.toFixed(1)} µs of CPU per request; Bun's own code by caller\n`);
  print(callers, total, used, Number(options.top));
}

function print(map: ReadonlyMap<string, number>, total: number, used: number, top: number): void {
  const rows = [...map].toSorted((a, b) => b[1] - a[1]).slice(0, top);
  for (const [name, count] of rows) {
    const share = count / total;
    console.log(`${(100 * share).toFixed(1).padStart(5)} %  ${(share * used).toFixed(2).padStart(7)} µs  ${name}`);
  }
}
