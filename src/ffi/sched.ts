/** Which CPUs a process may use, through libc. */
import { readdirSync } from "node:fs";
import { result } from "./errno.ts";
import { openLibc, scratch } from "./libc.ts";

const libc = openLibc({
  sched_setaffinity: { args: ["i32", "u64", "ptr"], returns: "i32" },
  sched_getaffinity: { args: ["i32", "u64", "ptr"], returns: "i32" },
});

/** cpu_set_t: one bit per CPU. */
const SET_BYTES = 128;
const set = scratch(SET_BYTES);

/**
 * Binds every thread of this process to `cpus` (numbers from 0 to 1023): the garbage collector's and the compiler's threads
 * exist already. Returns 0, or -errno; -EINVAL = none of them is usable.
 */
export function setAffinity(cpus: readonly number[]): number {
  set.bytes.fill(0);
  for (const cpu of cpus) set.bytes[cpu >> 3]! |= 1 << (cpu & 7);
  const status = result(libc.sched_setaffinity(0, SET_BYTES, set.ptr));
  if (status < 0) return status;
  for (const task of readdirSync("/proc/self/task")) {
    // A thread that ended meanwhile is no failure.
    libc.sched_setaffinity(Number(task), SET_BYTES, set.ptr);
  }
  return 0;
}

/** CPUs this thread may run on, ascending. */
export function getAffinity(): number[] {
  const bytes = libc.sched_getaffinity(0, SET_BYTES, set.ptr);
  const cpus: number[] = [];
  if (bytes < 0) return cpus;
  for (let cpu = 0; cpu < SET_BYTES * 8; cpu++) {
    if (((set.bytes[cpu >> 3]! >> (cpu & 7)) & 1) === 1) cpus.push(cpu);
  }
  return cpus;
}
