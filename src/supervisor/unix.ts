/**
 * Unix sockets with a path. They are bound under a temporary name, given mode and owner, and only then renamed to their
 * path, so that nobody meets a socket that is missing, closed to them, or not yet listening.
 */
import { lstatSync } from "node:fs";
import { EAGAIN, EEXIST, EADDRINUSE, strerror } from "../ffi/errno.ts";
import { chmod, chown, close, rename, unlink } from "../ffi/file.ts";
import { AF_UNIX, unixSockAddr } from "../ffi/sockaddr.ts";
import { bind, connect, listen, SOCK_STREAM, socket } from "../ffi/socket.ts";

export interface UnixOptions {
  /** Permission bits; -1 = as the mask of the process leaves them. */
  readonly mode: number;
  /** -1 = as created. */
  readonly uid: number;
  readonly gid: number;
  readonly backlog: number;
}

/** A bound socket that is not yet at its path. */
export class UnixSocket {
  readonly fd: number;
  readonly path: string;
  private readonly temporary: string;
  /** Identity of the file, so that only our own is removed. */
  private inode = 0n;

  constructor(fd: number, path: string, temporary: string) {
    this.fd = fd;
    this.path = path;
    this.temporary = temporary;
  }

  /** A socket that another process has put at its path, and gives up. */
  static adopted(fd: number, path: string, inode: string): UnixSocket {
    const socket = new UnixSocket(fd, path, "");
    socket.inode = BigInt(inode);
    return socket;
  }

  /** What `adopted` needs to know the file by. */
  get identity(): string {
    return String(this.inode);
  }

  /** Moves the socket to its path, replacing what is there. Returns 0 or -errno. */
  publish(): number {
    this.inode = inodeOf(this.temporary);
    return rename(this.temporary, this.path);
  }

  /** Removes the socket's file unless somebody else's took its place. Leaves the descriptor alone. */
  remove(): void {
    if (this.inode === 0n) unlink(this.temporary);
    else if (inodeOf(this.path) === this.inode) unlink(this.path);
  }
}

function inodeOf(path: string): bigint {
  return lstatSync(path, { bigint: true, throwIfNoEntry: false })?.ino ?? 0n;
}

/**
 * Binds a listening socket for `path`. What may be replaced there is a socket nobody listens on; with `ours` (it is this
 * process that listens there) any socket. Returns the error in HAProxy's words otherwise.
 */
export function bindUnix(path: string, options: UnixOptions, ours: boolean): UnixSocket | { readonly error: string } {
  const fail = (status: number, why = "") => ({
    error: `cannot bind UNIX socket (${strerror(status)}${why}) [${path}]`,
  });
  const temporary = `${path}.${process.pid}.tmp`;
  const address = unixSockAddr(temporary);
  if (address === null) return { error: `socket path '${path}' too long (max 97)` };
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat !== undefined) {
    if (!stat.isSocket()) return fail(EEXIST, ", and not a socket");
    if (!ours && isLive(path)) return fail(EADDRINUSE);
  }
  const fd = socket(AF_UNIX, SOCK_STREAM);
  if (fd < 0) return fail(fd);
  // Left by a process of this number that was killed at the wrong moment.
  unlink(temporary);
  let status = bind(fd, address);
  if (status >= 0) status = protect(temporary, options);
  if (status >= 0) status = listen(fd, options.backlog);
  if (status >= 0) return new UnixSocket(fd, path, temporary);
  close(fd);
  unlink(temporary);
  return fail(status);
}

/** Gives a socket's file its mode and owner. Returns 0 or -errno. */
export function protect(path: string, { mode, uid, gid }: UnixOptions): number {
  // The owner first: chown(2) may clear bits that chmod(2) sets.
  if (uid !== -1 || gid !== -1) {
    const status = chown(path, uid, gid);
    if (status < 0) return status;
  }
  return mode === -1 ? 0 : chmod(path, mode);
}

/** Whether somebody accepts connections there: a stale socket refuses, a busy one has no room. */
function isLive(path: string): boolean {
  const address = unixSockAddr(path);
  const fd = socket(AF_UNIX, SOCK_STREAM);
  if (fd < 0 || address === null) return false;
  const status = connect(fd, address);
  close(fd);
  return status === 0 || status === -EAGAIN;
}
