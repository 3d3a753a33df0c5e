import { defineCommand } from "../command.ts";
import { runHaproxy } from "../haproxy/run.ts";

/** Takes HAProxy's own options, which `haproxy -h` style help would misread: they are passed on untouched. */
export const haproxy = defineCommand({
  meta: {
    name: "haproxy",
    description: "Behave as the haproxy program, with its options (also when called by that name)",
  },
  args: { options: { type: "positional", required: false, valueHint: "...", description: "Options of haproxy" } },
  exits: [
    ["0", "as HAProxy: it was told to end, or the configuration is valid (-c)"],
    ["1", "errors, or a mistake in the command line; tlb haproxy -h lists the options"],
    ["2", "with -c: the configuration has no listener"],
  ],
  examples: ["tlb haproxy -c -f haproxy.cfg", "ln -s tlb haproxy"],
  run: ({ rawArgs }): Promise<number> => runHaproxy(rawArgs),
});
