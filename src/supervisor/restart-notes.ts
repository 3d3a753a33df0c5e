import type { GlobalModel, Model } from "../config/model.ts";

/** Settings that are fixed when the process starts. */
const FIXED = {
  nbthread: "nbthread",
  user: "user",
  group: "group",
  uid: "uid",
  gid: "gid",
  chroot: "chroot",
  daemon: "daemon",
  pidfile: "pidfile",
  cpuMap: "cpu-map",
  setuidWanted: "insecure-setuid-wanted",
  dumpable: "set-dumpable",
} as const satisfies Partial<Record<keyof GlobalModel, string>>;

/** One line for each setting that a reload changed in the file but cannot change in the process. */
export function restartNotes(first: Model, next: Model): string[] {
  const notes: string[] = [];
  for (const [field, keyword] of Object.entries(FIXED) as [keyof typeof FIXED, string][]) {
    if (JSON.stringify(first.global[field]) !== JSON.stringify(next.global[field])) {
      notes.push(`Note: '${keyword}' changed and takes effect at the next restart.`);
    }
  }
  return notes;
}
