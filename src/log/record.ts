import type { Mode } from "../config/model.ts";

/** A counter that was never reached, in every `t…` field and in `requestDate`. */
export const NEVER = -1;

/** What stands where a server name belongs when no server was chosen. */
export const NO_SERVER = "<NOSRV>";

/** The request line that is logged when the request could not be parsed. */
export const BAD_REQUEST = "<BADREQ>";

/**
 * The facts of one finished stream, or of one that is logged early ("logasap", "Connect from", an aborted handshake).
 * The engine's Stream has these as plain fields, so a line costs no object. Nobody here writes to a record, and no
 * reference to one is kept after `Logger.stream` returns.
 *
 * Rules for all fields:
 * - Strings hold one character per byte (latin1), unescaped, as received; the formatter escapes what is not printable.
 *   `null` means "not there", which prints "-", `""` or nothing according to the tag and its flags.
 * - Durations are whole milliseconds, `NEVER` (-1) when the state was never reached. They print as they are.
 * - Dates are milliseconds since 1970 (UTC).
 */
export interface LogRecord {
  /** Mode of the frontend. `"tcp"` hides nothing, but the HTTP fields are then at their "not there" values. */
  readonly mode: Mode;

  // Who.
  /** `%ci`: "192.0.2.1", "2001:db8::1"; "unix" for a UNIX client. After a PROXY header: the announced address. */
  readonly clientAddress: string;
  /** `%cp`; for a UNIX client the id of the accepting listener. */
  readonly clientPort: number;
  /** `%fi`: the address the client connected to; "unix" on a UNIX listener. May be a getter: most formats never ask. */
  readonly frontendAddress: string;
  /** `%fp`; on a UNIX listener its id. */
  readonly frontendPort: number;
  /** `%f`. */
  readonly frontendName: string;
  /** True puts a "~" after the frontend's name in `%ft`. */
  readonly tls: boolean;
  /** `%sslc`: cipher suite in OpenSSL's spelling; null without TLS. */
  readonly tlsCipher: string | null;
  /** `%sslv`: "TLSv1.3"; null without TLS. */
  readonly tlsVersion: string | null;
  /** SNI the client sent; null = none. */
  readonly tlsSni: string | null;
  /** Errors of the client's certificate and of its authorities that were let pass, by OpenSSL's numbers; 0 = none. */
  readonly tlsCertificateError: number;
  readonly tlsAuthorityError: number;
  readonly tlsResumed: boolean;
  /** `%b`: the backend's name, the frontend's own when none was chosen. */
  readonly backendName: string;
  /** `%s`: NO_SERVER or STATS_SERVER when there is none. */
  readonly serverName: string;
  /** `%si`: address of the server connection's far end; null = no connection. */
  readonly serverAddress: string | null;
  /** `%sp`; 0 = no connection. */
  readonly serverPort: number;
  /** `%bi`: own address on the server connection; null = no connection. May be a getter. */
  readonly backendSourceAddress: string | null;
  /** `%bp`; 0 = no connection. May be a getter. */
  readonly backendSourcePort: number;

  // When.
  /** `%t`: when the connection was accepted, or (HTTP) became ready for this request. */
  readonly acceptDate: number;
  /** `%tr`: first byte of the request; NEVER prints the accept date plus what is known of Th and Ti, as HAProxy does. */
  readonly requestDate: number;
  /** `%Th`: PROXY header and TLS handshake. */
  readonly tHandshake: number;
  /** `%Ti`: idle before the request. */
  readonly tIdle: number;
  /** `%TR`: first byte of the request to end of its headers. `%Tq` = Th + Ti + TR, or -1 when TR is. */
  readonly tRequest: number;
  /** `%Tw`: in queues. */
  readonly tQueue: number;
  /** `%Tc`: connecting, retries included. */
  readonly tConnect: number;
  /** `%Tr`: last byte sent to the server until end of its headers. */
  readonly tResponse: number;
  /** `%Td`: end of the response headers to the end of the stream; -1 when there was no response. */
  readonly tData: number;
  /** `%Ta`: first byte of the request to the end of the stream. */
  readonly tActive: number;
  /** `%Tt`: accept to the end. `%Tu` = Tt - Ti is derived. */
  readonly tTotal: number;

