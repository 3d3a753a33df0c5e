import type { SampleContext } from "../expr/context.ts";
import { HeaderWalk, request } from "../expr/fetch/message.ts";
import { ipSockAddr } from "../ffi/sockaddr.ts";
import type { ConnectOptions } from "../ffi/connect.ts";
import type { ServerPool } from "../server/pool.ts";
import { parseIp } from "../util/ip.ts";
import type { Stream } from "./stream.ts";

/**
 * How to connect for this stream: as for all of its server, or, with `source … usesrc`, from an address that depends on the stream
 * (manual, section 4.2, source). An address that cannot be told leaves the choice to the kernel.
 */
export function connectOptions(stream: Stream, pool: ServerPool): ConnectOptions {
  const usesrc = (pool.server.model.source ?? pool.server.backend.model.source)?.usesrc ?? null;
  if (usesrc === null) return pool.options;
  switch (usesrc.kind) {
    case "address":
      return from(pool, usesrc.ip, usesrc.port);
    case "client":
      return from(pool, stream.clientAddress, stream.clientPort);
    case "clientip":
      return from(pool, stream.clientAddress, 0);
    case "header":
      return from(pool, headerIp(stream.sampleContext(), usesrc.name, usesrc.occurrence) ?? "", 0);
  }
}

function from(pool: ServerPool, ip: string, port: number): ConnectOptions {
  const source = parseIp(ip) === null ? null : ipSockAddr(ip.includes(":") ? 6 : 4, ip, port);
  return { ...pool.options, source, transparent: source !== null };
}

const walk = new HeaderWalk();

/** The address at an occurrence of a header: 1 = the first, -1 = the last value of all its lines. */
function headerIp(ctx: SampleContext | null, name: string, occurrence: number): string | null {
  if (ctx === null || !walk.start(request, ctx, Buffer.from(name, "latin1"))) return null;
  const values: string[] = [];
  while (walk.next()) {
    const text = Buffer.from(walk.buf.subarray(walk.from, walk.to)).toString("latin1");
    values.push(...text.split(",").map((value) => value.trim()));
  }
  return values.at(occurrence > 0 ? occurrence - 1 : occurrence) ?? null;
}
