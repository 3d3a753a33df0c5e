import { defineCommand } from "citty";
import { runHaproxy } from "../haproxy/run.ts";

/** Takes HAProxy's own options, which `haproxy -h` style help would misread: they are passed on untouched. */
export const haproxy = defineCommand({
  meta: {
    name: "haproxy",
    description: "Behave as the haproxy program, with its options (also when called by that name)",
  },
  args: { options: { type: "positional", required: false, valueHint: "...", description: "Options of haproxy" } },
  run: ({ rawArgs }): Promise<number> => runHaproxy(rawArgs),
});
