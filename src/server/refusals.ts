/** What the log says when the system refuses what a proxy needs, in HAProxy's words but for its own count of sockets. */
import {
  EADDRINUSE,
  EADDRNOTAVAIL,
  EAGAIN,
  EMFILE,
  ENFILE,
  ENOBUFS,
  ENOMEM,
  EAFNOSUPPORT,
  EPROTONOSUPPORT,
  strerror,
} from "../ffi/errno.ts";
import type { Logger } from "../log/record.ts";
import type { Backend } from "../proxy/backend.ts";

/** Descriptors or memory of this process or of the machine ran out: the positive errno. Empty: it is none of these. */
function starvation(errno: number): string {
  switch (errno) {
    case EMFILE:
      return "process FD limit. Please check 'ulimit-n' and restart.";
    case ENFILE:
      return "system FD limit. Please check system tunables.";
    case ENOBUFS:
    case ENOMEM:
      return "system memory limit. Please check system tunables.";
    default:
      return "";
  }
}

/** A proxy can take no connection for want of descriptors or memory. */
export function logStarvation(logger: Logger, proxy: string, errno: number): void {
  const what = starvation(errno);
  if (what !== "" && logger.enabled) logger.event("emerg", `Proxy ${proxy} reached ${what}`);
}

/** Why a connection to a server could not even begin, as health checks tell it: the positive errno. */
export function refusalText(errno: number): string {
  // There is nothing to add to that.
  if (errno === EAGAIN) return "Out of local source ports on the system";
  return `${kindOf(errno)} (${strerror(errno)})`;
}

function kindOf(errno: number): string {
  switch (errno) {
    case EMFILE:
      return "Too many sockets on the process";
    case ENFILE:
      return "Too many sockets on the system";
    case ENOBUFS:
    case ENOMEM:
      return "Out of system buffers";
    case EADDRNOTAVAIL:
      return "Out of local source ports on the system";
    case EADDRINUSE:
      return "Local source address already in use";
    case EAFNOSUPPORT:
    case EPROTONOSUPPORT:
      return "Protocol or address family not supported";
    default:
      return "General socket error";
  }
}

/** A connection to a server could not even begin: the positive errno. What the network says is no fault of this machine, and not told. */
export function logRefusal({ logger, name }: Backend, errno: number): void {
  const log = logger as Logger;
  if (errno === EAGAIN || errno === EADDRNOTAVAIL || errno === EADDRINUSE) {
    const what = errno === EADDRINUSE ? "local address already in use" : "no free ports";
    if (log.enabled) log.event("err", `Connect() failed for backend ${name}: ${what}.`);
  } else {
    logStarvation(log, name, errno);
  }
}
