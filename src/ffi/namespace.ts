/** Network namespaces, through libc. */
import { ENOENT, result } from "./errno.ts";
import { close, openReadOnly } from "./file.ts";
import { openLibc } from "./libc.ts";

const libc = openLibc({ setns: { args: ["i32", "i32"], returns: "i32" } });
const CLONE_NEWNET = 0x40000000;

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
