import { toArrayBuffer } from "bun:ffi";
import { openLibc } from "./libc.ts";

/** Error numbers the code compares with, as on Linux (x86-64 and arm64 agree). */
export const EPERM = 1;
export const ENOENT = 2;
export const ESRCH = 3;
export const EINTR = 4;
export const EBADF = 9;
export const EAGAIN = 11;
export const ENOMEM = 12;
export const EACCES = 13;
export const EEXIST = 17;
export const ENODEV = 19;
export const ENOTDIR = 20;
export const EINVAL = 22;
export const ENFILE = 23;
export const EMFILE = 24;
export const EPIPE = 32;
export const EPROTONOSUPPORT = 93;
export const EAFNOSUPPORT = 97;
export const EADDRINUSE = 98;
export const EADDRNOTAVAIL = 99;
export const ENETUNREACH = 101;
export const ECONNABORTED = 103;
export const ECONNRESET = 104;
export const ENOBUFS = 105;
export const ETIMEDOUT = 110;
export const ECONNREFUSED = 111;
export const EHOSTUNREACH = 113;
export const EALREADY = 114;
export const EINPROGRESS = 115;

const libc = openLibc({
  __errno_location: { args: [], returns: "ptr" },
  strerror: { args: ["i32"], returns: "cstring" },
});

/** The errno of this thread never moves, so it is mapped once and read without a call. */
const location = libc.__errno_location();
if (location === null) throw new Error("the C library has no errno");
const cell = new Int32Array(toArrayBuffer(location, 0, 4));

/** The errno the last failed C function left. Read it right after the call. */
export function errno(): number {
  return cell[0]!;
}

/** The convention of this folder: a result >= 0 is passed on, a failure becomes the negated errno. */
export function result(value: number): number {
  return value < 0 ? -cell[0]! : value;
}

/** The C library's text, e.g. "Address already in use". Accepts both signs. */
export function strerror(code: number): string {
  return String(libc.strerror(Math.abs(code)));
}

const NAMES: Readonly<Record<number, string>> = {
  [EPERM]: "EPERM",
  [ENOENT]: "ENOENT",
  [ESRCH]: "ESRCH",
  [EINTR]: "EINTR",
  [EBADF]: "EBADF",
  [EAGAIN]: "EAGAIN",
  [ENOMEM]: "ENOMEM",
  [EACCES]: "EACCES",
  [EEXIST]: "EEXIST",
  [ENODEV]: "ENODEV",
  [ENOTDIR]: "ENOTDIR",
  [EINVAL]: "EINVAL",
  [ENFILE]: "ENFILE",
  [EMFILE]: "EMFILE",
  [EPIPE]: "EPIPE",
  [EPROTONOSUPPORT]: "EPROTONOSUPPORT",
  [EAFNOSUPPORT]: "EAFNOSUPPORT",
  [EADDRINUSE]: "EADDRINUSE",
  [EADDRNOTAVAIL]: "EADDRNOTAVAIL",
  [ENETUNREACH]: "ENETUNREACH",
  [ECONNABORTED]: "ECONNABORTED",
  [ECONNRESET]: "ECONNRESET",
  [ENOBUFS]: "ENOBUFS",
  [ETIMEDOUT]: "ETIMEDOUT",
  [ECONNREFUSED]: "ECONNREFUSED",
  [EHOSTUNREACH]: "EHOSTUNREACH",
  [EALREADY]: "EALREADY",
  [EINPROGRESS]: "EINPROGRESS",
};

/** "EADDRINUSE" for 98 or -98; "errno 77" for a code without a name here. */
export function errnoName(code: number): string {
  return NAMES[Math.abs(code)] ?? `errno ${Math.abs(code)}`;
}
