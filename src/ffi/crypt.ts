/** crypt(3): the system's library where there is one, else our own $1$, $5$ and $6$. */
import { dlopen, FFIType } from "bun:ffi";
import { cryptText } from "../util/crypt/index.ts";

/** Debian and older systems; newer ones; musl has it in the C library. */
const CANDIDATES = [
  "libcrypt.so.1",
  "libcrypt.so.2",
  `libc.musl-${process.arch === "arm64" ? "aarch64" : "x86_64"}.so.1`,
];

type Crypt = (key: Uint8Array, setting: Uint8Array) => unknown;

/** Undefined = not looked for yet, null = there is none. */
let library: Crypt | null | undefined;

function load(): Crypt | null {
  for (const name of CANDIDATES) {
    try {
      return dlopen(name, { crypt: { args: [FFIType.ptr, FFIType.ptr], returns: FFIType.cstring } }).symbols
        .crypt as Crypt;
    } catch {
      // The next one.
    }
  }
  return null;
}

/**
 * The hash of `password` with the method and salt of `setting`, usually a complete hash; null when the method is not known. Texts hold
 * one character per byte. Blocks for as long as the method is made to take: milliseconds.
 */
export function crypt(password: string, setting: string): string | null {
  if (password.includes("\0") || setting.includes("\0")) return null;
  library ??= load();
  if (library === null) return cryptText(password, setting);
  const hash = library(bytes(password), bytes(setting));
  const text = hash === null ? null : String(hash);
  // Where C would return NULL, libxcrypt returns a text that is no hash.
  return text === null || text === "" || text.startsWith("*") ? null : text;
}

/** NUL-terminated, one byte per character. */
function bytes(text: string): Uint8Array {
  const out = new Uint8Array(new ArrayBuffer(text.length + 1));
  for (let i = 0; i < text.length; i++) out[i] = text.charCodeAt(i);
  return out;
}
