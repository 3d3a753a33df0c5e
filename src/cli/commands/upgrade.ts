import { defineCommand } from "citty";
import { runtimeAddress, runtimeArgs } from "../args.ts";
import { scan } from "../command.ts";
import { runtimeCommand } from "../runtime.ts";

/**
 * Has the daemon replace itself by the program its file holds now, and waits until that serves: the answer starts with `ok` or
 * `error`. Exit code 1 when the old program goes on.
 */
export const upgrade = defineCommand({
  meta: { name: "upgrade", description: "Replace the running program by a new version without losing a connection" },
  args: runtimeArgs,
  async run({ rawArgs }): Promise<number> {
    const answer = await runtimeCommand(runtimeAddress(scan(rawArgs, runtimeArgs)), "upgrade");
    const ok = /^ok\b/.test(answer);
    (ok ? process.stdout : process.stderr).write(answer === "" ? "error: no answer\n" : `${answer.trimEnd()}\n`);
    return ok ? 0 : 1;
  },
});
