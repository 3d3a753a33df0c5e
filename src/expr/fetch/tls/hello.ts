/** The client's hello of a TLS connection that is decrypted here, kept under tune.ssl.capture-buffer-size (manual, section 7.3.4). */
import { type HelloFacts, type HelloLists, isGrease } from "../../../codec/tls/hello.ts";
import { cipherName } from "../../../codec/tls/ciphers.ts";
import type { SampleKind, Value } from "../../sample.ts";
import type { FetchRow } from "../types.ts";
import { bytes } from "./rows.ts";

/** A list of 16-bit numbers; an argument other than 0 leaves out what clients only send to exercise servers (GREASE, RFC 8701). */
function listRow(
  name: string,
  type: SampleKind | "bytes",
  help: string,
  list: keyof HelloLists,
  show: (list: Uint8Array) => Value | null,
): FetchRow {
  return {
    name,
    args: [{ name: "filter", type: "int", optional: true }],
    ...typed(type),
    use: ["client-l5"],
    help,
    make: ([filter]) => {
      const mode = Number(filter?.int ?? 0);
      return (ctx) => {
        const found = ctx.clientTls?.hello ?? null;
        if (found === null) return null;
        return show(mode === 0 ? found[list] : withoutGrease(found[list]));
      };
    },
  };
}

function plainRow(
  name: string,
  type: SampleKind | "bytes",
  help: string,
  read: (hello: HelloFacts) => Value | null,
): FetchRow {
  return {
    name,
    args: [],
    ...typed(type),
    use: ["client-l5"],
    help,
    make: () => (ctx) => {
      const found = ctx.clientTls?.hello ?? null;
      return found === null ? null : read(found);
    },
  };
}

/** What HAProxy declares as text although it yields bytes: a zero byte ends it where text is needed. */
function typed(type: SampleKind | "bytes"): Pick<FetchRow, "type" | "declared"> {
  return type === "bytes" ? { type: "bin", declared: "str" } : { type };
}

function withoutGrease(list: Uint8Array): Uint8Array {
  const out: number[] = [];
  for (let at = 0; at + 1 < list.length; at += 2) {
    if (!isGrease(list[at]!, list[at + 1]!)) out.push(list[at]!, list[at + 1]!);
  }
  return Uint8Array.from(out);
}

function names(list: Uint8Array): string {
  const out: string[] = [];
  for (let at = 0; at + 1 < list.length; at += 2) out.push(cipherName((list[at]! << 8) | list[at + 1]!));
  return out.join(",");
}

/** Two's complement, as HAProxy's 64-bit integers. */
function signed(value: bigint): number | bigint {
  const wrapped = BigInt.asIntN(64, value);
  return wrapped >= BigInt(Number.MIN_SAFE_INTEGER) && wrapped <= BigInt(Number.MAX_SAFE_INTEGER)
    ? Number(wrapped)
    : wrapped;
}

export const tlsHelloFetches: readonly FetchRow[] = [
  listRow("ssl_fc_cipherlist_bin", "bytes", "Ciphers the client offered, 2 bytes each", "ciphers", bytes),
  listRow("ssl_fc_cipherlist_hex", "bin", "Ciphers the client offered, in hexadecimal", "ciphers", (list) =>
    Buffer.from(list).toString("hex").toUpperCase(),
  ),
  listRow("ssl_fc_cipherlist_str", "str", "Ciphers the client offered, by name", "ciphers", names),
  plainRow("ssl_fc_cipherlist_xxh", "sint", "Hash of the ciphers the client offered", ({ ciphersHash }) =>
    signed(ciphersHash),
  ),
  listRow("ssl_fc_extlist_bin", "bytes", "Extensions the client sent, 2 bytes each", "extensions", bytes),
  listRow("ssl_fc_eclist_bin", "bytes", "Curves the client offered, 2 bytes each", "curves", bytes),
  plainRow("ssl_fc_ecformats_bin", "bytes", "Point formats the client offered, 1 byte each", ({ formats }) =>
    formats.length === 0 ? null : bytes(formats),
  ),
];
