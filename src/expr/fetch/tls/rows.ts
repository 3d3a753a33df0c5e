import type { TlsSession } from "../../../net/tls/session.ts";
import type { SampleContext } from "../../context.ts";
import type { SampleKind, Value } from "../../sample.ts";
import type { FetchRow } from "../types.ts";

/** The connection a family of samples asks about. */
export type Side = "client" | "server";

export function sessionOf(ctx: SampleContext, side: Side): TlsSession | null {
  return side === "client" ? ctx.clientTls : ctx.serverTls;
}

/** A sample without arguments, null where the connection does not speak TLS. */
export function tlsRow(
  side: Side,
  name: string,
  type: SampleKind,
  help: string,
  read: (session: TlsSession) => Value | null,
  /** Where HAProxy lets it stand: ssl_s_* are about servers, and count as the client's. */
  place: "client-l5" | "server-l5" = side === "client" ? "client-l5" : "server-l5",
): FetchRow {
  return {
    name,
    args: [],
    type,
    use: [place],
    help,
    make: () => (ctx) => {
      const session = sessionOf(ctx, side);
      return session === null ? null : read(session);
    },
  };
}

/** A sample HAProxy has and this program's TLS library does not tell: always empty. */
export function neverRow(side: Side, name: string, type: SampleKind, help: string, never: string): FetchRow {
  return { ...tlsRow(side, name, type, help, () => null), never };
}

export function bytes(value: Uint8Array | null): string | null {
  if (value === null) return null;
  return Buffer.from(value.buffer, value.byteOffset, value.length).toString("latin1");
}
