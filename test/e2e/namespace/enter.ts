/** Scripts in a network and mount namespace of their own: with a loopback, rules and files that concern nobody else. For root only. */
import { join } from "node:path";
import { run, startProgram, which } from "../../harness/program.ts";
import type { Scope } from "../../harness/scope.ts";

/** Whether this machine lets us; tests skip themselves otherwise. */
export const canIsolate: boolean =
  process.getuid?.() === 0 &&
  which("unshare") !== null &&
  which("ip") !== null &&
  Bun.spawnSync(["unshare", "-n", "-m", "ip", "link", "set", "lo", "up"], { stdout: "ignore", stderr: "ignore" })
    .exitCode === 0;

/** Runs a script of this folder there, with the loopback up. Returns what it told by `report`. */
export async function isolated(scope: Scope, script: string): Promise<unknown> {
  const inner = [process.execPath, join(import.meta.dir, script)];
  const program = startProgram(scope, ["unshare", "-n", "-m", "--propagation", "private", ...inner]);
  const code = await program.exited;
  const line = program
    .stdout()
    .split("\n")
    .find((each) => each.startsWith(MARK));
  if (code !== 0 || line === undefined) {
    throw new Error(`${script} ended with ${code}:\n${program.stdout()}${program.stderr()}`);
  }
  return JSON.parse(line.slice(MARK.length));
}

const MARK = "report: ";

/** Inside: what the test gets. */
export function report(value: unknown): void {
  console.log(`${MARK}${JSON.stringify(value)}`);
}

/** Inside: a command that must succeed. */
export async function must(command: string): Promise<void> {
  const { code, stderr } = await run(command.split(" "));
  if (code !== 0) throw new Error(`${command}: ${stderr}`);
}
