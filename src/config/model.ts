/**
 * The model: what a configuration says, as plain readonly data. The parser builds it, the checks read it,
 * the supervisor sends it to the workers as JSON, and the compiler turns it into closures. It holds no functions,
 * no class instances and no `undefined` that matters, so a round trip through JSON leaves it equal.
 *
 * All durations are milliseconds and all sizes bytes. "0 = off" is written where it holds.
 */
import type { SampleType } from "../expr/sample.ts";
import type { VariableLimits } from "../expr/variables.ts";
import type { CompressionName } from "../codec/compress/algorithms.ts";
import type { Position } from "../lang/position.ts";

export type Mode = "tcp" | "http";

/** A place to listen on or to connect to, after the address prefix (`ipv4@`, `unix@`, `abns@`, `fd@`…) is resolved. */
export type Address =
  | { readonly kind: "ip"; readonly family: 4 | 6; readonly ip: string; readonly port: number }
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "abns"; readonly name: string }
  | { readonly kind: "fd"; readonly fd: number };

export interface Model {
  readonly global: GlobalModel;
  /** In configuration order; `id` is unique. A `listen` is one proxy with both sides. */
  readonly proxies: readonly ProxyModel[];
  readonly userlists: readonly UserlistModel[];
  readonly httpErrors: readonly HttpErrorsModel[];
  readonly caches: readonly CacheModel[];
  /** Text of the pattern files of ACLs and maps by path, one character per byte. */
  readonly patternFiles: Readonly<Record<string, string>>;
  /** Files that were read, in order, for messages. */
  readonly files: readonly string[];
  readonly tls: TlsStoreModel;
}

/** What TLS needs of the disk, by path: read once, when the configuration is. */
export interface TlsStoreModel {
  readonly certificates: Readonly<Record<string, CertificateModel>>;
  /** PEM texts of CA files. */
  readonly authorities: Readonly<Record<string, string>>;
  /** PEM texts of revocation lists. */
  readonly revocations: Readonly<Record<string, string>>;
}

/** A certificate with its key and chain, in PEM. */
export interface CertificateModel {
  readonly path: string;
  /** Its own certificate first. */
  readonly chain: string;
  readonly key: string;
  readonly keyType: "rsa" | "ecdsa" | "other";
  /** Host names it is for, lower case, "*." kept. */
  readonly names: readonly string[];
  /** Epoch ms. */
  readonly notBefore: number;
  readonly notAfter: number;
}

/** Versions as in the protocol: 0x301 (TLS 1.0) to 0x304 (TLS 1.3). */
export type TlsVersion = 0x301 | 0x302 | 0x303 | 0x304;

export type TlsVerify = "none" | "optional" | "required";

/** Parameters of one side of TLS connections; null and empty = the library's own. */
export interface TlsSettingsModel {
  readonly minVersion: TlsVersion;
  readonly maxVersion: TlsVersion;
  readonly alpn: readonly string[];
  /** TLS 1.2 and below, in OpenSSL's notation. */
  readonly ciphers: string | null;
  readonly curves: string | null;
  readonly verify: TlsVerify;
  /** Keys of the store. */
  readonly caFile: string | null;
  readonly caVerifyFile: string | null;
  readonly crlFile: string | null;
}

/** TLS of a bind line. */
export interface BindTlsModel {
  readonly settings: TlsSettingsModel;
  /** In the order they were written; the first is the default. */
  readonly entries: readonly SniEntryModel[];
  readonly strictSni: boolean;
  readonly tickets: boolean;
  readonly preferClientCiphers: boolean;
  /** OpenSSL's numbers of verification errors to let pass, of CA certificates and of the client's own; -1 = all. */
  readonly caIgnoreErr: readonly number[];
  readonly crtIgnoreErr: readonly number[];
}

/** A certificate and the names it is offered for: one file of `crt`, or a line of a crt-list. */
export interface SniEntryModel {
  /** Key of the store. */
  readonly certificate: string;
  /** Lower case, "*." and "!" kept; null = the names in the certificate. */
  readonly filters: readonly string[] | null;
  /** Of a line with options; null = those of the bind line. */
  readonly settings: TlsSettingsModel | null;
}

