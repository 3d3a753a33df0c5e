import {
  allowDumps,
  geteuid,
  noNewPrivileges,
  groupCount,
  chroot,
  descriptorLimit,
  setDescriptorLimit,
  setgid,
  setgroups,
  setuid,
} from "../ffi/process.ts";
import { strerror } from "../ffi/errno.ts";
import { setAffinity } from "../ffi/sched.ts";
import type { Confinement } from "./protocol.ts";

/**
 * Gives up what a worker does not need once its sockets and memory are there: CPUs, other root, supplementary groups, group,
 * user, in this order, since each step may need what the next one takes away. Returns null, or what failed.
 */
export function confine(to: Confinement): string | null {
  const limit = descriptorLimit();
  // Bun raises the soft limit to the hard one at start.
  if (to.descriptors < limit.soft) setDescriptorLimit(to.descriptors, limit.hard);
  if (to.cpus !== null) {
    const status = setAffinity(to.cpus);
    if (status < 0) return `cannot bind to CPUs ${to.cpus.join(",")} (${strerror(status)})`;
  }
  if (to.chroot !== null) {
    const status = chroot(to.chroot);
    if (status < 0) return `Cannot chroot(${to.chroot}): ${strerror(status)}.`;
  }
  // Those of root would open more than the new user may; HAProxy keeps them when only the user changes.
  if ((to.gid !== 0 || to.uid !== 0) && geteuid() === 0 && groupCount() > 0 && setgroups([]) < 0) {
    return "Cannot drop supplementary groups.";
  }
  const group = to.gid === 0 ? 0 : setgid(to.gid);
  if (group < 0) return `Cannot set gid ${to.gid}: ${strerror(group)}.`;
  const user = to.uid === 0 ? 0 : setuid(to.uid);
  if (user < 0) return `Cannot set uid ${to.uid}: ${strerror(user)}.`;
  if (!to.setuidWanted) noNewPrivileges();
  if (to.dumpable) allowDumps();
  return null;
}
