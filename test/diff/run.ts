/**
 * Runs scenarios through a reference and a subject. Scenarios that may share a process are put into one configuration file, each on
 * ports of its own, and run a dozen at a time; the reference and the subject run the same scenario at the same moment, so that load
 * on the machine hits both. What differs is run again, at last alone, before it counts: timing on a busy machine is not behaviour.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "../harness/client.ts";
import { Peer } from "../harness/peer.ts";
import type { Proxy } from "../harness/proxy.ts";
import { freePort } from "../harness/ports.ts";
import { Scope } from "../harness/scope.ts";
import type { ScriptedServer } from "../harness/server.ts";
import { startServer } from "../harness/server.ts";
import { startStuckServer } from "../harness/stuck.ts";
import type { Syslog } from "../harness/syslog.ts";
import { startSyslog } from "../harness/syslog.ts";
import { differences } from "./compare.ts";
import { children, leaks } from "./leaks.ts";
import { maskBodies, maskLog, maskPorts } from "./mask.ts";
import { countersOf } from "./rows.ts";
import { Attention } from "../harness/attention.ts";
import type { LogLine, Observation, Scenario, Talk } from "./scenario.ts";

export type Starter = (scope: Scope, config: string) => Promise<Proxy>;

export interface Outcome {
  readonly scenario: Scenario;
  readonly differences: readonly string[];
  readonly reference: Observation | null;
  readonly subject: Observation | null;
  /** Runs it took to agree; more than 1 means the first difference was noise. */
  readonly runs: number;
}

export interface RunOptions {
  readonly concurrency?: number;
  /** Runs before a difference counts; default 6. */
  readonly runs?: number;
  /** Names of scenarios that may differ: one run is enough. */
  readonly expected?: ReadonlySet<string>;
  /** Takes what programs still held, or that they died, after a batch. */
  readonly leaks?: string[];
}

const BATCH = 120;
/** Scenarios with processes of their own that run at a time. */
const LANES = 4;
/** Scenarios that are run again with a process each; more of them share one. */
const MOST_ALONE = 60;
/** More that differ twice is no noise. */
const MOST_NOISE = 300;
/** When it has taken that long nothing is begun again: what differs then is told, rather than nothing at all. */
const MOST_MS = 600_000;

export async function runAll(
  scenarios: readonly Scenario[],
  reference: Starter,
  subject: Starter,
  options: RunOptions = {},
): Promise<Outcome[]> {
  const outcomes = new Map<string, Outcome>();
  const { runs = 6, expected } = options;
  const began = performance.now();
  for (let run = 1; run <= runs; run++) {
    const open = run === 1 ? scenarios : scenarios.filter(({ name }) => isOpen(outcomes.get(name)!, expected));
    if (run > 2 && (open.length > MOST_NOISE || performance.now() - began > MOST_MS)) break;
    // What differs is run again with less company each time, and with more patience.
    const apart = run > 2 && open.length <= MOST_ALONE;
    const todo = apart ? open.map((scenario) => [scenario]) : batches(open);
    const one = async (batch: readonly Scenario[]): Promise<void> => {
      const concurrency = batch[0]!.alone === true ? 1 : run > 1 ? 2 : (options.concurrency ?? 12);
      // What is left behind is asked for once: a scenario in which something goes wrong now may leave it.
      const leaks = run === 1 ? options.leaks : undefined;
      for (const outcome of await runBatch(batch, reference, subject, concurrency, run, leaks)) {
        outcomes.set(outcome.scenario.name, { ...outcome, runs: run });
      }
    };
    const shared = todo.filter(([first]) => apart || first!.alone !== true);
    for (const batch of shared) await one(batch);
    // These mostly wait for programs to start and to end.
    const single = todo.filter((batch) => !shared.includes(batch)).values();
    const lane = async (): Promise<void> => {
      for (const batch of single) await one(batch);
    };
    await Promise.all(Array.from({ length: run > 1 ? 2 : LANES }, lane));
  }
  return scenarios.map(({ name }) => outcomes.get(name)!);
}

/** Both may have missed a moment in the same way: that shows nothing either. */
function isOpen({ scenario, differences: found, reference }: Outcome, expected?: ReadonlySet<string>): boolean {
  if (reference !== null && reference.error !== null) return true;
  return found.length > 0 && expected?.has(scenario.name) !== true;
}

function batches(scenarios: readonly Scenario[]): Scenario[][] {
  const groups = new Map<string, Scenario[][]>();
  for (const scenario of scenarios) {
    const key = scenario.alone === true ? `alone ${scenario.name}` : (scenario.global ?? "");
    const group = groups.get(key) ?? [[]];
    groups.set(key, group);
    if (group[group.length - 1]!.length >= BATCH) group.push([]);
    group[group.length - 1]!.push(scenario);
  }
  return [...groups.values()].flat();
}

/** A program with the ports, servers and logs of the scenarios of a batch. */
interface Side {
  readonly proxy: Proxy;
  readonly attention: Attention;
  readonly children: string;
  readonly stages: Stage[];
}

