/** Connections (manual, section 7.3.3). */
import { networkInterfaces } from "node:os";
import { L, LIVE_WIDTH } from "../../counters/shared.ts";
import { parseIp } from "../../util/ip.ts";
import type { SampleContext, TcpInfo } from "../context.ts";
import type { SampleKind } from "../sample.ts";
import type { Use } from "../validity.ts";
import type { Fetcher, FetchRow } from "./types.ts";

function row(name: string, type: SampleKind, use: Use, help: string, fetch: Fetcher, declared?: SampleKind): FetchRow {
  return { name, args: [], type, ...(declared ? { declared } : {}), use: [use], help, make: () => fetch };
}

/** How long the machine's own addresses are remembered, ms. */
const LOCAL_TTL = 5000;
let localAt = -Infinity;
let local = new Set<string>();

/** Whether an address is one of this machine's. Loopback and wildcard always are. */
function isLocalAddress(address: Uint8Array, now: number): boolean {
  if (address.length === 4 && (address[0] === 127 || address.every((byte) => byte === 0))) return true;
  if (now - localAt >= LOCAL_TTL || now < localAt) {
    localAt = now;
    local = new Set();
    for (const list of Object.values(networkInterfaces())) {
      for (const { address: text } of list ?? []) {
        const bytes = parseIp(text);
        if (bytes !== null) local.add(bytes.join());
      }
    }
  }
  return (
    local.has(address.join()) || (address.length === 16 && address.every((byte, i) => byte === (i === 15 ? 1 : 0)))
  );
}

function localFetcher(pick: (ctx: SampleContext) => Uint8Array | null): Fetcher {
  return (ctx) => {
    const address = pick(ctx);
    if (address !== null) return isLocalAddress(address, ctx.now);
    // Whoever comes by a unix socket is of this machine.
    const kind = ctx.listener?.model.address.kind;
    return kind === "unix" || kind === "abns" ? true : null;
  };
}

function portFetcher(
  address: (ctx: SampleContext) => Uint8Array | null,
  port: (ctx: SampleContext) => number,
): Fetcher {
  return (ctx) => (address(ctx) === null ? null : port(ctx));
}

/** A row of struct tcp_info; times in the unit asked for, ms by default. */
function infoRow(name: string, field: keyof TcpInfo, help: string): FetchRow {
  return {
    name,
    args: [{ name: "unit", type: "str", optional: true }],
    type: "sint",
    use: ["client-l4"],
    help,
    make: ([unit]) => {
      const time = field === "rtt" || field === "rttvar";
      const text = unit?.text ?? "ms";
      if (time && text !== "us" && text !== "ms") {
        return { message: `'${text}' is not a unit: us and ms are`, arg: 0 };
      }
      const divisor = time && text !== "us" ? 1000 : 1;
      return (ctx) => {
        const info = ctx.client?.tcpInfo() ?? null;
        return info === null ? null : Math.trunc(info[field] / divisor);
      };
    },
  };
}

const serverSource = (ctx: SampleContext): Uint8Array | null => ctx.serverSide?.source ?? null;
const serverDestination = (ctx: SampleContext): Uint8Array | null => ctx.serverSide?.destination ?? null;

/** Names of HAProxy 3 for the types of TLVs (proxy-protocol.txt, section 2.2). */
const TLV_NAMES: Readonly<Record<string, number>> = {
  ALPN: 0x01,
  AUTHORITY: 0x02,
  CRC32C: 0x03,
  NOOP: 0x04,
  UNIQUE_ID: 0x05,
  SSL: 0x20,
  NETNS: 0x30,
};

