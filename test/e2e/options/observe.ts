/**
 * What the kernel says about processes and their sockets. A copy of a descriptor of another process (pidfd_getfd(2), Linux 5.6) is asked with
 * getsockopt(2), so that tlb and HAProxy are looked at in one way.
 */
import { dlopen } from "bun:ffi";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import type { Address } from "../../../src/config/model.ts";
import { close } from "../../../src/ffi/file.ts";
import {
  getIntOption,
  IP_TRANSPARENT,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPPROTO_TCP,
  IPV6_TRANSPARENT,
  IPV6_V6ONLY,
  SO_ACCEPTCONN,
  SO_BINDTODEVICE,
  SO_KEEPALIVE,
  SOL_SOCKET,
  TCP_DEFER_ACCEPT,
  TCP_FASTOPEN,
  TCP_KEEPCNT,
  TCP_KEEPIDLE,
  TCP_KEEPINTVL,
  TCP_MAXSEG,
  TCP_QUICKACK,
  TCP_USER_TIMEOUT,
} from "../../../src/ffi/socket-options.ts";
import { getpeername, getsockname } from "../../../src/ffi/socket.ts";
import { haproxyPath, type Proxy, startHaproxy } from "../../harness/proxy.ts";
import type { Scope } from "../../harness/scope.ts";
import { startServing, workers } from "../tools.ts";

const SYS_PIDFD_OPEN = 434;
const SYS_PIDFD_GETFD = 438;
const libc = dlopen("libc.so.6", {
  syscall: { args: ["i64", "i64", "i64", "i64"], returns: "i64" },
});

export const isRoot = process.getuid?.() === 0;

/** Opens a copy of a descriptor of another process; negative when that is not allowed or it is gone. */
function copyOf(pid: number, fd: number): number {
  const handle = Number(libc.symbols.syscall(SYS_PIDFD_OPEN, pid, 0, 0));
  if (handle < 0) return -1;
  const copy = Number(libc.symbols.syscall(SYS_PIDFD_GETFD, handle, fd, 0));
  close(handle);
  return copy;
}

export interface SocketView {
  readonly local: Address;
  readonly peer: Address | null;
  readonly listening: boolean;
  readonly mss: number;
  readonly deferAccept: boolean;
  readonly fastOpen: number;
  readonly userTimeout: number;
  readonly quickAck: boolean;
  readonly keepalive: boolean;
  /** Number of keepalive probes, seconds before the first and between them. */
  readonly probes: readonly number[];
  readonly v6only: boolean;
  readonly transparent: boolean;
  /** Bound to a network interface. */
  readonly device: boolean;
}

/** All TCP sockets of a process. */
export function tcpSockets(pid: number): SocketView[] {
  const found: SocketView[] = [];
  // A worker keeps a second descriptor of each of its listeners.
  const met = new Set<string>();
  for (const name of readdirSync(`/proc/${pid}/fd`)) {
    let target = "";
    try {
      target = readlinkSync(`/proc/${pid}/fd/${name}`);
    } catch {
      continue;
    }
    if (!target.startsWith("socket:") || met.has(target)) continue;
    met.add(target);
    const fd = copyOf(pid, Number(name));
    if (fd < 0) continue;
    const local = getsockname(fd);
    if (local?.kind === "ip" && getIntOption(fd, IPPROTO_TCP, TCP_MAXSEG) >= 0) {
      const six = local.family === 6;
      found.push({
        local,
        peer: getpeername(fd),
        listening: getIntOption(fd, SOL_SOCKET, SO_ACCEPTCONN) === 1,
        mss: getIntOption(fd, IPPROTO_TCP, TCP_MAXSEG),
        deferAccept: getIntOption(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT) > 0,
        fastOpen: getIntOption(fd, IPPROTO_TCP, TCP_FASTOPEN),
        quickAck: getIntOption(fd, IPPROTO_TCP, TCP_QUICKACK) === 1,
        userTimeout: getIntOption(fd, IPPROTO_TCP, TCP_USER_TIMEOUT),
        keepalive: getIntOption(fd, SOL_SOCKET, SO_KEEPALIVE) === 1,
        probes: [TCP_KEEPCNT, TCP_KEEPIDLE, TCP_KEEPINTVL].map((option) => getIntOption(fd, IPPROTO_TCP, option)),
        v6only: six && getIntOption(fd, IPPROTO_IPV6, IPV6_V6ONLY) === 1,
        transparent: getIntOption(fd, six ? IPPROTO_IPV6 : IPPROTO_IP, six ? IPV6_TRANSPARENT : IP_TRANSPARENT) === 1,
        device: hasDevice(fd),
      });
    }
    close(fd);
  }
  return found;
}

/** SO_BINDTODEVICE is text: read into four bytes it is empty (length 0), or does not fit (EINVAL). */
function hasDevice(fd: number): boolean {
  return getIntOption(fd, SOL_SOCKET, SO_BINDTODEVICE) < 0;
}

/** A line of /proc/PID/status. */
export function status(pid: number, name: string): string {
  const text = readFileSync(`/proc/${pid}/status`, "latin1");
  return new RegExp(`^${name}:[ \\t]*(.*?)[ \\t]*$`, "m").exec(text)?.[1] ?? "";
}

/** The processes that serve traffic: workers of tlb, or HAProxy itself. */
export function serving(proxy: Proxy): number[] {
  return proxy.name === "haproxy" ? [proxy.program.pid] : workers(proxy);
}

export type Named = readonly [name: string, start: (scope: Scope, config: string) => Promise<Proxy>];

/** tlb, and HAProxy where it is installed: what one test asserts of both. */
export const programs: readonly Named[] = [
  ["tlb", (scope, config) => startServing(scope, config)],
  ...(haproxyPath === null ? [] : [["haproxy", (scope, config) => startHaproxy(scope, config)] as Named]),
];
