import type { Position } from "../../lang/position.ts";
import type { Mode, Address } from "./address.ts";
import type { CompressionModel } from "./compression.ts";
import type { LogTargetModel } from "./log.ts";
import type { TextModel, AclModel, ConditionModel, RuleModel, UseBackendModel, UseServerModel } from "./rules.ts";
import type { ErrorPageModel } from "./pages.ts";
import type { ProxyOptions } from "./options.ts";
import type { BindModel } from "./bind.ts";
import type { ServerModel, SourceModel, CookieModel } from "./server.ts";
import type { BalanceModel } from "./balance.ts";
import type { CheckModel } from "./check.ts";
import type { PersistModel, StickModel } from "./stick.ts";
import type { StickTableModel } from "./table.ts";

/** A frontend, backend or listen section with what it has from its defaults (manual, section 4). */
export interface ProxyModel {
  readonly kind: "frontend" | "backend" | "listen";
  readonly name: string;
  /** The `id` keyword or the next free number, as in HAProxy: from 2 up when there is a runtime socket, else from 1. */
  readonly id: number;
  /** `id` was written. */
  readonly forcedId: boolean;
  readonly at: Position;
  readonly description: string | null;
  readonly disabled: boolean;
  readonly mode: Mode;

  // Frontend side.
  readonly binds: readonly BindModel[];
  /** Frontend limit; 0 = global. */
  readonly maxconn: number;
  readonly backlog: number;
  /** Idle server connections kept for one client alone. */
  readonly maxSessionSrvConns: number;
  readonly defaultBackend: string | null;
  readonly monitorUri: string | null;
  /** `monitor fail`: conditions under which the monitor URI is answered with 503. */
  readonly monitorFail: readonly { readonly at: Position; readonly condition: ConditionModel }[];
  /** Connections a second the frontend accepts; 0 = unlimited. */
  readonly rateLimitSessions: number;
  /** Keepalive of client connections (`clitcpka-*`), where an option turns it on. */
  readonly clientKeepalive: KeepaliveModel;
  /** `option tcp-smart-accept`; null = neither it nor `no option …` was written. */
  readonly smartAccept: boolean | null;

  // Backend side.
  readonly servers: readonly ServerModel[];
  readonly balance: BalanceModel;
  readonly fullconn: number;
  /** What the cookies of `cookie ... dynamic` are made from; null = they are not made. */
  readonly dynamicCookieKey: string | null;
  readonly retries: number;
  /** 0 = off; n>0 = on every nth retry; n<0 = on the last n retries (-1, the default of the keyword). */
  readonly redispatch: number;
  readonly retryOn: readonly RetryCondition[];
  readonly httpReuse: "never" | "safe" | "aggressive" | "always";
  readonly maxKeepAliveQueue: number;
  /** `persist rdp-cookie(NAME)`: the cookie that names the address of a server; null = off. */
  readonly rdpPersist: string | null;
  readonly dispatch: Address | null;
  readonly source: SourceModel | null;
  readonly check: CheckModel;
  readonly cookie: CookieModel | null;
  /** Name of the header `http-send-name-header` adds, lower case. */
  readonly sendNameHeader: string | null;
  readonly hashBalanceFactor: number;
  /** The same of server connections (`srvtcpka-*`). */
  readonly serverKeepalive: KeepaliveModel;

  // Both.
  readonly timeouts: Timeouts;
  readonly options: ProxyOptions;
  /** option http-restrict-req-hdr-names */
  readonly headerNames: NamePolicy;
  readonly forwardFor: ForwardForModel | null;
  readonly originalTo: ForwardForModel | null;
  readonly logs: readonly LogTargetModel[];
  readonly logTag: string | null;
  /** What the line looks like: a named format of HAProxy, or the text of `log-format`; null = none configured. */
  readonly logFormat:
    | { readonly kind: "tcplog" | "httplog" | "httplog-clf" | "httpslog" | "default" }
    | { readonly kind: "custom"; readonly text: string; readonly at: Position };
  /** `log-format-sd`: structured data of rfc5424 targets. */
  readonly logFormatSd: TextModel | null;
  /** `error-log-format`: the line of a connection that failed before it had a stream. */
  readonly errorLogFormat: TextModel | null;
  readonly compression: CompressionModel | null;
  readonly stickTable: StickTableModel | null;
  readonly uniqueIdFormat: TextModel | null;
  /** Header that carries the unique id to the server, as configured. */
  readonly uniqueIdHeader: string | null;
  /** Slots in the order of their numbers: `capture … header`, `declare capture`, `http-request capture … len`. */
  readonly requestCaptures: readonly CaptureModel[];
  readonly responseCaptures: readonly CaptureModel[];
  readonly captureCookie: { readonly name: string; readonly len: number } | null;
  /** Replacement responses by status. `file` carries the bytes of the file as latin1. */
  readonly errors: Readonly<Record<number, ErrorPageModel>>;

  // Rules, in the order they were written.
  readonly acls: readonly AclModel[];
  /** ACLs of the defaults section, which only its own rules see: those with `inherited`. */
  readonly defaultsAcls: readonly AclModel[];
  readonly tcpConnection: readonly RuleModel[];
  readonly tcpSession: readonly RuleModel[];
  readonly tcpContent: readonly RuleModel[];
  readonly tcpResponse: readonly RuleModel[];
  /** Longest wait of content rules for bytes of the client and of the server, 0 = none. */
  readonly inspectDelay: number;
  readonly responseDelay: number;
  readonly httpRequest: readonly RuleModel[];
  /** The keyword `redirect`: evaluated after all http-request rules. */
  readonly redirects: readonly RuleModel[];
  readonly httpResponse: readonly RuleModel[];
  readonly httpAfterResponse: readonly RuleModel[];
  /** Frontend side. */
  readonly useBackend: readonly UseBackendModel[];
  /** Backend side. */
  readonly useServer: readonly UseServerModel[];
  readonly persistRules: readonly PersistModel[];
  readonly stickRules: readonly StickModel[];
}

/** Probes of TCP keepalive: their number, and seconds; 0 = the system's setting. */
export interface KeepaliveModel {
  readonly count: number;
  readonly idle: number;
  readonly interval: number;
}

/** One capture slot; `header` null = only rules fill it. Longer values are cut to `len` bytes. */
export interface CaptureModel {
  readonly header: string | null;
  readonly len: number;
}

export type RetryCondition =
  | "none"
  | "conn-failure"
  | "empty-response"
  | "junk-response"
  | "response-timeout"
  | "0rtt-rejected"
  | "404"
  | "408"
  | "425"
  | "500"
  | "501"
  | "502"
  | "503"
  | "504"
  | "401"
  | "403";

/**
 * Milliseconds; 0 = none (infinite), as an unset timeout in HAProxy. `queue` and `tarpit` already hold the value of `connect`
 * when they are not configured.
 */
export interface Timeouts {
  readonly client: number;
  readonly clientFin: number;
  readonly server: number;
  readonly serverFin: number;
  readonly connect: number;
  readonly queue: number;
  readonly tarpit: number;
  readonly tunnel: number;
  readonly check: number;
  readonly httpRequest: number;
  readonly httpKeepAlive: number;
}

/** What becomes of request headers whose names hold other characters than letters, digits and hyphens. */
export type NamePolicy = "preserve" | "delete" | "reject";

/** `option forwardfor` and `option originalto`. */
export interface ForwardForModel {
  /** Header name as configured; sent in lower case like every header. */
  readonly header: string;
  /** Networks whose clients get no header, e.g. "127.0.0.0/8". */
  readonly except: string | null;
  readonly ifNone: boolean;
}
