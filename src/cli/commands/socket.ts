import { defineCommand } from "citty";
import { runtimeAddress, runtimeArgs } from "../args.ts";
import { scan, UsageError } from "../command.ts";
import { runtimeCommand } from "../runtime.ts";

const args = {
  ...runtimeArgs,
  command: { type: "positional", valueHint: "...", description: "Words of the command, such as: show info" },
} as const;

/** Sends any command of the runtime API and prints the answer as it is. */
export const socket = defineCommand({
  meta: { name: "socket", description: "Send a command to the runtime socket" },
  args,
  async run({ rawArgs }): Promise<number> {
    const scanned = scan(rawArgs, args);
    const command = scanned.positionals.join(" ");
    if (/[\r\n]/.test(command)) throw new UsageError("a command is one line");
    process.stdout.write(await runtimeCommand(runtimeAddress(scanned), command));
    return 0;
  },
});
