import { readdirSync, readFileSync, statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { findGroup, findUser } from "../ffi/users.ts";
import { resolveName, resolveWithin } from "./resolve.ts";

/** What parsing needs from the machine; tests give their own. */
export interface ParseEnv {
  /** Files that were read, for `Model.files`. */
  readonly files: readonly string[];
  /** Environment variables; `setenv` and its relatives change them for the lines that follow. */
  readonly variables: Record<string, string | undefined>;
  /** CPUs this process may use: the default of `nbthread`. */
  readonly cpus: number;
  /** Bytes of a file as latin1; throws as node:fs does. */
  readFile(path: string): string;
  /** Names in a folder, in no order; null when the path is none. Throws as node:fs does. */
  readDir(path: string): readonly string[] | null;
  /** Whether there is a regular file of that name. */
  isFile(path: string): boolean;
  /** Numeric id of a user or group name, null when unknown. */
  userId(name: string): number | null;
  groupId(name: string): number | null;
  /** Blocking lookup of a host name. Absent: names stay unresolved for a later stage and are not judged. */
  readonly resolve?: (name: string, family: 0 | 4 | 6) => { readonly family: 4 | 6; readonly ip: string } | null;
  /** A server whose name does not resolve starts without an address (`-dr`): a warning instead of an error. Default false. */
  readonly ignoreResolution?: boolean;
  /** What `ssl-server-verify` is where the configuration does not set it (`-dV`: "none"). Default "required". */
  readonly serverVerify?: "none" | "required";
}

/** The real machine. Paths hold one character per byte, as words do. */
export function systemEnv(files: readonly string[] = []): ParseEnv {
  return {
    files,
    variables: { ...process.env },
    cpus: availableParallelism(),
    readFile: (path) => readFileSync(Buffer.from(path, "latin1"), "latin1"),
    readDir,
    isFile: (path) => statSync(Buffer.from(path, "latin1"), { throwIfNoEntry: false })?.isFile() ?? false,
    userId: (name) => findUser(name)?.uid ?? null,
    groupId: (name) => {
      const gid = findGroup(name);
      return gid < 0 ? null : gid;
    },
    resolve: resolveWithin(resolveName),
  };
}

function readDir(path: string): string[] | null {
  const bytes = Buffer.from(path, "latin1");
  if (!statSync(bytes).isDirectory()) return null;
  return readdirSync(bytes, "latin1");
}
