import { addressText } from "../expr/cast.ts";

/** One end of a client's connection, as logs, rules, headers and servers are told of it. */
export class Endpoint {
  constructor(
    /** "192.0.2.1", "2001:db8::1"; "unix" for UNIX sockets and for ends nothing is known of. */
    readonly address: string,
    readonly port: number,
    /** 4 or 16 bytes in network order, null on UNIX sockets. */
    readonly bytes: Uint8Array | null,
  ) {}
}

export function ipEndpoint(bytes: Uint8Array, port: number): Endpoint {
  return new Endpoint(addressText(bytes), port, bytes);
}

/** An end with another address (null = the same) and another port (-1 = the same), as `set-src` and its kin leave it. */
export function changeEndpoint(end: Endpoint, address: Uint8Array | null, port: number): Endpoint {
  // HAProxy gives an end without an IP address 0.0.0.0 when only its port is set, and port 0 when only its address is.
  const bytes = address ?? end.bytes ?? new Uint8Array(4);
  return ipEndpoint(bytes, port >= 0 ? port : end.bytes === null ? 0 : end.port);
}
