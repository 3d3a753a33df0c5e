import { runtimeAddress, runtimeArgs } from "../args.ts";
import { defineCommand, scan, UNREACHED, UsageError } from "../command.ts";
import { runtimeCommand } from "../runtime.ts";

const args = {
  ...runtimeArgs,
  command: { type: "positional", valueHint: "...", description: "Words of the command, such as: show info" },
} as const;

/** The severity a message of the runtime API is sent with, once asked for: 3 is an error. */
const SEVERITY = /^\[([0-7])\]: /;
const ERROR = 3;

/** Sends any command of the runtime API and prints the answer as it is. Exit code 1 when it is an error. */
export const socket = defineCommand({
  meta: { name: "socket", description: "Send a command to the runtime socket" },
  args,
  exits: [
    ["0", "the answer is no error"],
    ["1", `the answer is an error, or ${UNREACHED}`],
  ],
  examples: ["tlb socket show info", "tlb socket set server app/web1 weight 50%"],
  async run({ rawArgs }): Promise<number> {
    const scanned = scan(rawArgs, args);
    const command = scanned.positionals.join(" ");
    if (/[\r\n]/.test(command)) throw new UsageError("a command is one line");
    if (/^prompt\b/.test(command)) {
      throw new UsageError("'prompt' is for a terminal: socat READLINE UNIX-CONNECT:PATH");
    }
    const address = runtimeAddress(scanned);
    // Several commands, or one about severities: their answers cannot be told apart.
    if (/;|severity-output/.test(command)) {
      process.stdout.write(await runtimeCommand(address, command));
      return 0;
    }
    // The empty line is the answer to the first of the two.
    const answer = (await runtimeCommand(address, `set severity-output number;${command}`)).replace(/^\n/, "");
    const severity = SEVERITY.exec(answer)?.[1];
    process.stdout.write(answer.replace(SEVERITY, ""));
    return (severity !== undefined && Number(severity) <= ERROR) || /^(?:\[6\]: )?Unknown command/.test(answer) ? 1 : 0;
  },
});
