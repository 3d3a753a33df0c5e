/**
 * crt-list files (manual, bind option crt-list): `<crtfile> [\[<options>\]] [[!]<snifilter> ...]` a line.
 */
import { Args } from "../../lang/args.ts";
import type { Word } from "../../lang/line.ts";
import type { EntryDraft } from "./draft.ts";
import { newSettings } from "./draft.ts";
import { loadCertificates } from "./crt.ts";
import { settingRows } from "./settings.ts";
import type { CrtListLineModel } from "../model.ts";
import type { Asker, TlsStore } from "./store.ts";
import { messageOf } from "../../util/error.ts";

/** Reads the file and every certificate in it. Errors stand at their place in the file. */
export function loadCrtList(store: TlsStore, asker: Asker, path: string): EntryDraft[] {
  const { env, args, word } = asker;
  let text: string;
  try {
    text = env.readFile(path);
  } catch (error) {
    const why = messageOf(error);
    args.error("tls/unreadable", word, `the crt-list '${path}' cannot be read: ${why}`);
    return [];
  }
  const entries: EntryDraft[] = [];
  const lines: CrtListLineModel[] = [];
  for (const [i, line] of text.split("\n").entries()) {
    const words = splitLine(line.replace(/\r$/, ""), path, i + 1);
    if (words.length === 0) continue;
    entries.push(...loadLine(store, asker, words));
    lines.push(asWritten(store, words));
  }
  store.crtLists[path] = lines;
  if (entries.length === 0) args.warn("tls/no-certificate", word, `there is no certificate in the crt-list '${path}'`);
  return entries;
}

/** Words by blanks, brackets on their own; a hash ends the line. */
function splitLine(line: string, file: string, number: number): Word[] {
  const words: Word[] = [];
  if (line.startsWith("#")) return words;
  const pattern = /\[|\]|[^\s[\]]+/g;
  for (let match = pattern.exec(line); match !== null; match = pattern.exec(line)) {
    const column = match.index + 1;
    const text = match[0];
    words.push({ text, at: { file, line: number, column }, endColumn: column + text.length, quoted: false });
  }
  return words;
}

function asWritten(store: TlsStore, words: readonly Word[]): CrtListLineModel {
  const texts = words.slice(1).map(({ text }) => text);
  const end = texts[0] === "[" ? texts.indexOf("]") : -1;
  return {
    line: words[0]!.at.line,
    certificate: store.crtPath(words[0]!.text),
    options: end < 0 ? "" : texts.slice(1, end).join(" "),
    filters: texts.slice(end + 1),
  };
}

function loadLine(store: TlsStore, { env, args: outer }: Asker, words: readonly Word[]): EntryDraft[] {
  const file = words[0]!;
  const args = new Args(file, words.slice(1), outer.diagnostics, "crt-list", "[<options>] [[!]<filter> ...]");
  const settings = takeOptions(store, env, args);
  if (settings === undefined) return [];
  const filters = args.rest();
  for (const filter of filters) {
    const name = filter.text.replace(/^!/, "");
    if (name === "" || (name.includes("*") && !/^\*(?:\.[^*]+)?$/.test(name))) {
      args.error(
        "config/bad-value",
        filter,
        `'${filter.text}' is not a filter of names`,
        "a name, *.name, *, or any of them with '!' before it",
      );
    }
  }
  const asker: Asker = { env, args, word: file };
  return loadCertificates(store, asker, store.crtPath(file.text)).map((certificate) => ({
    certificate,
    filters: filters.length === 0 ? null : filters.map(({ text }) => text.toLowerCase()),
    settings,
  }));
}

/** Between brackets; null = none, undefined = they are wrong. */
function takeOptions(store: TlsStore, env: Asker["env"], args: Args): EntryDraft["settings"] | undefined {
  if (args.peek()?.text !== "[") return null;
  args.next();
  const settings = newSettings();
  for (let word = args.next(); word !== null; word = args.next()) {
    if (word.text === "]") return settings;
    const row = settingRows.get(word.text);
    if (row === undefined) {
      args.error("config/unknown-keyword", word, `'${word.text}' is not an option of a crt-list line`);
      return undefined;
    }
    const sub = args.sub(word, row.name, row.usage);
    row.parse({ settings, store, env }, sub);
    args.index = sub.index;
    if (row.noEffect !== undefined)
      args.warn("config/no-effect", word, `'${row.name}' has no effect here: ${row.noEffect}`);
  }
  args.error("config/missing-argument", args.keyword, "the options of this line have no ']' at their end");
  return undefined;
}
