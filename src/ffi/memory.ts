/** Memory shared between processes, through libc. Results are >= 0, or the negated errno. */
import { type Pointer, toArrayBuffer } from "bun:ffi";
import { result } from "./errno.ts";
import { close } from "./file.ts";
import { cstr, openLibc } from "./libc.ts";

const libc = openLibc({
  memfd_create: { args: ["ptr", "u32"], returns: "i32" },
  ftruncate: { args: ["i32", "i64"], returns: "i32" },
  mmap: { args: ["ptr", "u64", "i32", "i32", "i32", "i64"], returns: "ptr" },
});

const MFD_CLOEXEC = 1;

/** Anonymous memory of `size` zero bytes as a file, close-on-exec: descriptor or -errno. `name` is for /proc only. */
export function memfd(name: string, size: number): number {
  const fd = result(libc.memfd_create(cstr(name), MFD_CLOEXEC));
  if (fd < 0) return fd;
  const status = result(libc.ftruncate(fd, size));
  if (status < 0) {
    close(fd);
    return status;
  }
  return fd;
}

const PROT_READ_WRITE = 3;
const MAP_SHARED = 1;
const MAP_FAILED = 0xffffffffffffffff;

/**
 * Maps part of the memory behind a descriptor, shared with every other process that does; `offset` is a multiple of the page size. Throws
 * when the system refuses. Unmapped when nothing refers to it any more, but not if it was mapped after chroot(2).
 */
export function mapShared(fd: number, offset: number, size: number): Uint8Array {
  try {
    return Bun.mmap(`/proc/self/fd/${fd}`, { shared: true, offset, size } as { shared: boolean });
  } catch {
    // There is no /proc here.
    return mapForGood(fd, offset, size);
  }
}

/** The same without /proc; it stays mapped until the process ends. */
export function mapForGood(fd: number, offset: number, size: number): Uint8Array {
  const at = libc.mmap(null, size, PROT_READ_WRITE, MAP_SHARED, fd, offset);
  if (at === null || Number(at) === MAP_FAILED) throw new Error(`cannot map ${size} bytes of shared memory`);
  return new Uint8Array(toArrayBuffer(at as Pointer, 0, size));
}
