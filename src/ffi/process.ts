/** Identity, limits and sessions of this process, through libc. Results are >= 0, or the negated errno. */
import { result } from "./errno.ts";
import { close } from "./file.ts";
import { cstr, openLibc, scratch } from "./libc.ts";
import { abstractSockAddr, AF_UNIX, unixSockAddr } from "./sockaddr.ts";
import { sendto, SOCK_DGRAM, socket } from "./socket.ts";

const libc = openLibc({
  setuid: { args: ["u32"], returns: "i32" },
  setgid: { args: ["u32"], returns: "i32" },
  setgroups: { args: ["u64", "ptr"], returns: "i32" },
  getgroups: { args: ["i32", "ptr"], returns: "i32" },
  geteuid: { args: [], returns: "u32" },
  chroot: { args: ["ptr"], returns: "i32" },
  chdir: { args: ["ptr"], returns: "i32" },
  setsid: { args: [], returns: "i32" },
  prlimit: { args: ["i32", "i32", "ptr", "ptr"], returns: "i32" },
  kill: { args: ["i32", "i32"], returns: "i32" },
  prctl: { args: ["i32", "u64", "u64", "u64", "u64"], returns: "i32" },
});

/** setuid(2) on all threads: libc passes the change to each. Give up the group first. */
export function setuid(uid: number): number {
  return result(libc.setuid(uid));
}

/** setgid(2), for all threads. */
export function setgid(gid: number): number {
  return result(libc.setgid(gid));
}

/** Replaces the supplementary groups, `[]` = none. Needs CAP_SETGID. */
export function setgroups(gids: readonly number[]): number {
  const list = scratch(Math.max(8, gids.length * 4));
  for (let i = 0; i < gids.length; i++) list.u32[i] = gids[i]!;
  return result(libc.setgroups(gids.length, list.ptr));
}

/** Number of supplementary groups. */
export function groupCount(): number {
  return result(libc.getgroups(0, null));
}

/** geteuid(2). */
export function geteuid(): number {
  return libc.geteuid();
}

/** chroot(2) followed by chdir("/"), without which the old root stays reachable. */
export function chroot(path: string): number {
  const status = result(libc.chroot(cstr(path)));
  return status < 0 ? status : result(libc.chdir(cstr("/")));
}

/** Becomes the leader of a new session without terminal. -EPERM: already the leader of its group. */
export function setsid(): number {
  return result(libc.setsid());
}

const PR_SET_DUMPABLE = 4;
const PR_SET_NO_NEW_PRIVS = 38;
const RLIMIT_CORE = 4;

/** From now on nothing this thread executes gets more rights than it has: setuid bits do not count (prctl(2)). */
export function noNewPrivileges(): number {
  return result(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
}

/** Allows core dumps again, which a change of the user forbids, and as large as they may be (prctl(2)). */
export function allowDumps(): number {
  if (libc.prlimit(0, RLIMIT_CORE, null, limits.ptr) >= 0) {
    writeLimit(0, readLimit(8));
    libc.prlimit(0, RLIMIT_CORE, limits.ptr, null);
  }
  return result(libc.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
}

/** kill(2); signal 0 only asks whether the process exists (-ESRCH: no; -EPERM: yes, of another user). */
export function kill(pid: number, signal: number): number {
  return result(libc.kill(pid, signal));
}

const RLIMIT_NOFILE = 7;
const UNLIMITED = 0xffffffffffffffffn;
const limits = scratch(16);

/** Descriptor limit of a process, 0 = this one. `Infinity` = none; zeros when there is no such process. */
export function descriptorLimit(pid = 0): { soft: number; hard: number } {
  if (libc.prlimit(pid, RLIMIT_NOFILE, null, limits.ptr) < 0) return { soft: 0, hard: 0 };
  return { soft: readLimit(0), hard: readLimit(8) };
}

/** Sets the descriptor limit. -EPERM: `hard` is above the present one and the process may not raise it. */
export function setDescriptorLimit(soft: number, hard: number, pid = 0): number {
  writeLimit(0, soft);
  writeLimit(8, hard);
  return result(libc.prlimit(pid, RLIMIT_NOFILE, limits.ptr, null));
}

/** Raises the soft limit of a process to `wanted`, and its hard limit if that is lower and the caller may. */
export function raiseDescriptorLimit(wanted: number, pid: number): number {
  const { soft, hard } = descriptorLimit(pid);
  return soft >= wanted ? 0 : setDescriptorLimit(wanted, Math.max(wanted, hard), pid);
}

function readLimit(at: number): number {
  const value = limits.view.getBigUint64(at, true);
  return value === UNLIMITED ? Infinity : Number(value);
}

function writeLimit(at: number, value: number): void {
  limits.view.setBigUint64(at, value === Infinity ? UNLIMITED : BigInt(value), true);
}

/**
 * Tells the service manager about a change, sd_notify(3): "READY=1", "RELOADING=1", "STOPPING=1", "STATUS=…", lines
 * joined by "\n". `address` is NOTIFY_SOCKET. Returns the bytes sent, 0 without a manager, or -errno.
 */
export function sdNotify(address: string | undefined, state: string): number {
  if (!address) return 0;
  const to = address.startsWith("@") ? abstractSockAddr(address.slice(1)) : unixSockAddr(address);
  if (to === null) return 0;
  const fd = socket(AF_UNIX, SOCK_DGRAM);
  if (fd < 0) return fd;
  const bytes = Buffer.from(state);
  const sent = sendto(fd, bytes, bytes.length, to);
  close(fd);
  return sent;
}
