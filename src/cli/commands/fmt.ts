import { type Formatted, formatText } from "../../config/tools/format/index.ts";
import { Diagnostics } from "../../lang/diagnostic.ts";
import { renderText, SourceLines } from "../../lang/render.ts";
import { loadSources, type Source } from "../../lang/source.ts";
import { fileArg } from "../args.ts";
import { defineCommand, scan, UsageError, valuesOf } from "../command.ts";
import { configEnvironment, requireFiles } from "../load.ts";
import { wantsColor } from "../terminal.ts";
import { messageOf } from "../../util/error.ts";
import { replaceFile } from "../../util/replace-file.ts";

const args = {
  file: fileArg,
  write: { type: "boolean", alias: "w", description: "Change the files instead of printing" },
  check: { type: "boolean", description: "Print the names of files that are laid out otherwise" },
  files: { type: "positional", required: false, valueHint: "...", description: "Configuration files, folders, or -" },
} as const;

/** Exit code 1: a file could not be read, holds lines that are no configuration, or with --check is laid out otherwise. */
export const fmt = defineCommand({
  meta: { name: "fmt", description: "Lay out a configuration: indents, blanks and quotes; its meaning stays" },
  args,
  exits: [
    ["0", "all files could be laid out, and with --check are"],
    ["1", "a file could not be read or written, holds errors, or with --check is laid out otherwise"],
  ],
  examples: ["tlb fmt lb.cfg", "tlb fmt -w conf.d", "tlb fmt --check lb.cfg"],
  run({ rawArgs }): number {
    const scanned = scan(rawArgs, args);
    const has = (name: string): boolean => valuesOf(scanned, name).length > 0;
    const [write, check] = [has("write"), has("check")];
    if (write && check) throw new UsageError("--write and --check exclude each other");
    const diagnostics = new Diagnostics();
    const files = requireFiles([...valuesOf(scanned, "file"), ...scanned.positionals]);
    const sources = loadSources(files, {}, diagnostics);
    let differs = false;
    for (const source of sources) {
      if (isNoText(source, diagnostics)) continue;
      const formatted = formatText(source.text, source.name, { variables: configEnvironment() });
      report(source, formatted, diagnostics);
      const changed = formatted.text !== source.text;
      if (check && changed) {
        differs = true;
        process.stdout.write(`${source.name}\n`);
      } else if (write && source.name !== "-") {
        if (changed) writeBack(source.name, formatted.text, diagnostics);
      } else if (!check) {
        process.stdout.write(Buffer.from(formatted.text, "latin1"));
      }
    }
    const lines = new SourceLines(sources);
    process.stderr.write(renderText(diagnostics.list, { color: wantsColor(process.stderr), lines }));
    return differs || diagnostics.failed ? 1 : 0;
  },
});

/** What is binary or in another encoding is neither printed nor changed. */
function isNoText({ name, text }: Source, diagnostics: Diagnostics): boolean {
  if (diagnostics.list.some(({ code, at }) => code === "file/encoding" && at.file === name)) return true;
  const offset = text.indexOf("\0");
  if (offset < 0) return false;
  const line = text.slice(0, offset).split("\n").length;
  const at = { file: name, line, column: offset - text.lastIndexOf("\n", offset) };
  diagnostics.error("syntax/nul-character", at, "stray NUL character", { hint: "this is no text file" });
  return true;
}

function report({ name }: Source, { findings, refused }: Formatted, diagnostics: Diagnostics): void {
  diagnostics.list.push(...findings.list);
  if (refused === null) return;
  diagnostics.error("fmt/refused", { file: name, line: 0, column: 0 }, `${name} is left as it is: ${refused}`);
}

function writeBack(name: string, text: string, diagnostics: Diagnostics): void {
  try {
    replaceFile(name, Buffer.from(text, "latin1"));
  } catch (error) {
    const reason = messageOf(error);
    diagnostics.error("file/unwritable", { file: name, line: 0, column: 0 }, `cannot write ${name}: ${reason}`);
  }
}
