/** Network namespaces, through libc. */
import { ENOENT, result } from "./errno.ts";
import { close, openReadOnly } from "./file.ts";
import { openLibc } from "./libc.ts";

const libc = openLibc({ setns: { args: ["i32", "i32"], returns: "i32" } });
const CLONE_NEWNET = 0x40000000;

/** Descriptors of namespaces that are open, by name; "" is that of the process. */
const opened = new Map<string, number>();

/** A descriptor of a namespace (as made by `ip netns add`) that stays open, for `enter`; -errno when it cannot be opened. */
export function openNamespace(name: string): number {
  const known = opened.get(name);
  if (known !== undefined) return known;
  if (!opened.has("")) {
    const own = openReadOnly("/proc/thread-self/ns/net");
    if (own < 0) return own;
    opened.set("", own);
  }
  const fd = openReadOnly(`/var/run/netns/${name}`);
  if (fd >= 0) opened.set(name, fd);
  return fd;
}

/** Runs `create` in a namespace of `openNamespace`, as `inNamespace` does. */
export function enter(namespace: number, create: () => number): number {
  const own = opened.get("")!;
  let status = result(libc.setns(namespace, CLONE_NEWNET));
  if (status < 0) return status;
  status = create();
  if (libc.setns(own, CLONE_NEWNET) < 0) throw new Error("cannot return from a network namespace");
  return status;
}

/**
 * Runs `create` in the network namespace `name` (as made by `ip netns add`), and comes back. A socket stays for ever in the
 * namespace it was created in. Returns what `create` returned, or -errno: -ENOENT no such namespace, -EPERM not allowed.
 * Only the calling thread moves. Throws when it cannot come back: going on would create sockets in the wrong place.
 */
export function inNamespace(name: string, create: () => number): number {
  if (name.includes("/")) return -ENOENT;
  const own = openReadOnly("/proc/thread-self/ns/net");
  if (own < 0) return own;
  const other = openReadOnly(`/var/run/netns/${name}`);
  let status = other < 0 ? other : result(libc.setns(other, CLONE_NEWNET));
  if (status >= 0) {
    status = create();
    if (libc.setns(own, CLONE_NEWNET) < 0) throw new Error("cannot return from a network namespace");
  }
  if (other >= 0) close(other);
  close(own);
  return status;
}
