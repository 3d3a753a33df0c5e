import { readFileSync } from "node:fs";
import { fileArg } from "../args.ts";
import { defineCommand, scan, UsageError, valuesOf } from "../command.ts";
import { requireFiles } from "../load.ts";
import { startProxy } from "../serve.ts";

const args = {
  file: fileArg,
  daemon: { type: "boolean", alias: "D", description: "Run in the background" },
  foreground: { type: "boolean", description: "Stay in the foreground, whatever the configuration says" },
  pidfile: { type: "string", alias: "p", valueHint: "file", description: "Write the process id there" },
  files: { type: "positional", required: false, valueHint: "...", description: "Configuration files" },
} as const;

/**
 * Serves until SIGTERM (now), SIGINT (now) or SIGUSR1 (after the last connection). SIGHUP loads the configuration again.
 * Exit code 0 after SIGTERM and SIGUSR1, 1 when it cannot start.
 */
export const serve = defineCommand({
  meta: { name: "serve", description: "Run the load balancer" },
  args,
  exits: [
    ["0", "it was told to end (SIGTERM, SIGUSR1)"],
    ["1", "it cannot start"],
    ["130", "Ctrl-C"],
  ],
  examples: ["tlb serve -f lb.cfg", "tlb serve -f lb.cfg -D -p /run/tlb.pid"],
  run({ rawArgs }): Promise<number> {
    const scanned = scan(rawArgs, args);
    const has = (name: string): boolean => valuesOf(scanned, name).length > 0;
    const files = requireFiles([...valuesOf(scanned, "file"), ...scanned.positionals]);
    if (has("daemon") && files.includes("-")) {
      throw new UsageError("a configuration from standard input cannot be served in the background");
    }
    return startProxy({
      files,
      daemon: has("foreground") ? false : has("daemon") ? true : null,
      pidFile: valuesOf(scanned, "pidfile").at(-1) ?? null,
      maxconn: 0,
      proxyMaxconn: 0,
      load: files.includes("-") ? { stdin: readFileSync(0) } : {},
      oldPids: [],
      oldSignal: "SIGUSR1",
      daemonArgs: ["serve", ...rawArgs],
      defaultSocket: true,
    });
  },
});
