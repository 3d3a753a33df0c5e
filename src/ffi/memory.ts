/** Memory shared between processes, through libc. Results are >= 0, or the negated errno. */
import { result } from "./errno.ts";
import { close } from "./file.ts";
import { cstr, openLibc } from "./libc.ts";

const libc = openLibc({
  memfd_create: { args: ["ptr", "u32"], returns: "i32" },
  ftruncate: { args: ["i32", "i64"], returns: "i32" },
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