  // What.
  /** The frontend has `option logasap`: "+" before the durations and byte counts that may still grow. */
  readonly logasap: boolean;
  /** `%ST`: -1 when no status was sent or received (the client left first); 0 in TCP mode. */
  readonly status: number;
  /** `%B`: from server to client. */
  readonly bytesRead: number;
  /** `%U`: from client to server. */
  readonly bytesUploaded: number;
  /** `%CC`: "name=value" as captured and cut by `capture cookie`. */
  readonly requestCookie: string | null;
  /** `%CS`. */
  readonly responseCookie: string | null;
  /**
   * `%tsc`, always 4 characters ("----", "SC--"): cause, state, persistence cookie of the client, what was done to the
   * cookie of the server. `%ts` prints the first two.
   */
  readonly terminationState: string;

  // How many, at the moment of the line.
  /** `%ac`: connections of the whole process group. */
  readonly actconn: number;
  /** `%fc`. */
  readonly feconn: number;
  /** `%bc`. */
  readonly beconn: number;
  /** `%sc`; 0 without a server. */
  readonly srvconn: number;
  /** `%rc`: connection attempts that were repeated. */
  readonly retries: number;
  /** "+" before `%rc`. */
  readonly redispatched: boolean;
  /** `%sq`: requests served before this one from the server's queue. */
  readonly srvQueue: number;
  /** `%bq`. */
  readonly backendQueue: number;
  /** `%lc`: number of this line in its frontend, from 0. */
  readonly logCounter: number;
  /** `%rt`: number of this request (HTTP) or session (TCP) in the process. */
  readonly requestCounter: number;

  // The request.
  /**
   * `%r`: the request line as received ("GET /x HTTP/1.1"), cut to tune.http.logurilen; BAD_REQUEST when it could not
   * be parsed, null in TCP mode. May be a getter. `%HM`, `%HU`, `%HP`, `%HPO`, `%HQ` and `%HV` are taken from it.
   */
  readonly requestLine: string | null;
  /**
   * `%hr`: one slot per `capture request header` / `declare capture request`, in order, null where the message had
   * none, already cut to its `len`. null = the frontend captures nothing: `%hr` prints nothing at all then.
   */
  readonly requestCaptures: readonly (string | null)[] | null;
  /** `%hs`. */
  readonly responseCaptures: readonly (string | null)[] | null;
  /** `%ID`: the text of `unique-id-format`; null = none configured. */
  readonly uniqueId: string | null;
}

/** The values of a record of which nothing is known yet; tests and lines without a stream start from it. */
export const EMPTY_RECORD: LogRecord = {
  mode: "http",
  clientAddress: "-",
  clientPort: 0,
  frontendAddress: "-",
  frontendPort: 0,
  frontendName: "-",
  tls: false,
  tlsCipher: null,
  tlsVersion: null,
  tlsSni: null,
  tlsCertificateError: 0,
  tlsAuthorityError: 0,
  tlsResumed: false,
  backendName: "-",
  serverName: NO_SERVER,
  serverAddress: null,
  serverPort: 0,
  backendSourceAddress: null,
  backendSourcePort: 0,
  acceptDate: 0,
  requestDate: NEVER,
  tHandshake: 0,
  tIdle: 0,
  tRequest: NEVER,
  tQueue: NEVER,
  tConnect: NEVER,
  tResponse: NEVER,
  tData: NEVER,
  tActive: 0,
  tTotal: 0,
  logasap: false,
  status: -1,
  bytesRead: 0,
  bytesUploaded: 0,
  requestCookie: null,
  responseCookie: null,
  terminationState: "----",
  actconn: 0,
  feconn: 0,
  beconn: 0,
  srvconn: 0,
  retries: 0,
  redispatched: false,
  srvQueue: 0,
  backendQueue: 0,
  logCounter: 0,
  requestCounter: 0,
  requestLine: null,
  requestCaptures: null,
  responseCaptures: null,
  uniqueId: null,
};

/** The severities by name; `LogLevel` in the model is the number. */
export const LEVELS = { emerg: 0, alert: 1, crit: 2, err: 3, warning: 4, notice: 5, info: 6, debug: 7 } as const;

export type LevelName = keyof typeof LEVELS;

/** What a proxy logs through; `createLogger` in logger.ts makes it. Never blocks, never throws. */
export interface Logger {
  /** False when no target is configured: the caller may then leave out what only the log needs. */
  readonly enabled: boolean;
  /** Lines a target did not take since start (its socket or pipe was full or gone), as `DroppedLogs` counts. */
  readonly dropped: number;
  /** The line of one stream: "info", or "err" under `option log-separate-errors`. `format`: another than the usual one. */
  stream(record: LogRecord, level: LevelName, format?: (record: LogRecord) => string): void;
  /** Free text (server state changes, starts and stops), without a line end, e.g. "Server b/s is DOWN, …". */
  event(level: LevelName, text: string): void;
  /** Hands everything that is held back to the system, as far as it takes it. Call before exit. */
  flush(): void;
}
