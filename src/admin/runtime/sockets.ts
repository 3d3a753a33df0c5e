/** The listening sockets of the runtime API (`stats socket`, manual section 3.1). */
import { statSync } from "node:fs";
import type { Address, StatsSocketModel } from "../../config/model.ts";
import { strerror } from "../../ffi/errno.ts";
import { chmod, chown, close, rename, unlink } from "../../ffi/file.ts";
import { AF_INET6, sockAddr } from "../../ffi/sockaddr.ts";
import {
  bind,
  IPPROTO_IPV6,
  IPV6_V6ONLY,
  listen,
  setIntOption,
  SO_REUSEADDR,
  SOCK_STREAM,
  socket,
  SOL_SOCKET,
} from "../../ffi/socket.ts";

const BACKLOG = 64;

/** Where `tlb serve` listens when the configuration has no `stats socket`: the run-time folder of the user, or /run. */
export function defaultSocketPath(): string {
  const uid = process.getuid?.() ?? 0;
  if (uid === 0) return "/run/tlb.sock";
  const folder = process.env["XDG_RUNTIME_DIR"];
  return folder ? `${folder}/tlb.sock` : `/tmp/tlb-${uid}.sock`;
}

/** "unix@/path", "ipv4@1.2.3.4:99", "ipv6@[::1]:99", "abns@name", "fd@3", as `show cli sockets` prints them. */
export function socketAddress(address: Address): string {
  switch (address.kind) {
    case "unix":
      return `unix@${address.path}`;
    case "abns":
      return `abns@${address.name}`;
    case "fd":
      return `fd@${address.fd}`;
    case "ip":
      return address.family === 6 ? `ipv6@[${address.ip}]:${address.port}` : `ipv4@${address.ip}:${address.port}`;
  }
}

export class SocketError extends Error {}

/**
 * Opens a listening descriptor. A unix socket is made beside its path and moved over it, so that there is no moment
 * without one and its mode is right from the start. Throws SocketError.
 */
export function openSocket(model: StatsSocketModel): number {
  const { address } = model;
  if (address.kind === "fd") return address.fd;
  const target =
    address.kind === "unix" ? { kind: "unix" as const, path: `${address.path}.${process.pid}.tmp` } : address;
  const encoded = sockAddr(target);
  if (encoded === null) throw problem(address, "the address is not valid or too long");
  const fd = socket(encoded.family, SOCK_STREAM);
  if (fd < 0) throw problem(address, strerror(-fd));
  const fail = (what: string, status: number): never => {
    close(fd);
    if (target.kind === "unix") unlink(target.path);
    throw problem(address, `${what}: ${strerror(-status)}`);
  };
  setIntOption(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  if (encoded.family === AF_INET6) setIntOption(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
  if (target.kind === "unix") unlink(target.path);
  let status = bind(fd, encoded);
  if (status < 0) fail("bind", status);
  if (target.kind === "unix" && address.kind === "unix") {
    if (model.mode >= 0 && (status = chmod(target.path, model.mode)) < 0) fail("chmod", status);
    if ((model.uid >= 0 || model.gid >= 0) && (status = chown(target.path, model.uid, model.gid)) < 0) {
      fail("chown", status);
    }
  }
  if ((status = listen(fd, BACKLOG)) < 0) fail("listen", status);
  if (target.kind === "unix" && address.kind === "unix" && (status = rename(target.path, address.path)) < 0) {
    fail("rename", status);
  }
  return fd;
}

function problem(address: Address, text: string): SocketError {
  return new SocketError(`stats socket ${socketAddress(address)}: ${text}`);
}

/** Identity of the file at a unix socket's path, so that only our own is removed; null when there is none. */
export function socketInode(address: Address): number | null {
  if (address.kind !== "unix") return null;
  try {
    return statSync(address.path).ino;
  } catch {
    return null;
  }
}

/** Removes the path of a unix socket if it still is the one that was opened. */
export function removeSocket(address: Address, inode: number | null): void {
  if (address.kind === "unix" && inode !== null && socketInode(address) === inode) unlink(address.path);
}