/** TLS towards a server. */
export interface ServerTlsModel {
  readonly settings: TlsSettingsModel;
  /** Client certificate: key of the store. */
  readonly certificate: string | null;
  /** Name that must be in the server's certificate where none is sent as SNI. */
  readonly verifyHost: string | null;
  /** Expression whose value is sent as SNI. */
  readonly sni: TextModel | null;
  /** Sessions are resumed. */
  readonly reuse: boolean;
  readonly tickets: boolean;
}

/** What is compressed of a proxy's traffic; a backend's settings come before those of the frontend. */
export interface CompressionModel {
  readonly request: CompressionSideModel;
  readonly response: CompressionSideModel;
  /** Servers are not told what clients accept. */
  readonly offload: boolean;
}

export interface CompressionSideModel {
  /** By `direction`. */
  readonly enabled: boolean;
  /** The first one that fits is taken. */
  readonly algorithms: readonly CompressionName[];
  /** Beginnings of content types, lower case; empty = all. */
  readonly types: readonly string[];
  /** Bytes; shorter bodies of known length stay as they are. */
  readonly minSize: number;
}

export interface GlobalModel {
  /** 0 = derive from the descriptor limit. */
  readonly maxconn: number;
  /** Worker processes; default: number of usable CPUs. */
  readonly nbthread: number;
  readonly user: string | null;
  readonly group: string | null;
  readonly uid: number;
  readonly gid: number;
  readonly chroot: string | null;
  readonly daemon: boolean;
  readonly pidfile: string | null;
  readonly node: string | null;
  readonly description: string | null;
  /** 0 = leave the limit alone. */
  readonly ulimitN: number;
  /** CPU numbers a worker may run on, by worker number from 0; absent = all. */
  readonly cpuMap: Readonly<Record<number, readonly number[]>>;
  /** 0 = none: a drain may last for ever. */
  readonly hardStopAfter: number;
  /** Percent 0..50 of random delay added to or taken from check intervals. */
  readonly spreadChecks: number;
  readonly logs: readonly LogTargetModel[];
  readonly logTag: string;
  /** null = do not send a host name; "" = this machine's own. */
  readonly logSendHostname: string | null;
  readonly statsSockets: readonly StatsSocketModel[];
  /** Idle time after which a runtime connection is closed; default 10 s. */
  readonly statsTimeout: number;
  readonly statsMaxconn: number;
  readonly bufsize: number;
  readonly maxrewrite: number;
  readonly maxHeaders: number;
  readonly maxAccept: number;
  /** Upper bound of bytes of the logged URI (tune.http.logurilen), default 1023. */
  readonly logUriLen: number;
  /** tune.h2.*: what is announced to clients and servers; max-concurrent-streams 0 = no limit. */
  readonly h2HeaderTableSize: number;
  readonly h2InitialWindowSize: number;
  readonly h2MaxConcurrentStreams: number;
  readonly h2MaxFrameSize: number;
  /** 0 = kernel default. */
  readonly rcvbufClient: number;
  readonly rcvbufServer: number;
  /** Large bodies go from socket to socket inside the kernel; `nosplice` forbids it. */
  readonly splice: boolean;
  /** Bytes a pipe of splicing shall hold; 0 = 512 KiB, or what the kernel allows. */
  readonly pipeSize: number;
  /** Pipes at most in each worker; 0 = no limit. */
  readonly maxPipes: number;
  readonly sndbufClient: number;
  readonly sndbufServer: number;
  /** Server connections kept idle: percent of descriptors (tune.pool-low-fd-ratio, tune.pool-high-fd-ratio). */
  readonly poolLowFdRatio: number;
  readonly poolHighFdRatio: number;
  readonly setenv: Readonly<Record<string, string>>;
  readonly serverStateFile: string | null;
  readonly serverStateBase: string | null;
  /** tune.vars.*: bytes, 0 = no limit. */
  /** h1-case-adjust: names as they are to be written, by lower-case name. */
  readonly headerCases: Readonly<Record<string, string>>;
  readonly variableLimits: VariableLimits;
  /** Lines `set-var` and `set-var-fmt`. */
  readonly setVars: readonly SetVarModel[];
  /** What they yielded when the configuration was read. */
  readonly variables: readonly ProcessVariableModel[];
  /** Bytes of a ClientHello that are kept for samples (tune.ssl.capture-buffer-size); 0 = none. */
  readonly tlsCapture: number;
  /** How long a TLS session may be resumed, seconds; default 300. */
  readonly tlsLifetime: number;
  /** TLS connections of the whole process, and those accepted a second (maxsslconn, maxsslrate); 0 = no limit. */
  readonly maxSslConn: number;
  readonly maxSslRate: number;
  /** Most bytes in one TLS record (tune.ssl.maxrecord); 0 = the protocol's 16384. */
  readonly tlsMaxRecord: number;
  /** Parameters of compressors: tune.comp.maxlevel (default 1), tune.zlib.memlevel (8), tune.zlib.windowsize (15). */
  readonly compressionLevel: number;
  readonly compressionMemLevel: number;
  readonly compressionWindowBits: number;
  /** Bytes a second the whole process compresses at most (maxcomprate); 0 = no limit. */
  readonly compressionMaxRate: number;
  /** Percent of CPU of a worker above which nothing is compressed (maxcompcpuusage); 100 = no limit. */
  readonly compressionMaxCpu: number;
  /** Bytes of all compressors of the process (maxzlibmem); 0 = no limit. */
  readonly compressionMaxMemory: number;
}

