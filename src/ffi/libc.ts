import { dlopen, ptr, type FFIFunction, type Library, type Pointer } from "bun:ffi";

/** glibc first, then the names under which musl installs itself. */
const CANDIDATES = ["libc.so.6", `libc.musl-${process.arch === "arm64" ? "aarch64" : "x86_64"}.so.1`, "libc.so"];

/**
 * Binds functions of the C library. Throws when none of the known libraries offers all of them.
 * Variadic functions (fcntl, ioctl) may be bound with integer arguments: the calling conventions of Linux on x86-64 and
 * arm64 pass those as in a fixed list.
 */
export function openLibc<Fns extends Record<string, FFIFunction>>(symbols: Fns): Library<Fns>["symbols"] {
  let cause: unknown;
  for (const name of CANDIDATES) {
    try {
      return dlopen(name, symbols).symbols;
    } catch (error) {
      cause ??= error;
    }
  }
  throw new Error("the C library cannot be loaded", { cause });
}

/** Memory for arguments and results of C functions, at an address that never moves. */
export interface Scratch {
  readonly bytes: Uint8Array;
  readonly i32: Int32Array;
  readonly u32: Uint32Array;
  readonly view: DataView;
  readonly ptr: Pointer;
}

/**
 * Allocates zeroed memory outside of the garbage collected heap. A short typed array made directly lives inside that heap
 * and moves when its `buffer` is first read, which would leave a stale pointer behind; one over an ArrayBuffer does not.
 */
export function scratch(size: number): Scratch {
  const buffer = new ArrayBuffer((size + 7) & ~7);
  const bytes = new Uint8Array(buffer);
  return {
    bytes,
    i32: new Int32Array(buffer),
    u32: new Uint32Array(buffer),
    view: new DataView(buffer),
    ptr: ptr(bytes),
  };
}

/** `text` as a NUL-terminated UTF-8 string. Throws on an embedded NUL: C would silently cut the text there. */
export function cstr(text: string): Uint8Array {
  if (text.includes("\0")) throw new Error("a NUL byte in a C string");
  return Buffer.from(text + "\0");
}
