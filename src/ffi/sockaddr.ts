import { ptr, type Pointer } from "bun:ffi";
import type { Address } from "../config/model.ts";
import { cstr, openLibc, scratch } from "./libc.ts";

export const AF_UNIX = 1;
export const AF_INET = 2;
export const AF_INET6 = 10;

/** Room of `sun_path`: 108 bytes, the last of which is the NUL of a path. */
const UNIX_PATH_MAX = 108;

const libc = openLibc({
  inet_pton: { args: ["i32", "ptr", "ptr"], returns: "i32" },
  inet_ntop: { args: ["i32", "ptr", "ptr", "u32"], returns: "ptr" },
  if_nametoindex: { args: ["ptr"], returns: "u32" },
});

/** An encoded socket address: build it once for each server or listener and use it for every connection. */
export interface SockAddr {
  readonly family: typeof AF_UNIX | typeof AF_INET | typeof AF_INET6;
  readonly bytes: Uint8Array;
  readonly length: number;
  /** Address of `bytes`, valid as long as this object is reachable. */
  readonly ptr: Pointer;
}

function finish(family: SockAddr["family"], bytes: Uint8Array): SockAddr {
  return { family, bytes, length: bytes.length, ptr: ptr(bytes) };
}

/**
 * Encodes an IP address and port. Returns null when `ip` is not an address of the family. IPv6 takes a scope
 * (`fe80::1%eth0`, `fe80::1%2`).
 */
export function ipSockAddr(family: 4 | 6, ip: string, port: number): SockAddr | null {
  const bytes = new Uint8Array(new ArrayBuffer(family === 4 ? 16 : 28));
  const view = new DataView(bytes.buffer);
  view.setUint16(0, family === 4 ? AF_INET : AF_INET6, true);
  view.setUint16(2, port);
  if (family === 4) {
    if (libc.inet_pton(AF_INET, cstr(ip), ptr(bytes, 4)) !== 1) return null;
    return finish(AF_INET, bytes);
  }
  const percent = ip.indexOf("%");
  const host = percent < 0 ? ip : ip.slice(0, percent);
  if (libc.inet_pton(AF_INET6, cstr(host), ptr(bytes, 8)) !== 1) return null;
  if (percent >= 0) {
    const scope = ip.slice(percent + 1);
    const index = /^\d+$/.test(scope) ? Number(scope) : interfaceIndex(scope);
    if (index === 0) return null;
    view.setUint32(24, index, true);
  }
  return finish(AF_INET6, bytes);
}

/** Encodes the path of a unix socket. Returns null when it is longer than 107 bytes. */
export function unixSockAddr(path: string): SockAddr | null {
  const text = cstr(path);
  if (text.length > UNIX_PATH_MAX) return null;
  const bytes = new Uint8Array(new ArrayBuffer(2 + text.length));
  bytes[0] = AF_UNIX;
  bytes.set(text, 2);
  return finish(AF_UNIX, bytes);
}

/**
 * Encodes an abstract name. As in HAProxy 2.6 (`abns@`), the name is padded with NUL bytes to the whole of `sun_path`;
 * a program that passes the exact length uses another name. Returns null when it is longer than 107 bytes.
 */
export function abnsSockAddr(name: string): SockAddr | null {
  const text = Buffer.from(name);
  if (text.length > UNIX_PATH_MAX - 1) return null;
  const bytes = new Uint8Array(new ArrayBuffer(2 + UNIX_PATH_MAX));
  bytes[0] = AF_UNIX;
  bytes.set(text, 3);
  return finish(AF_UNIX, bytes);
}

/** Encodes an abstract name of exact length, as systemd and most programs use it. Returns null beyond 107 bytes. */
export function abstractSockAddr(name: string): SockAddr | null {
  const text = Buffer.from(name);
  if (text.length > UNIX_PATH_MAX - 1) return null;
  const bytes = new Uint8Array(new ArrayBuffer(3 + text.length));
  bytes[0] = AF_UNIX;
  bytes.set(text, 3);
  return finish(AF_UNIX, bytes);
}

/** Encodes any address but an inherited descriptor. Returns null when it cannot be encoded. */
export function sockAddr(address: Address): SockAddr | null {
  switch (address.kind) {
    case "ip":
      return ipSockAddr(address.family, address.ip, address.port);
    case "unix":
      return unixSockAddr(address.path);
    case "abns":
      return abnsSockAddr(address.name);
    case "fd":
      return null;
  }
}

/** Kernel's number of a network interface; 0 when there is none of that name. */
function interfaceIndex(name: string): number {
  return libc.if_nametoindex(cstr(name));
}

const text = scratch(64);

/** Canonical text of an IPv6 address of 16 bytes that starts at `offset`, by RFC 5952, e.g. "2001:db8::1". */
function formatIPv6(bytes: Uint8Array, offset: number): string {
  const address = new Uint8Array(new ArrayBuffer(16));
  address.set(bytes.subarray(offset, offset + 16));
  if (libc.inet_ntop(AF_INET6, ptr(address), text.ptr, 64) === null) return "::";
  return Buffer.from(text.bytes.buffer, 0, text.bytes.indexOf(0)).toString("latin1");
}

/** Decodes what the kernel wrote. A nameless unix socket yields `{ kind: "unix", path: "" }`; null = unknown family. */
export function parseSockAddr(bytes: Uint8Array, length: number): Address | null {
  if (length < 2) return null;
  const family = bytes[0]! | (bytes[1]! << 8);
  const port = (bytes[2]! << 8) | bytes[3]!;
  switch (family) {
    case AF_INET:
      return { kind: "ip", family: 4, ip: `${bytes[4]}.${bytes[5]}.${bytes[6]}.${bytes[7]}`, port };
    case AF_INET6:
      return { kind: "ip", family: 6, ip: formatIPv6(bytes, 8), port };
    case AF_UNIX: {
      if (length > 2 && bytes[2] === 0) {
        let end = length;
        while (end > 3 && bytes[end - 1] === 0) end--;
        return { kind: "abns", name: Buffer.from(bytes.slice(3, end)).toString() };
      }
      const nul = bytes.indexOf(0, 2);
      const end = nul < 0 || nul > length ? length : nul;
      return { kind: "unix", path: Buffer.from(bytes.slice(2, end)).toString() };
    }
    default:
      return null;
  }
}