interface Stage {
  readonly runtime: (line: string) => Promise<string>;
  readonly ports: Map<string, number>;
  readonly servers: Map<string, ScriptedServer>;
  readonly log: Syslog;
  /** Where the files of the scenario are, up to their names. */
  readonly files: string;
  /** Number of the scenario in its process, which its proxies have in their names. */
  readonly index: number;
  readonly proxy: () => Proxy;
  readonly attention: () => Attention;
  /** Those of the scripts, in order. */
  readonly clients: Peer[];
}

/** Grows with everything that arrives from the program. */
function arrived({ clients, servers, log }: Stage): number {
  let count = log.lines.length;
  const add = (peer: Peer): void => {
    count += 1 + peer.received.length + (peer.closeKind === "open" ? 0 : 1) + (peer.gone ? 1 : 0);
  };
  clients.forEach(add);
  for (const server of servers.values()) server.peers.forEach(add);
  return count;
}

async function runBatch(
  batch: readonly Scenario[],
  reference: Starter,
  subject: Starter,
  concurrency: number,
  patience: number,
  left?: string[],
): Promise<Outcome[]> {
  await using scope = new Scope();
  let sides: [Side, Side];
  try {
    const first = await startSide(scope, batch, reference);
    sides = [first, await startSide(scope, batch, subject)];
  } catch (error) {
    await scope.close();
    if (batch.length > 1) {
      // One scenario's configuration was refused: halve until it is found, the others still run.
      const half = batch.length >> 1;
      return [
        ...(await runBatch(batch.slice(0, half), reference, subject, concurrency, patience, left)),
        ...(await runBatch(batch.slice(half), reference, subject, concurrency, patience, left)),
      ];
    }
    const message = error instanceof Error ? error.message : String(error);
    return [{ scenario: batch[0]!, differences: [message], reference: null, subject: null, runs: 1 }];
  }
  const outcomes: Outcome[] = new Array<Outcome>(batch.length);
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let index = next++; index < batch.length; index = next++) {
      const scenario = batch[index]!;
      const [want, got] = await Promise.all(sides.map((side) => observe(scenario, side.stages[index]!, patience)));
      outcomes[index] = {
        scenario,
        differences: differences(want!, got!, scenario.compare),
        reference: want!,
        subject: got!,
        runs: 1,
      };
    }
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
  // Servers end what they hold first: a half-closed session may rightly wait for its server.
  for (const side of sides) {
    for (const stage of side.stages)
      for (const server of stage.servers.values()) for (const peer of server.peers) peer.reset();
  }
  if (left !== undefined) {
    // HAProxy now and then counts a session on that is over.
    left.push(...(await leaks(sides[1].proxy, sides[1].children)));
  }
  return outcomes;
}

async function startSide(scope: Scope, batch: readonly Scenario[], start: Starter): Promise<Side> {
  const dir = scope.tempDir();
  const stages: Stage[] = [];
  let config = `global\n    nbthread 1\n    log-tag lb\n    maxconn 4000\n${batch[0]!.global ?? ""}\n`;
  for (const [index, scenario] of batch.entries()) {
    const ports = new Map<string, number>();
    const port = (name: string): number => {
      const known = ports.get(name) ?? freePort();
      ports.set(name, known);
      return known;
    };
    const named = (text: string): string =>
      text.replaceAll(/\{file:([^}]+)\}/g, (_, name: string) => join(dir, `${index}-${name}`));
    for (const [name, text] of Object.entries(scenario.files ?? {})) {
      writeFileSync(join(dir, `${index}-${name}`), named(text), "latin1");
    }
    config += `# ${scenario.name}\n${named(scenario.config)
      .replaceAll(/\{([a-z][a-z0-9]*)\}/g, (_, name: string) => String(port(name)))
      .replaceAll(/\{@([a-z0-9]+)\}/g, `$1-${index}`)
      .replaceAll(/^(\s*(?:frontend|backend|listen|default_backend|use_backend)\s+)(\S+)/gm, `$1$2-${index}`)}\n`;
    const servers = new Map<string, ScriptedServer>();
    for (const [name, script] of Object.entries(scenario.servers ?? {})) {
      servers.set(name, startServer(scope, script, port(name), scenario.tls?.[name]));
    }
    for (const name of scenario.stuck ?? []) await startStuckServer(scope, port(name));
    const stage: Stage = {
      runtime: (line) => proxy.runtime(line),
      ports,
      servers,
      log: await startSyslog(scope, port("log")),
      files: join(dir, `${index}-`),
      index,
      proxy: () => proxy,
      attention: () => attention,
      clients: [],
    };
    for (const server of servers.values()) server.settle = () => attention.settle(() => arrived(stage));
    stages.push(stage);
  }
  const proxy: Proxy = await start(scope, config);
  // tlb listens before its workers run.
  if (proxy.name === "tlb") {
    await waitFor(() => children(proxy.program.pid) !== "", 3000, "a worker of tlb");
    await Bun.sleep(250);
  }
  // Its workers answer it: those that compile what they run have done so by then.
  await proxy.runtime("show stat");
  const workers = children(proxy.program.pid);
  const attention = new Attention([proxy.program.pid, ...workers.split(" ").filter(Boolean).map(Number)]);
  await attention.settle(() => 0);
  return { proxy, attention, children: workers, stages };
}

