/** Standard descriptors that lead nowhere from now on. */
import { readdirSync, readlinkSync } from "node:fs";
import { redirectToNull } from "./file.ts";

/**
 * Redirects `numbers` (of 0, 1, 2) and every copy of them to /dev/null. Bun writes to pipes through a copy of its own, and whoever
 * reads the other end (`| cat`, ssh) waits until the last copy is closed. Returns 0 or -errno.
 */
export function silence(numbers: readonly number[]): number {
  const target = (fd: number): string => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return "";
    }
  };
  const standard = new Set(numbers.map(target));
  const copies = readdirSync("/proc/self/fd").map(Number);
  for (const fd of [...numbers, ...copies.filter((fd) => fd > 2 && standard.has(target(fd)) && target(fd) !== "")]) {
    const status = redirectToNull(fd);
    if (status < 0) return status;
  }
  return 0;
}
