import type { Position } from "../../lang/position.ts";
import type { Address } from "./address.ts";
import type { ServerTlsModel } from "./tls.ts";
import type { TextModel } from "./rules.ts";
import type { MuxProto } from "./bind.ts";

/** A `server` line, its defaults filled in (manual, section 5.2). */
export interface ServerModel {
  readonly at: Position;
  readonly name: string;
  /** `id` keyword or the next free one in its backend, from 1. */
  readonly id: number;
  /** `id` was written. */
  readonly forcedId: boolean;
  /** Text as written, e.g. "app1.local:8080", for messages and resolution. */
  readonly addressText: string;
  /** Resolved or literal address; null when the name waits for resolution or init-addr none. */
  readonly address: Address | null;
  /** The name to resolve; null for literals. */
  readonly fqdn: string | null;
  /** Fixed port, or an offset from the client's destination port for `:+n`/`:-n` and for no port at all. */
  readonly port: { readonly kind: "fixed" | "offset"; readonly value: number };
  readonly weight: number;
  readonly backup: boolean;
  readonly disabled: boolean;
  readonly maxconn: number;
  readonly minconn: number;
  readonly maxqueue: number;
  readonly check: ServerCheckModel;
  readonly cookie: string | null;
  /** Stick tables do not learn of it: `non-stick`. */
  readonly nonStick: boolean;
  readonly source: SourceModel | null;
  readonly tcpUserTimeout: number;
  readonly initAddr: readonly ("last" | "libc" | "none" | { readonly ip: string })[];
  /** As of a bind line. */
  readonly proto: MuxProto | null;
  /** Protocol of connections for WebSockets. */
  readonly ws: "auto" | "h1" | "h2";
  /** -1 = unlimited. */
  readonly poolMaxConn: number;
  readonly poolLowConn: number;
  /** Default 5000 ms. */
  readonly poolPurgeDelay: number;
  /** Requests a connection may serve after its first; -1 = unlimited. */
  readonly maxReuse: number;
  readonly slowstart: number;
  readonly observe: "none" | "layer4" | "layer7";
  readonly onError: "fastinter" | "fail-check" | "sudden-death" | "mark-down";
  readonly errorLimit: number;
  readonly onMarkedDown: "none" | "shutdown-sessions";
  readonly onMarkedUp: "none" | "shutdown-backup-sessions";
  readonly redir: string | null;
  readonly track: string | null;
  readonly tfo: boolean;
  readonly sendProxy: "none" | "v1" | "v2";
  /** TLVs of version 2, beside those HAProxy always sends. */
  readonly proxyOptions: readonly ProxyOptionName[];
  /** TLVs of one's own: their types and the log formats of their values. */
  readonly proxyTlvs: readonly { readonly type: number; readonly value: TextModel }[];
  /** Checks send the header too, whatever their address is. */
  readonly checkSendProxy: boolean;
  /** Traffic is encrypted; null = no `ssl`. */
  readonly tls: ServerTlsModel | null;
  /** The SOCKS4 proxy connections go through; null = none. */
  readonly socks4: Address | null;
  /** Network namespace connections leave from; null = that of the process. */
  readonly namespace: string | null;
  /** What a server state file knows of it; null = nothing. */
  readonly saved: SavedServerModel | null;
}

/** Numbers as in `show servers state` (management manual, section 9.3). */
export interface SavedServerModel {
  readonly oper: number;
  /** Only what was done to this server itself. */
  readonly admin: number;
  readonly weight: number;
  /** The weight that was configured. */
  readonly initialWeight: number;
  /** Seconds from the last change to the writing of the file. */
  readonly since: number;
  readonly checkStatus: number;
  readonly checkResult: number;
  readonly health: number;
}

export type ProxyOptionName =
  "ssl" | "cert-cn" | "cert-key" | "cert-sig" | "ssl-cipher" | "crc32c" | "unique-id" | "authority";

export interface ServerCheckModel {
  readonly enabled: boolean;
  readonly inter: number;
  /** 0 = same as inter. */
  readonly fastinter: number;
  readonly downinter: number;
  readonly rise: number;
  readonly fall: number;
  /** 0 = the server's port. */
  readonly port: number;
  /** `check-proto`; null = the server's. */
  readonly proto: MuxProto | null;
  /** Other address to check; null = the server's. */
  readonly addr: string | null;
  /** Checks are encrypted: `check-ssl`, or `ssl` without another port or address. `sni` is `check-sni`, `alpn` `check-alpn`. */
  readonly tls: ServerTlsModel | null;
  readonly sni: string | null;
  /** For steps of scripts that ask for TLS; null = there are none. */
  readonly stepTls: ServerTlsModel | null;
  /** Checks go through the SOCKS4 proxy too. */
  readonly viaSocks4: boolean;
}

export interface SourceModel {
  readonly ip: string | null;
  readonly port: number;
  readonly interface: string | null;
  /** `usesrc`: connect from an address that is not this machine's; null = the one above. */
  readonly usesrc:
    | { readonly kind: "client" | "clientip" }
    | { readonly kind: "address"; readonly ip: string; readonly port: number }
    | { readonly kind: "header"; readonly name: string; readonly occurrence: number }
    | null;
}

/** `cookie` of a backend (manual, section 4.2). */
export interface CookieModel {
  readonly name: string;
  readonly mode: "insert" | "rewrite" | "prefix" | "passive";
  readonly indirect: boolean;
  readonly nocache: boolean;
  readonly postonly: boolean;
  readonly preserve: boolean;
  readonly httponly: boolean;
  readonly secure: boolean;
  readonly domains: readonly string[];
  readonly maxidle: number;
  readonly maxlife: number;
  readonly dynamic: boolean;
  readonly attrs: readonly string[];
}
