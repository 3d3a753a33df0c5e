/** Commands of the master CLI alone (management manual, section 9.4). */
import type { Command } from "../command.ts";

/** Stands in `help` only: it is taken off before commands are looked for. */
function prefix(usage: string, whom: string): Command {
  return { name: usage, usage, help: `send a command to ${whom}`, run: () => "" };
}

export const toPid = prefix("@!<pid>", "the process with this number");
export const toRelative = prefix("@<relative pid>", "the worker with this place in 'show proc'");
export const toMaster = prefix("@master", "the master process");

/** "0d00h01m20s". */
function age(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  const two = (n: number): string => String(n).padStart(2, "0");
  return `${Math.floor(s / 86400)}d${two(Math.floor((s % 86400) / 3600))}h${two(Math.floor((s % 3600) / 60))}m${two(s % 60)}s`;
}

const WIDTH = 15;
const row = (...cells: readonly (string | number)[]): string =>
  `${cells.map((cell) => String(cell).padEnd(WIDTH)).join(" ")}\n`;

export const showProc: Command = {
  name: "show proc",
  usage: "show proc",
  help: "show the processes: the master and its workers",
  run({ ctx, nowMs }) {
    const { done, failed } = ctx.reloads();
    let out = row("#<PID>", "<type>", "<reloads>", "<uptime>", "<version>");
    out += row(ctx.pid, "master", `${done} [failed: ${failed}]`, age(nowMs - ctx.startedMs), ctx.version);
    out += "# workers\n";
    for (const { pid, state, startedMs } of ctx.workers()) {
      if (state !== "dead") out += row(pid, "worker", 0, age(nowMs - startedMs), ctx.version);
    }
    return `${out}# programs\n`;
  },
};
