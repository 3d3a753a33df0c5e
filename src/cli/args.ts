/** Options that several commands share. */
import type { ArgsDef } from "citty";
import { defaultSocket } from "../admin/runtime/default-path.ts";
import { runtimeAddressOf, parseRuntimeAddress, type RuntimeAddress } from "./runtime.ts";
import { type Scanned, UsageError, valuesOf } from "./command.ts";
import { loadConfiguration } from "./load.ts";

export const fileArg = {
  type: "string",
  alias: "f",
  valueHint: "file",
  description: "Configuration file, folder of *.cfg files, or - for standard input; repeatable",
} as const satisfies ArgsDef[string];

/** How to find the running daemon. */
export const runtimeArgs = {
  socket: {
    type: "string",
    alias: "S",
    valueHint: "address",
    description: "Runtime socket: a path or host:port (default: $TLB_SOCKET, the stats socket of -f, or tlb's own)",
  },
  file: fileArg,
} as const satisfies ArgsDef;

/** The runtime socket the options and the environment lead to, else the default one. Throws UsageError. */
export function runtimeAddress(scanned: Scanned): RuntimeAddress {
  const given = valuesOf(scanned, "socket").at(-1) ?? process.env["TLB_SOCKET"];
  if (given !== undefined && given !== "") return parseRuntimeAddress(given);
  const files = valuesOf(scanned, "file");
  if (files.length === 0) {
    const found = defaultSocket();
    if ("error" in found) throw new UsageError(found.error, 1);
    return { unix: found.path };
  }
  const loaded = loadConfiguration(files);
  const unreadable = loaded.findings.find(({ code }) => code.startsWith("file/"));
  if (unreadable !== undefined) throw new UsageError(unreadable.message, 1);
  for (const { address } of loaded.model.global.statsSockets) {
    const found = runtimeAddressOf(address);
    if (found !== null) return found;
  }
  throw new UsageError(
    `${files.join(", ")}: no 'stats socket' in the global section; without one tlb listens at its default socket, which is found without -f`,
    1,
  );
}
