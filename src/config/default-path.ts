/** Where relative names of files start from: the keyword `default-path` (manual section 3.1). */
import type { Position } from "../lang/position.ts";
import type { ParseEnv } from "./env.ts";

export type PathMode = "current" | "config" | "parent" | "origin";

interface Change {
  readonly file: string;
  /** First line it holds for. */
  readonly line: number;
  readonly folder: string;
}

/**
 * The folder in force, line by line. HAProxy changes its working folder while it reads the lines and goes back behind the last one: what is
 * read later than that (formats of log lines) starts from where the process was started.
 */
export class DefaultPath {
  /** Reads files as lines of the place reached so far name them. */
  readonly env: ParseEnv;
  private mode: PathMode = "current";
  private origin = "";
  private file = "";
  /** Empty, or with a slash at its end. */
  private folder = "";
  private readonly changes: Change[] = [];

  /** `machine` knows paths from the folder the process was started in. */
  constructor(readonly machine: ParseEnv) {
    this.env = {
      ...machine,
      readFile: (path) => machine.readFile(this.path(path)),
      readDir: (path) => machine.readDir(this.path(path)),
      isFile: (path) => machine.isFile(this.path(path)),
    };
  }

  /** The lines of another file begin. */
  enter(file: string): void {
    if (file === this.file) return;
    this.file = file;
    this.note(0);
  }

  set(mode: PathMode, origin: string, at: Position): void {
    this.mode = mode;
    this.origin = origin;
    this.note(at.line);
  }

  /** Reads a file that the line there names; null: after the last line. */
  readAt(path: string, at: Position | null): string {
    if (path.startsWith("/") || at === null) return this.machine.readFile(path);
    let folder = "";
    for (const change of this.changes) if (change.file === at.file && change.line <= at.line) folder = change.folder;
    return this.machine.readFile(folder + path);
  }

  private path(path: string): string {
    return path.startsWith("/") ? path : this.folder + path;
  }

  private note(line: number): void {
    const { file } = this;
    const beside = file.slice(0, file.lastIndexOf("/") + 1);
    switch (this.mode) {
      case "current":
        this.folder = "";
        break;
      case "config":
        this.folder = beside;
        break;
      case "parent":
        this.folder = `${beside}../`;
        break;
      case "origin":
        this.folder = `${this.origin}/`;
        break;
    }
    this.changes.push({ file, line, folder: this.folder });
  }
}
