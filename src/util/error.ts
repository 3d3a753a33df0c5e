/** The C library's words for what goes wrong with files and sockets; Bun's own name the call and the path again. */
const reasons: Readonly<Record<string, string>> = {
  EACCES: "Permission denied",
  EADDRINUSE: "Address already in use",
  EAGAIN: "Resource temporarily unavailable",
  ECONNREFUSED: "Connection refused",
  ECONNRESET: "Connection reset by peer",
  EDQUOT: "Disk quota exceeded",
  EEXIST: "File exists",
  EFBIG: "File too large",
  EINVAL: "Invalid argument",
  EIO: "Input/output error",
  EISDIR: "Is a directory",
  ELOOP: "Too many levels of symbolic links",
  EMFILE: "Too many open files",
  ENAMETOOLONG: "File name too long",
  ENFILE: "Too many open files in system",
  ENOENT: "No such file or directory",
  ENOEXEC: "Exec format error",
  ENOMEM: "Cannot allocate memory",
  ENOSPC: "No space left on device",
  ENOTDIR: "Not a directory",
  ENOTSOCK: "Socket operation on non-socket",
  ENXIO: "No such device or address",
  EPERM: "Operation not permitted",
  EPIPE: "Broken pipe",
  EROFS: "Read-only file system",
  ETXTBSY: "Text file busy",
};

/** The name of a system error ("ENOENT"), "" for any other value. */
export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

/** What a caught value says; a system error in the words of strerror(3), without call and path. */
export function messageOf(error: unknown): string {
  return reasons[codeOf(error)] ?? (error instanceof Error ? error.message : String(error));
}