/** A section `userlist`: who may log in, and the groups they are in. */
export interface UserlistModel {
  readonly at: Position;
  readonly name: string;
  readonly groups: readonly string[];
  readonly users: readonly {
    readonly name: string;
    /** As written; null = none was given: nobody logs in by this name. */
    readonly password: string | null;
    /** `insecure-password`: compared as it is, else a hash of crypt(3). */
    readonly plain: boolean;
    /** Those named here and those of the section that name the user. */
    readonly groups: readonly string[];
  }[];
}

export interface SetVarModel {
  readonly at: Position;
  /** With its scope, `proc.x`. */
  readonly name: string;
  readonly format: boolean;
  readonly value: TextModel;
}

export interface ProcessVariableModel {
  readonly name: string;
  readonly type: SampleType;
  /** Whole numbers beyond 2^53 in decimal, addresses in hex. */
  readonly value: string | number | boolean;
  /** The expression: as long as it stays the same, a reload leaves the variable as it is. */
  readonly source: string;
}

export interface StatsSocketModel {
  readonly at: Position;
  readonly address: Address;
  readonly level: "user" | "operator" | "admin";
  /** -1 = leave as created. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly exposeFdListeners: boolean;
}

export type LogFormatName = "local" | "rfc3164" | "rfc5424" | "priority" | "short" | "timed" | "iso" | "raw";

/** Syslog severities: 0 emerg … 7 debug. */
export type LogLevel = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7;

export interface LogTargetModel {
  readonly at: Position;
  readonly target:
    | { readonly kind: "udp"; readonly ip: string; readonly port: number }
    | { readonly kind: "unix"; readonly path: string }
    | { readonly kind: "abns"; readonly name: string }
    | { readonly kind: "fd"; readonly fd: number }
    | { readonly kind: "stdout" }
    | { readonly kind: "stderr" };
  /** Longest line sent, default 1024; longer lines are cut. */
  readonly len: number;
  readonly format: LogFormatName;
  /** Ranges of `sample <ranges>:<size>`; null = every line. */
  readonly sample: { readonly ranges: readonly (readonly [number, number])[]; readonly size: number } | null;
  /** Facility number 0 (kern) … 23 (local7). */
  readonly facility: number;
  readonly level: LogLevel;
  readonly minLevel: LogLevel;
}

export interface ProxyModel {
  readonly kind: "frontend" | "backend" | "listen";
  readonly name: string;
  /** The `id` keyword or the next free number, as in HAProxy: from 2 up when there is a runtime socket, else from 1. */
  readonly id: number;
  readonly at: Position;
  readonly description: string | null;
  readonly disabled: boolean;
  readonly mode: Mode;

  // Frontend side.
  readonly binds: readonly BindModel[];
  /** Frontend limit; 0 = global. */
  readonly maxconn: number;
  readonly backlog: number;
  readonly defaultBackend: string | null;
  readonly monitorUri: string | null;
  /** `monitor fail`: conditions under which the monitor URI is answered with 503. */
  readonly monitorFail: readonly { readonly at: Position; readonly condition: ConditionModel }[];
  /** Connections a second the frontend accepts; 0 = unlimited. */
  readonly rateLimitSessions: number;

