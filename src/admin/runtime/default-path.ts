/**
 * Where `tlb serve` listens when the configuration has no `stats socket`, and where the commands look for it. Only a folder in which
 * nobody else can put anything will do: another user who makes the socket first would be handed the commands, and
 * could answer them.
 *
 *     1. /run/tlb.sock                  root
 *     2. $XDG_RUNTIME_DIR/tlb.sock      where that folder is the user's
 *     3. /run/tlb/tlb.sock              where that folder is the user's (RuntimeDirectory= of a service)
 *     4. /run/user/UID/tlb.sock         where that folder is the user's
 *     5. /tmp/tlb-UID/tlb.sock          in a folder of mode 0700, which the daemon makes
 */
import { lstatSync, mkdirSync } from "node:fs";
import { messageOf } from "../../util/error.ts";

/** The path, or why there is none that is safe. */
export type DefaultSocket = { readonly path: string } | { readonly error: string };

export interface Place {
  readonly uid: number;
  readonly runtimeDir: string | undefined;
  /** Root of the file system, for tests. Default "". */
  readonly root?: string;
}

const here = (): Place => ({ uid: process.getuid?.() ?? 0, runtimeDir: process.env["XDG_RUNTIME_DIR"] });

/** Finds the path; with `create` the folder in /tmp is made where it is needed. */
export function defaultSocket(create = false, { uid, runtimeDir, root = "" }: Place = here()): DefaultSocket {
  if (uid === 0) return { path: `${root}/run/tlb.sock` };
  for (const folder of [runtimeDir, `${root}/run/tlb`, `${root}/run/user/${uid}`]) {
    if (folder && fault(folder, uid) === null) return { path: `${folder}/tlb.sock` };
  }
  const folder = `${root}/tmp/tlb-${uid}`;
  if (create) {
    try {
      mkdirSync(folder, { mode: 0o700 });
    } catch {
      // It is there already, or cannot be: told below.
    }
  }
  const why = fault(folder, uid);
  // Nothing listens below a folder that is not there: connecting says so.
  return why === null || (why === MISSING && !create)
    ? { path: `${folder}/tlb.sock` }
    : { error: `the runtime socket cannot be in ${folder}: ${why}` };
}

const MISSING = "it does not exist";

/** Why a folder is not the user's alone to write to; null = it is. */
function fault(folder: string, uid: number): string | null {
  let stat;
  try {
    stat = lstatSync(folder, { throwIfNoEntry: false });
  } catch (error) {
    return messageOf(error);
  }
  if (stat === undefined) return MISSING;
  if (!stat.isDirectory()) return "it is not a folder";
  if (stat.uid !== uid) return `it belongs to user ${stat.uid}`;
  return (stat.mode & 0o022) === 0 ? null : "others may write to it";
}
