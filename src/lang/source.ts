/** Finds and reads the files of a configuration: files, directories and standard input. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import type { Diagnostics } from "./diagnostic.ts";
import { messageOf } from "../util/error.ts";

/** One text to parse, one character per byte. */
export interface Source {
  /** As messages show it: the path as given, `dir/file` for members of a directory, "-" for standard input. */
  readonly name: string;
  readonly text: string;
}

const STDIN_FD = 0;

/**
 * Reads every source in the order given. A directory stands for its `*.cfg` files that are not hidden, sorted by
 * bytes (C locale). What cannot be read (code `file/unreadable`) and folders without any (`file/empty-folder`) are
 * reported and left out; the rest is still read. So are byte order marks (`file/encoding`), and taken off.
 */
export function loadSources(
  files: readonly string[],
  { stdin }: { readonly stdin?: Uint8Array },
  diagnostics: Diagnostics,
): Source[] {
  const sources: Source[] = [];
  const unreadable = (name: string, message: string): void => {
    diagnostics.error("file/unreadable", { file: name, line: 0, column: 0 }, message);
  };
  let stdinUsed = false;
  for (const file of files) {
    if (file === "-") {
      if (stdinUsed) {
        unreadable("-", "standard input can be read only once");
        continue;
      }
      stdinUsed = true;
      try {
        sources.push(decoded("-", latin1(stdin ?? readFileSync(STDIN_FD)), diagnostics));
      } catch (error) {
        unreadable("-", `cannot read standard input: ${messageOf(error)}`);
      }
      continue;
    }
    for (const path of expand(file, unreadable, diagnostics)) {
      try {
        sources.push(decoded(path, latin1(readFileSync(path)), diagnostics));
      } catch (error) {
        unreadable(path, `Could not open configuration file ${path} : ${messageOf(error)}`);
      }
    }
  }
  return sources;
}

/** The marks editors of other systems begin files with, as single bytes. */
const UTF8_MARK = "\xef\xbb\xbf";
const UTF16_MARKS = ["\xff\xfe", "\xfe\xff"];

/** What is not plain text is an error, and said once: without its mark the rest of a UTF-8 file can be judged all the same. */
function decoded(name: string, text: string, diagnostics: Diagnostics): Source {
  const at = { file: name, line: 1, column: 1 };
  if (UTF16_MARKS.some((mark) => text.startsWith(mark))) {
    diagnostics.error("file/encoding", at, "the file is UTF-16", {
      hint: "save it as UTF-8, or convert it: iconv -f UTF-16 -t UTF-8",
    });
    return { name, text: "" };
  }
  if (!text.startsWith(UTF8_MARK)) return { name, text };
  diagnostics.error("file/encoding", at, "the file begins with a byte order mark (the bytes EF BB BF)", {
    hint: "save it as UTF-8 without one, or take it off: sed -i '1s/^\\xEF\\xBB\\xBF//' FILE",
  });
  return { name, text: text.slice(UTF8_MARK.length) };
}

/** The files a name stands for: itself, or the configuration files of the directory it names. */
function expand(
  file: string,
  unreadable: (name: string, message: string) => void,
  diagnostics: Diagnostics,
): readonly string[] {
  try {
    const stat = statSync(file);
    if (!stat.isDirectory()) return [file];
    const paths = readdirSync(file)
      .filter((name) => name.endsWith(".cfg") && !name.startsWith("."))
      .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
      .map((name) => (file.endsWith("/") ? file : `${file}/`) + name)
      .filter((path) => !statSync(path).isDirectory());
    if (paths.length === 0) {
      const at = { file, line: 0, column: 0 };
      diagnostics.error("file/empty-folder", at, `directory ${file} holds no configuration file`, {
        hint: "only files named *.cfg that are not hidden are read",
      });
    }
    return paths;
  } catch (error) {
    unreadable(file, `Cannot open configuration file/directory ${file} : ${messageOf(error)}`);
    return [];
  }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}