async function observe(scenario: Scenario, stage: Stage, patience: number): Promise<Observation> {
  await using scope = new Scope();
  const alone = scenario.alone === true;
  const mask = (text: string): string => maskPorts(maskBodies(text), stage.ports);
  const lines = (): LogLine[] =>
    stage.log.lines
      .map((line) => maskLog(line, alone))
      .filter((line) => line !== null)
      .map((line) => ({
        text: maskPorts(line.text, stage.ports).replaceAll(/\b([a-z]+)-\d+(?=[/~ :])/g, "$1"),
        timers: line.timers,
      }));
  const peers = stage.clients;
  const notes: Record<string, unknown> = {};
  const { proxy, index: number } = stage;
  const attention = stage.attention();
  const missed = attention.missed();
  const settle = (): Promise<void> => attention.settle(() => arrived(stage));
  const talk: Talk = {
    async connect(name = "fe", options) {
      const port = stage.ports.get(name);
      if (port === undefined) throw new Error(`the configuration has no port {${name}}`);
      const peer = await connect(scope, port, options);
      peer.settle = settle;
      peers.push(peer);
      return peer;
    },
    async knock(name, options) {
      try {
        return await talk.connect(name, options);
      } catch {
        const peer = new Peer();
        peer.gone = true;
        peer.closeKind = "reset";
        peers.push(peer);
        return peer;
      }
    },
    async once(request, name, options) {
      const peer = await talk.connect(name, options);
      peer.send(request);
      const response = await peer.response({ bodyless: request.startsWith("HEAD ") });
      peer.close();
      return response;
    },
    command: async (line) => {
      const named = line.replaceAll(/\{file:([^}]+)\}/g, (_, name: string) => `${stage.files}${name}`);
      const answer = await stage.runtime(named.replaceAll(/\{@([a-z0-9]+)\}/g, `$1-${number}`));
      return maskPorts(answer.replaceAll(stage.files, "FILE-"), stage.ports).replaceAll(
        new RegExp(`\\b([a-z]+\\d*)-${number}\\b`, "g"),
        "$1",
      );
    },
    server(name) {
      const server = stage.servers.get(name);
      if (server === undefined) throw new Error(`the scenario has no server ${name}`);
      return server;
    },
    note(key, value) {
      notes[key] = value;
    },
    logged: (count, ms = 10_000) => waitFor(() => lines().length >= count, ms, `${count} log lines`),
    logMatch: (pattern, ms = 10_000) =>
      waitFor(() => lines().some((line) => pattern.test(line.text)), ms, String(pattern)),
    stopwatch: () => attention.stopwatch(),
    async sleep(ms) {
      await Bun.sleep(ms);
      await settle();
    },
    async counters() {
      await settle();
      for (const [row, told] of Object.entries(countersOf(await proxy().runtime("show stat"), number)))
        talk.note(`counters ${row}`, told);
    },
    async stats(name, ...columns) {
      const [head, ...rows] = (await proxy().runtime("show stat")).trim().split("\n");
      const names = head!.replace("# ", "").split(",");
      const row = rows
        .map((line) => line.split(","))
        .find(([id, side]) => id === `${name}-${number}` && /END$/.test(side!));
      return columns.map((column) => Number(row?.[names.indexOf(column)]));
    },
  };
  let error: string | null = null;
  try {
    await scenario.client(talk);
  } catch (failure) {
    error = mask(failure instanceof Error ? failure.message : String(failure));
  }
  await talk.sleep(30 * patience);
  const clients = peers.map((peer) => ({ received: mask(peer.received), close: peer.closeKind as string }));
  for (const peer of peers) peer.close();
  await settle();
  await quiet(() => stage.log.lines.length, 60 * patience);
  const servers: Observation["servers"] = {};
  for (const [name, server] of stage.servers) {
    servers[name] = server.peers.map((peer) => ({ received: mask(peer.received), close: peer.closeKind as string }));
    for (const failure of server.errors) error ??= `server ${name}: ${failure.message}`;
  }
  return { error, clients, servers, logs: lines(), notes, missed: attention.missed() - missed };
}

async function waitFor(holds: () => boolean, ms: number, what: string): Promise<void> {
  const deadline = Date.now() + ms;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`timed out waiting for ${what}`);
    await Bun.sleep(5);
  }
}

/** Resolves when `count` has not changed for `ms`. */
async function quiet(count: () => number, ms: number): Promise<void> {
  let last = count();
  let since = Date.now();
  while (Date.now() - since < ms) {
    await Bun.sleep(10);
    const now = count();
    if (now !== last) {
      last = now;
      since = Date.now();
    }
  }
}
