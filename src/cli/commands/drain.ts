import { runtimeAddress, runtimeArgs } from "../args.ts";
import { defineCommand, scan, UNREACHED, UsageError } from "../command.ts";
import { firstLine, runtimeCommand } from "../runtime.ts";

const args = {
  ...runtimeArgs,
  undo: { type: "boolean", description: "Put the servers back to work" },
  servers: { type: "positional", valueHint: "...", description: "Servers as backend/server" },
} as const;

/** Takes servers out of the balance: what they serve runs on, persistent clients may still come. */
export const drain = defineCommand({
  meta: { name: "drain", description: "Let servers finish their work and send them no more" },
  args,
  exits: [
    ["0", "done"],
    ["1", `there is no such server, or ${UNREACHED}`],
  ],
  examples: ["tlb drain app/web2", "tlb drain --undo app/web2"],
  async run({ rawArgs }): Promise<number> {
    const scanned = scan(rawArgs, args);
    const state = scanned.options.some(({ name }) => name === "undo") ? "ready" : "drain";
    for (const server of scanned.positionals) {
      if (!/^[^/\s;]+\/[^/\s;]+$/.test(server)) throw new UsageError(`'${server}' is not of the form backend/server`);
    }
    const address = runtimeAddress(scanned);
    let failed = false;
    for (const server of scanned.positionals) {
      // The API answers with an empty line when it did what was asked.
      const answer = (await runtimeCommand(address, `set server ${server} state ${state}`)).trim();
      if (answer === "") process.stdout.write(`${server}: ${state}\n`);
      else {
        process.stderr.write(`${server}: ${firstLine(answer)}\n`);
        failed = true;
      }
    }
    return failed ? 1 : 0;
  },
});
