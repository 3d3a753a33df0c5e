/** Which commands a line means, and what to show when it means none. */
import { editDistance } from "../../lang/suggest.ts";
import type { Command } from "./command.ts";

/** Column the descriptions start at in help texts. */
const USAGE_WIDTH = 40;
/** How many near commands a wrong one is answered with. */
const NEAR = 5;

/** Commands every help text ends with. */
const always = ["help", "prompt", "quit"];

/** The command with the most words that all stand at the start of the line, and how many words that are. */
export function findCommand(
  commands: readonly Command[],
  words: readonly string[],
): { command: Command; used: number } | null {
  let found: { command: Command; used: number } | null = null;
  for (const command of commands) {
    const name = command.name.split(" ");
    if (found !== null && name.length <= found.used) continue;
    if (name.every((word, i) => word === words[i])) found = { command, used: name.length };
  }
  return found;
}

/**
 * Commands that continue the given words (each may be cut short), or the few whose names are nearest to them. Without
 * words: all.
 */
export function matching(commands: readonly Command[], words: readonly string[]): readonly Command[] {
  const given = words.filter((word) => word !== "");
  const listed = commands.filter((command) => !always.includes(command.name) && command.hidden !== true);
  if (given.length === 0) return listed;
  const continued = listed.filter((command) => {
    const name = command.name.split(" ");
    return given.slice(0, name.length).every((word, i) => name[i]!.startsWith(word));
  });
  if (continued.length > 0) return continued;
  return nearest(listed, given);
}

function nearest(commands: readonly Command[], words: readonly string[]): readonly Command[] {
  const ranked = commands.map((command) => {
    const name = command.name.split(" ");
    const typed = words.slice(0, name.length).join(" ");
    return {
      command,
      distance: editDistance(typed, command.name),
      length: Math.max(typed.length, command.name.length),
    };
  });
  return ranked
    .filter(({ distance, length }) => distance * 2 <= length)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, NEAR)
    .map(({ command }) => command)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

const builtin: Readonly<Record<string, string>> = {
  "help [<command>]": "list the commands, or those that match",
  prompt: "switch the interactive mode on or off",
  quit: "close the connection",
};

export function helpText(title: string, commands: readonly Command[]): string {
  const lines = commands.map(({ usage, help }) => [usage, help] as const);
  return `${title}\n${[...lines, ...Object.entries(builtin)].map(([usage, text]) => `  ${usage.padEnd(USAGE_WIDTH)}: ${text}\n`).join("")}`;
}

/** Answer to a line that is no command. */
export function unknownCommand(commands: readonly Command[], words: readonly string[]): string {
  const given = words.filter((word) => word !== "");
  const near = matching(commands, given);
  if (given.length === 0 || near.length === 0) {
    return helpText("Unknown command. Please enter one of the following commands only:", matching(commands, []));
  }
  return helpText("Unknown command, but maybe one of the following ones is a better match:", near);
}
