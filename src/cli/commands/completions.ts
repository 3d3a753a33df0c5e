import { defineCommand, UsageError } from "../command.ts";
import { type CommandTable, completionScript, isShell, shells } from "../completions/index.ts";

/** Prints a completion script made from the command registry, which the dispatcher passes as `data`. */
export const completions = defineCommand({
  meta: { name: "completions", description: "Print the completion script of a shell" },
  args: { shell: { type: "positional", description: shells.join(", ") } },
  exits: [["0", "printed"]],
  examples: [
    "source <(tlb completions bash)",
    "tlb completions zsh > ~/.zfunc/_tlb",
    "tlb completions fish > ~/.config/fish/completions/tlb.fish",
  ],
  run({ args, data }): number {
    const shell = args.shell ?? "";
    if (!isShell(shell)) throw new UsageError(`unknown shell '${shell}', known are ${shells.join(", ")}`);
    process.stdout.write(completionScript(shell, data as CommandTable));
    return 0;
  },
});
