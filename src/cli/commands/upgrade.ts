import { runtimeAddress, runtimeArgs } from "../args.ts";
import { defineCommand, scan, UNREACHED } from "../command.ts";
import { reportingCommand } from "../runtime.ts";

/**
 * Has the daemon replace itself by the program its file holds now, and waits until that serves: the answer starts with `ok` or
 * `error`. Exit code 1 when the old program goes on.
 */
export const upgrade = defineCommand({
  meta: { name: "upgrade", description: "Replace the running program by a new version without losing a connection" },
  args: runtimeArgs,
  exits: [
    ["0", "the new program serves"],
    ["1", `it could not and the old one goes on, or ${UNREACHED}`],
  ],
  examples: ["tlb upgrade"],
  run({ rawArgs }): Promise<number> {
    return reportingCommand(runtimeAddress(scan(rawArgs, runtimeArgs)), "upgrade");
  },
});
