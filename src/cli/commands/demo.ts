import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createColors } from "picocolors";
import { childEnvironment } from "../../util/environment.ts";
import { selfCommand } from "../../util/self.ts";
import { demoConfig } from "../demo/config.ts";
import { sendLoad, waitForAnswer } from "../demo/load.ts";
import { type DemoServer, freePort, startEchoServer, startHttpServer } from "../demo/servers.ts";
import { defineCommand, UsageError } from "../command.ts";
import { messageOf } from "../../util/error.ts";
import { renderTable } from "../table.ts";
import { wantsColor } from "../terminal.ts";

const REQUESTS = 300;
const KILL_AT = 100;
const START_MS = 15_000;
const STOP_MS = 5_000;

interface Demo {
  readonly web: readonly DemoServer[];
  readonly url: string;
  readonly echoPort: number;
  readonly config: string;
  readonly child: Bun.Subprocess;
  /** Ends the balancer and the servers and removes what was made. */
  stop(): Promise<void>;
}

/**
 * Shows the balancer at work on servers of its own. With --once it sends 300 requests, kills a server at the 100th,
 * and exits with 0 when none failed.
 */
export const demo = defineCommand({
  meta: { name: "demo", description: "Start servers and a balancer before them, to try" },
  args: {
    once: { type: "boolean", description: `Send ${REQUESTS} requests, kill a server in between, report, and end` },
    dir: { type: "string", valueHint: "dir", description: "Keep lb.cfg in this folder (default: a temporary one)" },
  },
  exits: [
    ["0", "it ran; with --once, no request failed"],
    ["1", "it could not start, or a request failed"],
    ["130", "Ctrl-C before it served"],
  ],
  examples: ["tlb demo", "tlb demo --once"],
  async run({ args }): Promise<number> {
    // Handlers first: an early Ctrl-C must clean up too.
    const { promise: interrupted, resolve: interrupt } = Promise.withResolvers<"interrupted">();
    const onSignal = (): void => interrupt("interrupted");
    for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, onSignal);
    const running = start(args.dir);
    try {
      const ready = waitForAnswer(running.url, START_MS, () => running.child.exitCode !== null);
      const state = await Promise.race([ready, interrupted]);
      if (state === "interrupted") return 130;
      if (!state) {
        process.stderr.write("error: the balancer did not start\n");
        return 1;
      }
      if (args.once) return await Promise.race([once(running), interrupted.then(() => 130)]);
      process.stdout.write(instructions(running));
      const ended = await Promise.race([interrupted, running.child.exited]);
      if (ended === "interrupted") return 0;
      process.stderr.write(`error: the balancer ended with code ${ended}\n`);
      return 1;
    } finally {
      await running.stop();
      for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.off(name, onSignal);
    }
  },
});

function start(dir: string | undefined): Demo {
  const folder = dir === undefined ? mkdtempSync(join(tmpdir(), "tlb-demo-")) : resolve(dir);
  mkdirSync(folder, { recursive: true });
  const web = ["alpha", "beta", "gamma"].map(startHttpServer);
  const echo = startEchoServer("echo");
  const plan = { httpPort: freePort(), echoPort: freePort(), socket: join(folder, "tlb.sock"), web, echo };
  const config = join(folder, "lb.cfg");
  try {
    writeFileSync(config, demoConfig(plan));
  } catch (error) {
    for (const server of [...web, echo]) server.kill();
    throw new UsageError(`cannot write ${config}: ${messageOf(error)}`, 1);
  }
  const child = Bun.spawn(selfCommand(["serve", "-f", config]), {
    env: childEnvironment(),
    stdio: ["ignore", "inherit", "inherit"],
    // Its own group: Ctrl-C reaches this process, which ends it in order.
    detached: true,
  });
  // Nothing stays behind, whatever ends this process.
  const abandon = (): void => {
    child.kill("SIGTERM");
    for (const server of [...web, echo]) server.kill();
    if (dir === undefined) rmSync(folder, { recursive: true, force: true });
  };
  process.on("exit", abandon);
  const stop = async (): Promise<void> => {
    process.off("exit", abandon);
    child.kill("SIGTERM");
    const killer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
    await child.exited;
    clearTimeout(killer);
    for (const server of [...web, echo]) server.kill();
    if (dir === undefined) rmSync(folder, { recursive: true, force: true });
  };
  return { web, url: `http://127.0.0.1:${plan.httpPort}/`, echoPort: plan.echoPort, config, child, stop };
}

async function once({ web, url }: Demo): Promise<number> {
  const { bold, green, red, dim } = createColors(wantsColor(process.stdout));
  const victim = web[1]!;
  process.stdout.write(`Sending ${REQUESTS} requests to ${url}\n`);
  const { answers, failures } = await sendLoad(url, REQUESTS, KILL_AT, () => {
    process.stdout.write(`Request ${KILL_AT}: killing ${victim.name}\n`);
    victim.kill();
  });
  const rows = [
    ...web.map(({ name }) => ({ name, count: answers.get(name) ?? 0, note: name === victim.name ? "killed" : "" })),
    { name: "failed", count: failures.length, note: [...new Set(failures)].join("; ") },
  ];
  const paint = (cell: string, { name, count }: { name: string; count: number }): string =>
    name !== "failed" ? cell : count === 0 ? green(cell) : red(cell);
  const table = renderTable(
    [
      { title: "SERVER", align: "left", drop: 0, text: (row) => row.name, paint },
      { title: "ANSWERED", align: "right", drop: 0, text: (row) => String(row.count), paint },
      { title: "", align: "left", drop: 0, text: (row) => row.note, paint: (cell) => dim(cell) },
    ],
    rows,
    0,
    bold,
  );
  process.stdout.write(`\n${table}`);
  return failures.length === 0 ? 0 : 1;
}

function instructions({ web, url, echoPort, config }: Demo): string {
  const { bold, cyan, dim } = createColors(wantsColor(process.stdout));
  const line = (command: string, what: string): string => `  ${cyan(command.padEnd(52))} ${dim(what)}\n`;
  return `
${bold("tlb is serving")} ${web.map(({ name }) => name).join(", ")} on ${url} and a TCP echo on 127.0.0.1:${echoPort}
The configuration: ${config}

Try, in another terminal:
${line(`curl ${url}`, "a few times: the servers take turns")}${line(`curl -i ${url} -H 'Connection: close'`, "with headers")}${line(
    `printf 'hello\\n' | nc -N 127.0.0.1 ${echoPort}`,
    "TCP",
  )}${line(`tlb stats -f ${config} --watch`, "who does what")}${line(`tlb drain -f ${config} hello/beta`, "beta gets no new requests")}${line(
    `tlb reload -f ${config}`,
    "after an edit, without losing a connection",
  )}
Ctrl-C ends it all.
`;
}
