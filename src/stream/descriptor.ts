import type { Socket } from "bun";

/** The descriptor of a socket of Bun, for options Bun does not know (U); -1 = it has none (any more). */
export function socketFd(socket: Socket<unknown> | null): number {
  const fd = (socket as { readonly fd?: unknown } | null)?.fd;
  return typeof fd === "number" ? fd : -1;
}
