/** Picks the role: a hidden one of our own processes, `haproxy` by the name the program was called, or the CLI. */
import { basename } from "node:path";

const [role, ...rest] = process.argv.slice(2);

if (process.env["TLB_SUCCESSOR"] !== undefined) (await import("./supervisor/heir.ts")).repeatErrors();

if (role === "__worker") {
  const { startWorker } = await import("./worker/index.ts");
  await startWorker();
} else if (basename(process.argv0) === "haproxy") {
  const { runHaproxy } = await import("./cli/haproxy/run.ts");
  await finish(await runHaproxy(role === undefined ? [] : [role, ...rest]));
} else {
  const { runCli } = await import("./cli/index.ts");
  await finish(await runCli(process.argv.slice(2)));
}

/** Ends with `code` once what was written is out. */
async function finish(code: number): Promise<never> {
  const { written } = await import("./cli/output.ts");
  await written();
  process.exit(code);
}
