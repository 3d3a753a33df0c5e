/** The descriptor of an open socket, for options Bun does not offer; -1 when it has none. Bun 1.4.5 has it, its types do not. */
export function fdOf(socket: object | null): number {
  const fd = (socket as { readonly fd?: unknown } | null)?.fd;
  return typeof fd === "number" ? fd : -1;
}
