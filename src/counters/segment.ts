import { strerror } from "../ffi/errno.ts";
import { memfd } from "../ffi/memory.ts";

/**
 * Memory that several processes map: an anonymous file whose descriptor is handed to each of them. Zeroed at first; pages
 * take memory only once they are touched. It lives until the last process that maps it ends.
 */
export interface Segment {
  readonly fd: number;
  readonly bytes: Uint8Array;
}

/** Creates and maps a segment of `size` bytes. Throws when the system has no memory or no descriptor left. */
export function createSegment(size: number, name = "tlb"): Segment {
  const fd = memfd(name, size);
  if (fd < 0) throw new Error(`cannot create a shared segment of ${size} bytes (${strerror(fd)})`);
  return { fd, bytes: mapSegment(fd) };
}

/** Maps the segment behind a descriptor. Do so before chroot(2): the path goes through /proc. */
export function mapSegment(fd: number): Uint8Array {
  return Bun.mmap(`/proc/self/fd/${fd}`, { shared: true });
}
