import type { CommandWords } from "./index.ts";

/** For fish: a file tlb.fish in a completions folder. */
export function fish(commands: readonly CommandWords[]): string {
  const lines = ["# fish completion for tlb. Made by: tlb completions fish", "complete -c tlb -f"];
  for (const { name, description } of [...commands, { name: "help", description: "Show the options of a command" }]) {
    lines.push(`complete -c tlb -n __fish_use_subcommand -a ${name} -d ${quote(description)}`);
  }
  const names = commands.map(({ name }) => name).join(" ");
  lines.push(`complete -c tlb -n '__fish_seen_subcommand_from help' -a ${quote(names)}`);
  lines.push("complete -c tlb -n '__fish_seen_subcommand_from help' -a '(tlb help --words 2>/dev/null)'");
  for (const { name, options, files, shells } of commands) {
    const when = `complete -c tlb -n '__fish_seen_subcommand_from ${name}'`;
    for (const { long, short, description, value } of options) {
      const letter = short === "" ? "" : ` -s ${short}`;
      const takes = value === null ? "" : value === "file" ? " -r -F" : " -x";
      lines.push(`${when} -l ${long}${letter}${takes} -d ${quote(description)}`);
    }
    if (shells) lines.push(`${when} -a 'bash zsh fish'`);
    if (files) lines.push(`${when} -F`);
  }
  return `${lines.join("\n")}\n`;
}

function quote(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