  // Backend side.
  readonly servers: readonly ServerModel[];
  readonly balance: BalanceModel;
  readonly fullconn: number;
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
}

/** One capture slot; `header` null = only rules fill it. Longer values are cut to `len` bytes. */
export interface CaptureModel {
  readonly header: string | null;
  readonly len: number;
}

/** A word of a rule; `at` is the position of its first character, behind a quote. */
export interface TextModel {
  readonly text: string;
  readonly at: Position;
  readonly endColumn: number;
}

/** The lines of one name in a proxy are alternatives. */
export interface AclModel {
  readonly at: Position;
  readonly name: TextModel;
  /** From the sample expression on. */
  readonly words: readonly TextModel[];
}

/** `if` or `unless` and the words behind it; there is at least one. */
export interface ConditionModel {
  readonly at: Position;
  readonly unless: boolean;
  readonly words: readonly TextModel[];
}

export interface RuleModel {
  /** It stands in a defaults section: evaluated before the proxy's own. */
  readonly inherited?: true;
  readonly at: Position;
  readonly action: ActionModel;
  readonly condition: ConditionModel | null;
}

/** What a rule does: the name in the registry of actions and what its parser read. */
export interface ActionModel {
  readonly kind: string;
  readonly at: Position;
  readonly endColumn: number;
  /** Arguments by name, as each action defines them. */
  readonly texts: Readonly<Record<string, TextModel>>;
  /** Switches without a value, e.g. `drop-query`. */
  readonly flags: readonly string[];
  /** Status it answers with or sets; 0 = the action's default. */
  readonly status: number;
  /** Headers of an answer (`hdr`); values are log formats. */
  readonly headers: readonly { readonly name: TextModel; readonly value: TextModel }[];
}

export interface UseBackendModel {
  readonly at: Position;
  /** A name, or a log format that makes one. */
  readonly backend: TextModel;
  readonly condition: ConditionModel | null;
}

export interface UseServerModel {
  readonly at: Position;
  /** A name, or a log format that makes one. */
  readonly server: TextModel;
  readonly condition: ConditionModel | null;
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

/** A section `cache`. */
export interface CacheModel {
  readonly at: Position;
  readonly name: string;
  /** Megabytes, 1..4095. */
  readonly totalMaxSize: number;
  /** Bytes; default a 256th of the whole. */
  readonly maxObjectSize: number;
  /** Seconds. */
  readonly maxAge: number;
  readonly processVary: boolean;
  readonly maxSecondaryEntries: number;
}

/** A section `http-errors`: error files by status, as latin1 text. */
export interface HttpErrorsModel {
  readonly at: Position;
  readonly name: string;
  readonly pages: Readonly<Record<number, string>>;
}

export type ErrorPageModel =
  /** `http-error` whose content is made at run time: the parts of an answer as `http-request return` has them. */
  | { readonly kind: "reply"; readonly action: ActionModel }
  | { readonly kind: "file"; readonly path: string; readonly bytes: string }
  | { readonly kind: "loc"; readonly code: 302 | 303; readonly url: string };

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

/** `option NAME` switches. Absent means off (`no option` and the default look alike). */
export type OptionName =
  | "abortonclose"
  | "accept-invalid-http-request"
  | "accept-invalid-http-response"
  | "allbackups"
  | "checkcache"
  | "clitcpka"
  | "contstats"
  | "disable-h2-upgrade"
  | "dontlog-normal"
  | "dontlognull"
  | "forwarded"
  | "h1-case-adjust-bogus-client"
  | "h1-case-adjust-bogus-server"
  | "http-buffer-request"
  | "http-ignore-probes"
  | "http-keep-alive"
  | "http-no-delay"
  | "http-pretend-keepalive"
  | "http-server-close"
  | "http-use-proxy-header"
  | "httpclose"
  | "independent-streams"
  | "log-health-checks"
  | "log-separate-errors"
  | "logasap"
  | "nolinger"
  | "persist"
  | "prefer-last-server"
  | "socket-stats"
  | "splice-auto"
  | "splice-request"
  | "splice-response"
  | "srvtcpka"
  | "tcp-smart-accept"
  | "tcp-smart-connect"
  | "tcpka"
  | "transparent";

export type ProxyOptions = Readonly<Partial<Record<OptionName, true>>>;

/** What becomes of request headers whose names hold other characters than letters, digits and hyphens. */
export type NamePolicy = "preserve" | "delete" | "reject";

export interface ForwardForModel {
  /** Header name as configured; sent in lower case like every header. */
  readonly header: string;
  /** Networks whose clients get no header, e.g. "127.0.0.0/8". */
  readonly except: string | null;
  readonly ifNone: boolean;
}

export interface BindModel {
  readonly at: Position;
  readonly address: Address;
  /** `name` keyword or null; stats show "sock-N" for unnamed ones. */
  readonly name: string | null;
  /** `id` keyword or the next free one in its proxy, from 1. */
  readonly id: number;
  readonly backlog: number;
  readonly maxconn: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly interface: string | null;
  readonly v4v6: boolean;
  readonly v6only: boolean;
  readonly tfo: boolean;
  readonly deferAccept: boolean;
  readonly mss: number;
  readonly transparent: boolean;
  readonly tcpUserTimeout: number;
  readonly namespace: string | null;
  /** Connections begin with a PROXY header, or with a NetScaler Client IP header of this magic number. */
  readonly acceptProxy: boolean;
  readonly acceptNetscaler: boolean;
  readonly netscalerMagic: number;
  /** Null = no `ssl`. */
  readonly tls: BindTlsModel | null;
  /** The protocol every connection speaks; null = found out (manual, proto). */
  readonly proto: MuxProto | null;
}

export type MuxProto = "h1" | "h2" | "none";

export interface ServerModel {
  readonly at: Position;
  readonly name: string;
  /** `id` keyword or the next free one in its backend, from 1. */
  readonly id: number;
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
  readonly source: SourceModel | null;
  readonly tcpUserTimeout: number;
  readonly initAddr: readonly ("last" | "libc" | "none" | { readonly ip: string })[];
  /** As of a bind line. */
  readonly proto: MuxProto | null;
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

export type HashFunction = "sdbm" | "djb2" | "wt6" | "crc32";

export interface BalanceModel {
  readonly at: Position;
  readonly algorithm:
    | { readonly kind: "roundrobin" | "static-rr" | "leastconn" | "first" | "source" }
    | {
        readonly kind: "uri";
        readonly whole: boolean;
        /** 0 = no limit. */
        readonly len: number;
        readonly depth: number;
        readonly pathOnly: boolean;
      }
    | { readonly kind: "url_param"; readonly name: string; readonly checkPost: number }
    | { readonly kind: "hdr"; readonly name: string; readonly useDomainOnly: boolean }
    | { readonly kind: "random"; readonly draws: number }
    | { readonly kind: "rdp-cookie"; readonly name: string }
    | { readonly kind: "hash"; readonly expression: TextModel };
  readonly hash: {
    readonly method: "map-based" | "consistent";
    readonly function: HashFunction;
    readonly avalanche: boolean;
  };
}

/** The check every server with `check` gets. */
export type CheckModel =
  | { readonly kind: "tcp" }
  | {
      readonly kind: "http";
      readonly method: string;
      readonly uri: string;
      readonly version: string;
      readonly headers: readonly (readonly [string, string])[];
      readonly body: string | null;
      readonly disableOn404: boolean;
      readonly sendState: boolean;
      readonly connectPort: number;
      readonly expects: readonly HttpExpect[];
    };

/** `http-check expect`. Without any, 2xx and 3xx pass. */
export interface HttpExpect {
  readonly negate: boolean;
  readonly minRecv: number;
  readonly match:
    | { readonly kind: "status"; readonly ranges: readonly (readonly [number, number])[] }
    | { readonly kind: "rstatus" | "rstring"; readonly regex: string }
    | { readonly kind: "string"; readonly text: string }
    | {
        readonly kind: "hdr" | "fhdr";
        readonly name: string;
        readonly nameMatch: "str" | "beg" | "end" | "sub" | "reg";
        readonly value: string | null;
        readonly valueMatch: "str" | "beg" | "end" | "sub" | "reg";
      };
  readonly okStatus: string | null;
  readonly errorStatus: string | null;
  readonly timeoutStatus: string | null;
  readonly onSuccess: string | null;
  readonly onError: string | null;
  readonly comment: string | null;
}
