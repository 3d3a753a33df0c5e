/** Runs the supervisor on the files named by its arguments, with the small worker beside this file. */
import { join } from "node:path";
import { loadConfiguration } from "../../src/cli/load.ts";
import { serve } from "../../src/supervisor/serve.ts";

const files = process.argv.slice(2);
const code = await serve({
  load: () => {
    const { model, failed, findings } = loadConfiguration(files);
    return { model: failed ? null : model, diagnostics: findings };
  },
  workerCommand: [process.execPath, join(import.meta.dir, "worker.ts")],
  daemonCommand: [process.execPath, import.meta.path, ...files],
  startAdmin: (context) => {
    for (const { fd, model } of context.sockets) process.stderr.write(`admin ${model.address.kind} ${fd > 2}\n`);
    process.stderr.write(`ready ${context.maxconn} ${context.workers().map((w) => w.pid)}\n`);
    return { refresh: () => process.stderr.write(`refreshed ${context.generation}\n`), stop() {} };
  },
});
process.exit(code);
