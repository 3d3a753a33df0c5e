import { defineCommand } from "../command.ts";
import { longVersion, shortVersion, versionInfo } from "../version.ts";

export const version = defineCommand({
  meta: { name: "version", description: "Show the version, the build and its features" },
  args: {
    short: { type: "boolean", alias: "s", description: "One line only" },
    json: { type: "boolean", description: "Print as JSON" },
  },
  exits: [["0", "always"]],
  examples: ["tlb version --json"],
  run({ args }): number {
    if (args.json) process.stdout.write(`${JSON.stringify(versionInfo(), null, 2)}\n`);
    else process.stdout.write(`${args.short ? shortVersion() : longVersion()}\n`);
    return 0;
  },
});
