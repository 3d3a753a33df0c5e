import { defineCommand } from "citty";
import { runtimeAddress, runtimeArgs } from "../args.ts";
import { scan } from "../command.ts";
import { runtimeCommand } from "../runtime.ts";

/**
 * Has the daemon read its configuration again, and waits for the outcome: the answer starts with `ok` or `error`,
 * diagnostics follow. Exit code 1 when the old configuration stays in force.
 */
export const reload = defineCommand({
  meta: { name: "reload", description: "Load the configuration again without losing a connection" },
  args: runtimeArgs,
  async run({ rawArgs }): Promise<number> {
    const answer = await runtimeCommand(runtimeAddress(scan(rawArgs, runtimeArgs)), "reload");
    const ok = /^ok\b/.test(answer);
    (ok ? process.stdout : process.stderr).write(answer === "" ? "error: no answer\n" : `${answer.trimEnd()}\n`);
    return ok ? 0 : 1;
  },
});
