import { runtimeAddress, runtimeArgs } from "../args.ts";
import { defineCommand, scan, UNREACHED } from "../command.ts";
import { reportingCommand } from "../runtime.ts";

/**
 * Has the daemon read its configuration again, and waits for the outcome: the answer starts with `ok` or `error`,
 * diagnostics follow. Exit code 1 when the old configuration stays in force.
 */
export const reload = defineCommand({
  meta: { name: "reload", description: "Load the configuration again without losing a connection" },
  args: runtimeArgs,
  exits: [
    ["0", "the new configuration is in force"],
    ["1", `it was refused and the old one stays, or ${UNREACHED}`],
  ],
  examples: ["tlb reload", "tlb reload -f lb.cfg"],
  run({ rawArgs }): Promise<number> {
    return reportingCommand(runtimeAddress(scan(rawArgs, runtimeArgs)), "reload");
  },
});
