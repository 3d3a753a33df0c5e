/** Descriptors and paths through libc. Every function returns a value >= 0, or the negated errno. */
import { result } from "./errno.ts";
import { cstr, openLibc, scratch } from "./libc.ts";

const libc = openLibc({
  close: { args: ["i32"], returns: "i32" },
  fcntl: { args: ["i32", "i32", "i32"], returns: "i32" },
  unlink: { args: ["ptr"], returns: "i32" },
  rename: { args: ["ptr", "ptr"], returns: "i32" },
  chmod: { args: ["ptr", "u32"], returns: "i32" },
  chown: { args: ["ptr", "u32", "u32"], returns: "i32" },
  open: { args: ["ptr", "i32", "u32"], returns: "i32" },
  dup2: { args: ["i32", "i32"], returns: "i32" },
  pipe2: { args: ["ptr", "i32"], returns: "i32" },
});

const F_GETFD = 1;
const F_GETFL = 3;
const F_SETFL = 4;
const F_DUPFD_CLOEXEC = 1030;
const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2000000;

const pair = scratch(8);

/** close(2). */
export function close(fd: number): number {
  return result(libc.close(fd));
}

/** A second descriptor of the same open file, close-on-exec. */
export function dup(fd: number): number {
  return result(libc.fcntl(fd, F_DUPFD_CLOEXEC, 3));
}

/** Whether the number names an open descriptor of this process. */
export function isOpen(fd: number): boolean {
  return libc.fcntl(fd, F_GETFD, 0) >= 0;
}

/** O_NONBLOCK of the open file, which all descriptors of it share. */
export function setNonBlocking(fd: number, on: boolean): number {
  const flags = result(libc.fcntl(fd, F_GETFL, 0));
  if (flags < 0) return flags;
  return result(libc.fcntl(fd, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK));
}

/** unlink(2). */
export function unlink(path: string): number {
  return result(libc.unlink(cstr(path)));
}

/** rename(2): what was at `to` is replaced. */
export function rename(from: string, to: string): number {
  return result(libc.rename(cstr(from), cstr(to)));
}

/** chmod(2). */
export function chmod(path: string, mode: number): number {
  return result(libc.chmod(cstr(path), mode));
}

/** -1 leaves the user or the group as it is. */
export function chown(path: string, uid: number, gid: number): number {
  return result(libc.chown(cstr(path), uid >>> 0, gid >>> 0));
}

/** `[reader, writer]`, blocking and close-on-exec, or -errno. */
export function pipe(): readonly [number, number] | number {
  const status = libc.pipe2(pair.ptr, O_CLOEXEC);
  return status < 0 ? result(status) : [pair.i32[0]!, pair.i32[1]!];
}

/** Opens a file for reading, close-on-exec. */
export function openReadOnly(path: string): number {
  return result(libc.open(cstr(path), O_CLOEXEC, 0));
}

/**
 * Opens the pipe or terminal behind `fd` once more, for writing without waiting. Unlike a copy it has flags of its own: O_NONBLOCK of `fd` belongs
 * to everybody who inherited it, and whoever starts or ends may take it away. -EACCES: it is another user's; -ENOENT: there is no /proc here;
 * -ENXIO: a socket, or nobody reads.
 */
export function reopenForWriting(fd: number): number {
  const O_WRONLY = 1;
  const O_NOCTTY = 0o400;
  return result(libc.open(cstr(`/proc/self/fd/${fd}`), O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY, 0));
}

/** Makes `to` another number of the open file `from`; what `to` was is closed. */
export function dup2(from: number, to: number): number {
  return result(libc.dup2(from, to));
}

/** Makes descriptor `fd` read nothing and write nowhere. */
export function redirectToNull(fd: number): number {
  const O_RDWR = 2;
  const sink = result(libc.open(cstr("/dev/null"), O_RDWR | O_CLOEXEC, 0));
  if (sink < 0) return sink;
  const status = result(libc.dup2(sink, fd));
  libc.close(sink);
  return status;
}
