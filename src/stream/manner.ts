import type { Manner } from "../server/conn.ts";
import type { ServerPool } from "../server/pool.ts";
import { proxyHeader } from "./proxy-header.ts";
import type { Stream } from "./stream.ts";
import { connectOptions } from "./usesrc.ts";

/**
 * What this stream asks of a connection beside the settings of its server: a PROXY header, an address of its own. Null = nothing. As
 * in HAProxy, an idle connection is used again by streams that would send the same header from the same address.
 */
export function mannerOf(stream: Stream, pool: ServerPool): Manner | null {
  const { model } = pool.server;
  const source = model.source ?? pool.server.backend.model.source;
  // Fast path: most servers ask for neither.
  if (model.sendProxy === "none" && (source === null || source.usesrc === null)) return null;
  const preface = proxyHeader(stream);
  const options = connectOptions(stream, pool);
  const bytes = options.transparent ? Buffer.from(options.source!.bytes).toString("latin1") : "";
  return { options, preface, key: `${bytes}|${preface === null ? "" : preface.toString("latin1")}` };
}
