import { createColors } from "picocolors";
import type { Group, Topic } from "./topic.ts";

export interface HelpStyle {
  readonly color: boolean;
  /** Columns; 80 at most are used. */
  readonly width: number;
}

const MAX_WIDTH = 80;
const LABEL = 12;
/** Columns a summary needs beside its name. */
const MIN_ROOM = 24;

function columns({ width }: HelpStyle): number {
  return width > 0 ? Math.min(width, MAX_WIDTH) : MAX_WIDTH;
}

/** Words in lines of at most `width` columns; a word that is longer has a line of its own. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  if (line !== "") lines.push(line);
  return lines;
}

function block(text: string, style: HelpStyle): string {
  return wrap(text, columns(style) - 2)
    .map((line) => `  ${line}\n`)
    .join("");
}

/** Everything about one topic: usage, what it does, facts, examples. */
export function renderTopic(topic: Topic, style: HelpStyle): string {
  const { bold, cyan, dim } = createColors(style.color);
  let out = `${bold(topic.name)} ${dim(`(${topic.kind})`)}\n`;
  out += block(topic.summary, style);
  if (topic.usage !== topic.name) out += `\n${labelled("usage", topic.usage, style)}`;
  else if (topic.facts.length > 0) out += "\n";
  for (const [label, text] of topic.facts) out += labelled(label, text, style);
  if (topic.text !== "") out += `\n${block(topic.text, style)}`;
  for (const [label, text] of topic.examples) {
    const indented = text.trimEnd().replace(/^(?=.)/gm, "    ");
    out += `\n  ${dim(`${label}:`)}\n${cyan(indented)}\n`;
  }
  return out;
}

function labelled(label: string, text: string, style: HelpStyle): string {
  const { dim } = createColors(style.color);
  const [first = "", ...rest] = wrap(text, columns(style) - LABEL - 2);
  const space = " ".repeat(LABEL + 2);
  return [`  ${dim(label.padEnd(LABEL))}${first}`, ...rest.map((line) => space + line)]
    .map((line) => `${line}\n`)
    .join("");
}

/** A list: names and what they are, one line each, cut to the width. */
export function renderGroup(group: Group, style: HelpStyle): string {
  const { bold, cyan } = createColors(style.color);
  const limit = columns(style);
  const longest = Math.max(...group.topics.map(({ name }) => name.length));
  const width = Math.min(longest, 30);
  let out = `${bold(group.title)}\n\n`;
  for (const { name, summary } of group.topics) {
    const room = limit - width - 4;
    if (room < MIN_ROOM) {
      out += `  ${cyan(name)}\n${wrap(summary, limit - 6)
        .map((line) => `      ${line}\n`)
        .join("")}`;
      continue;
    }
    const shown = summary.length <= room ? summary : `${summary.slice(0, room - 1)}…`;
    out +=
      name.length > width
        ? `  ${cyan(name)}\n  ${" ".repeat(width)}  ${shown}\n`
        : `  ${cyan(name.padEnd(width))}  ${shown}\n`;
  }
  return `${out}\ntlb help NAME tells more about one of them.\n`;
}

/** The lists there are, for `tlb help` alone. */
export function renderGroups(groups: readonly Group[], style: HelpStyle): string {
  const { bold, cyan } = createColors(style.color);
  const width = Math.max(...groups.map(({ name }) => name.length));
  const lines = groups.map(({ name, title, topics }) => {
    const text = `${title} (${topics.length})`;
    return `  ${cyan(name.padEnd(width))}  ${text}\n`;
  });
  return `${bold("Reference")}  tlb help NAME for a list, a keyword, fetch, action, %tag or code\n\n${lines.join("")}`;
}
