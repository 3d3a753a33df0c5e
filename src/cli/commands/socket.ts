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

/** Behind a command that ends in "<<": what standard input has, whole lines. */
async function payloadFor(command: string): Promise<string> {
  if (!/ <<$/.test(command)) return "";
  const text = (await Bun.stdin.text()).replaceAll("\r\n", "\n").replace(/\n+$/, "");
  if (/^$/m.test(text)) throw new UsageError("standard input has an empty line, which would end the payload");
  return `\n${text}\n`;
}

/** Sends any command of the runtime API and prints the answer as it is. Exit code 1 when it is an error. */
export const socket = defineCommand({
  meta: { name: "socket", description: "Send a command to the runtime socket" },
  args,
  exits: [
    ["0", "the answer is no error"],
    ["1", `the answer is an error, or ${UNREACHED}`],
  ],
  examples: [
    "tlb socket show info",
    "tlb socket set server app/web1 weight 50%",
    "tlb socket 'add map /etc/tlb/hosts.map <<' < more.map",
  ],
  async run({ rawArgs }): Promise<number> {
    const scanned = scan(rawArgs, args);
    const line = scanned.positionals.join(" ");
    if (/[\r\n]/.test(line)) throw new UsageError("a command is one line");
    const command = `${line}${await payloadFor(line)}`;
    if (/^prompt\b/.test(command)) {
      throw new UsageError("'prompt' is for a terminal: socat READLINE UNIX-CONNECT:PATH");
    }
    const address = runtimeAddress(scanned);
    // Several commands, or one about severities: their answers cannot be told apart.
    if (/;|severity-output/.test(line)) {
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
