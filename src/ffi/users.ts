/** Users and groups by name, from /etc/passwd and /etc/group, passwd(5) and group(5). */
import { readFileSync } from "node:fs";

export interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** The user of that name, or null. */
export function findUser(name: string, file = "/etc/passwd"): User | null {
  const fields = findLine(name, file);
  if (fields === null || fields.length < 6) return null;
  const uid = Number(fields[2]);
  const gid = Number(fields[3]);
  if (!Number.isInteger(uid) || !Number.isInteger(gid)) return null;
  return { name, uid, gid };
}

/** Number of the group of that name, or -1. */
export function findGroup(name: string, file = "/etc/group"): number {
  const fields = findLine(name, file);
  const gid = Number(fields?.[2]);
  return fields === null || !Number.isInteger(gid) ? -1 : gid;
}

function findLine(name: string, file: string): string[] | null {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return null;
  }
  for (const line of text.split("\n")) {
    if (line.startsWith(name + ":")) return line.split(":");
  }
  return null;
}