export const connectionFetches: readonly FetchRow[] = [
  row("src", "addr", "client-l4", "Address of the client", (ctx) => ctx.source, "ipv4"),
  row(
    "src_port",
    "sint",
    "client-l4",
    "Port of the client",
    portFetcher(
      (ctx) => ctx.source,
      (ctx) => ctx.sourcePort,
    ),
  ),
  row(
    "src_is_local",
    "bool",
    "client-l4",
    "True when the client's address is one of this machine's",
    localFetcher((ctx) => ctx.source),
  ),
  row("dst", "addr", "client-l4", "Address the client connected to", (ctx) => ctx.destination, "ipv4"),
  row(
    "dst_port",
    "sint",
    "client-l4",
    "Port the client connected to",
    portFetcher(
      (ctx) => ctx.destination,
      (ctx) => ctx.destinationPort,
    ),
  ),
  row(
    "dst_is_local",
    "bool",
    "client-l4",
    "True when the address the client connected to is one of this machine's",
    localFetcher((ctx) => ctx.destination),
  ),
  row("dst_conn", "sint", "frontend", "Connections on the same listening socket", (ctx) => {
    const { listener } = ctx;
    return listener === null ? null : Atomics.load(listener.frontend.shared.live, listener.slot * LIVE_WIDTH + L.live);
  }),

  row(
    "fc_src",
    "addr",
    "client-l4",
    "Source address of the client's connection",
    (ctx) => ctx.connectionSource,
    "ipv4",
  ),
  row(
    "fc_src_port",
    "sint",
    "client-l4",
    "Source port of the client's connection",
    portFetcher(
      (ctx) => ctx.connectionSource,
      (ctx) => ctx.connectionSourcePort,
    ),
  ),
  row(
    "fc_src_is_local",
    "bool",
    "client-l4",
    "True when fc_src is one of this machine's",
    localFetcher((ctx) => ctx.connectionSource),
  ),
  row(
    "fc_dst",
    "addr",
    "client-l4",
    "Destination address of the client's connection",
    (ctx) => ctx.connectionDestination,
    "ipv4",
  ),
  row(
    "fc_dst_port",
    "sint",
    "client-l4",
    "Destination port of the client's connection",
    portFetcher(
      (ctx) => ctx.connectionDestination,
      (ctx) => ctx.connectionDestinationPort,
    ),
  ),
  row(
    "fc_dst_is_local",
    "bool",
    "client-l4",
    "True when fc_dst is one of this machine's",
    localFetcher((ctx) => ctx.connectionDestination),
  ),
  row(
    "fc_http_major",
    "sint",
    "client-l4",
    "HTTP version of the client's connection: 1 or 2; none in mode tcp",
    (ctx) => ctx.client?.httpMajor || null,
  ),
  row(
    "fc_rcvd_proxy",
    "bool",
    "client-l4",
    "True when the connection came with a PROXY header",
    (ctx) => ctx.client?.proxyHeader ?? null,
  ),
  row(
    "fc_pp_authority",
    "str",
    "client-l4",
    "Authority of the PROXY header",
    (ctx) => ctx.client?.proxyAuthority ?? null,
  ),
  row(
    "fc_pp_unique_id",
    "str",
    "client-l4",
    "Unique id of the PROXY header",
    (ctx) => ctx.client?.proxyUniqueId ?? null,
  ),
  {
    name: "fc_pp_tlv",
    args: [{ name: "type", type: "str" }],
    type: "str",
    use: ["client-l4"],
    help: "Value of a TLV of the PROXY header, by its type or name",
    make: ([type]) => {
      const text = type?.text ?? "";
      const id = TLV_NAMES[text.toUpperCase()] ?? (/^(0x[0-9a-f]{1,2}|\d{1,3})$/i.test(text) ? Number(text) : -1);
      if (id >= 0 && id <= 255) return (ctx) => ctx.client?.proxyTlv(id) ?? null;
      return { message: `'${text}' is no type of a TLV: 0 to 255 or ${Object.keys(TLV_NAMES).join(", ")}`, arg: 0 };
    },
  },
  row("fc_err", "sint", "client-l4", "Error of the client's connection, 0 = none", (ctx) => ctx.client?.error ?? null),
  row(
    "fc_err_str",
    "str",
    "client-l4",
    "Error of the client's connection in words",
    (ctx) => ctx.client?.errorText ?? null,
  ),
  infoRow("fc_rtt", "rtt", "Round-trip time of the client's connection, ms or us"),
  infoRow("fc_rttvar", "rttvar", "Variance of the round-trip time, ms or us"),
  infoRow("fc_unacked", "unacked", "Segments sent and not yet acknowledged"),
  infoRow("fc_sacked", "sacked", "Segments acknowledged selectively"),
  infoRow("fc_lost", "lost", "Segments taken for lost"),
  infoRow("fc_retrans", "retrans", "Segments sent again"),
  infoRow("fc_fackets", "fackets", "Segments of forward acknowledgment"),
  infoRow("fc_reordering", "reordering", "Reordering seen by the kernel"),

  // Declared as integers by HAProxy; what they yield are addresses.
  row("bc_src", "addr", "server-l4", "Own address on the server's connection", serverSource, "sint"),
  row("bc_src_port", "sint", "server-l4", "Own port on the server's connection", (ctx) =>
    serverSource(ctx) === null ? null : ctx.serverSide!.sourcePort,
  ),
  row("bc_dst", "addr", "server-l4", "Address of the server's connection", serverDestination, "sint"),
  row("bc_dst_port", "sint", "server-l4", "Port of the server's connection", (ctx) =>
    serverDestination(ctx) === null ? null : ctx.serverSide!.destinationPort,
  ),
  row(
    "bc_http_major",
    "sint",
    "server-l4",
    "HTTP version of the server's connection",
    (ctx) => ctx.serverSide?.httpMajor || null,
  ),
  row(
    "bc_err",
    "sint",
    "server-l4",
    "Error of the server's connection, 0 = none",
    (ctx) => ctx.serverSide?.error ?? null,
  ),
  row(
    "bc_err_str",
    "str",
    "server-l4",
    "Error of the server's connection in words",
    (ctx) => ctx.serverSide?.errorText ?? null,
  ),
];
