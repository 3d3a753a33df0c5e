import type { ConnectionFacts, ServerSideFacts, TcpInfo } from "../expr/context.ts";
import { tcpInfo } from "../ffi/socket-options.ts";
import { parseIp } from "../util/ip.ts";
import type { ClientConn } from "./client.ts";
import { fdOf } from "../net/fd.ts";
import type { Stream } from "./stream.ts";

/** What samples of the family fc_* ask of a client's connection. */
export class ClientFacts implements ConnectionFacts {
  readonly error = 0;
  readonly errorText = "Success";

  constructor(
    private readonly conn: ClientConn,
    /** 0 in mode tcp. */
    readonly httpMajor: number,
  ) {}

  get proxyHeader(): boolean {
    return this.conn.session?.proxy != null;
  }
  get proxyAuthority(): string | null {
    return this.conn.session?.proxy?.authority ?? null;
  }
  proxyTlv(type: number): string | null {
    return this.conn.session?.proxy?.tlvs?.get(type) ?? null;
  }
  get proxyUniqueId(): string | null {
    return this.conn.session?.proxy?.uniqueId ?? null;
  }
  tcpInfo(): TcpInfo | null {
    const fd = this.conn.closed ? -1 : fdOf(this.conn.socket);
    return fd < 0 ? null : tcpInfo(fd);
  }
}

/** What samples of the family bc_* ask; null before there is a connection to a server. */
export function serverFacts(stream: Stream, httpMajor: number): ServerSideFacts | null {
  const socket = stream.serverConn?.socket ?? null;
  if (socket === null || stream.server === null) return null;
  const from = stream.backendSourceAddress;
  const to = stream.serverAddress;
  return {
    source: from === null ? null : parseIp(from),
    sourcePort: stream.backendSourcePort,
    destination: to === null ? null : parseIp(to),
    destinationPort: stream.serverPort,
    httpMajor,
    error: 0,
    errorText: "Success",
  };
}
