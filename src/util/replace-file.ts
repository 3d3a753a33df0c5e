/** Changing a file so that it is whole at any moment. */
import {
  chmodSync,
  chownSync,
  closeSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { codeOf } from "./error.ts";

/**
 * Puts `bytes` in the place of what the file holds, with its mode and owner; links are followed. The new file is written beside the old one
 * and renamed, so that a full disk costs nothing. Where this user may not do that (a folder or owner of somebody else, a file that is a
 * mount of its own) the file is written over. Throws the system's error.
 */
export function replaceFile(path: string, bytes: Uint8Array): void {
  const real = realpathSync(path);
  const { mode, uid, gid } = statSync(real);
  const beside = `${real}.${process.pid}.new`;
  try {
    const fd = openSync(beside, "wx", 0o600);
    try {
      writeFileSync(fd, bytes);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    chownSync(beside, uid, gid);
    chmodSync(beside, mode & 0o7777);
    renameSync(beside, real);
  } catch (error) {
    rmSync(beside, { force: true });
    if (!["EACCES", "EPERM", "EROFS", "EBUSY", "EXDEV"].includes(codeOf(error))) throw error;
    writeFileSync(real, bytes);
  }
}
