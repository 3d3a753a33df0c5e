import type { SampleType } from "../../expr/sample.ts";
import type { VariableLimits } from "../../expr/variables.ts";
import type { Position } from "../../lang/position.ts";
import type { Address } from "./address.ts";
import type { LogTargetModel } from "./log.ts";
import type { TextModel } from "./rules.ts";

/** The global section (manual, section 3). */
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
  /** Nothing is said while the process starts. */
  readonly quiet: boolean;
  readonly pidfile: string | null;
  readonly node: string | null;
  readonly description: string | null;
  /** 0 = leave the limit alone. */
  readonly ulimitN: number;
  /** Most descriptors whatever the system allows; 0 = 1048576, and only where the system has no limit. */
  readonly fdHardLimit: number;
  /** False: limits that cannot be had are a warning. */
  readonly strictLimits: boolean;
  /** CPU numbers a worker may run on, by worker number from 0; absent = all. */
  readonly cpuMap: Readonly<Record<number, readonly number[]>>;
  /** 0 = none: a drain may last for ever. */
  readonly hardStopAfter: number;
  /** Milliseconds between SIGUSR1 and the end of accepting. */
  readonly grace: number;
  /** Milliseconds over which a drain closes client connections; 0 = at once, -1 = it does not. */
  readonly closeSpread: number;
  /** Percent 0..50 of random delay added to or taken from check intervals. */
  readonly spreadChecks: number;
  /** Milliseconds within which all servers are checked first; 0 = their intervals decide. */
  readonly maxSpreadChecks: number;
  /** Checks send PROXY rather than LOCAL in headers of version 2 (pp2-never-send-local). */
  readonly neverSendLocal: boolean;
  /** HTTP/1.0 requests GET, HEAD and DELETE may have a body (h1-accept-payload-with-any-method). */
  readonly anyPayload: boolean;
  /** insecure-setuid-wanted: external checks may be setuid programs. */
  readonly setuidWanted: boolean;
  /** set-dumpable: workers may dump core. */
  readonly dumpable: boolean;
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
  /** The same of one side (tune.h2.fe.*, tune.h2.be.*); 0 = that of both. */
  readonly h2FrontWindowSize: number;
  readonly h2BackWindowSize: number;
  readonly h2FrontStreams: number;
  readonly h2BackStreams: number;
  /** Streams after which a client's connection is to be replaced (tune.h2.fe.max-total-streams); 0 = never. */
  readonly h2FrontTotalStreams: number;
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
  /** What `setenv`, `presetenv`, `unsetenv` and `resetenv` changed of the environment, for env(); null = removed. One character per byte. */
  readonly setenv: Readonly<Record<string, string | null>>;
  /** h1-case-adjust: names as they are to be written, by lower-case name. */
  readonly headerCases: Readonly<Record<string, string>>;
  /** tune.vars.*: bytes, 0 = no limit. */
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
  /** Connections and sessions accepted a second by the whole process; 0 = no limit. */
  readonly maxConnRate: number;
  readonly maxSessRate: number;
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

/** `set-var` and `set-var-fmt` of the global section. */
export interface SetVarModel {
  readonly at: Position;
  /** With its scope, `proc.x`. */
  readonly name: string;
  readonly format: boolean;
  readonly value: TextModel;
}

/** What such a line made of its variable when the configuration was read. */
export interface ProcessVariableModel {
  readonly name: string;
  readonly type: SampleType;
  /** Whole numbers beyond 2^53 in decimal, addresses in hex. */
  readonly value: string | number | boolean;
  /** The expression: as long as it stays the same, a reload leaves the variable as it is. */
  readonly source: string;
}

/** A `stats socket` of the global section (manual, section 3.1). */
export interface StatsSocketModel {
  readonly at: Position;
  readonly address: Address;
  readonly level: "user" | "operator" | "admin";
  /** -1 = leave as created. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly exposeFdListeners: boolean;
  /** How messages on it show their severity, unless the client asks for something else. */
  readonly severity: "none" | "number" | "string";
  /** 0 = as many as `stats maxconn`. */
  readonly backlog: number;
  /** Connections of this socket at the same time; 0 = `stats maxconn` alone counts. */
  readonly maxconn: number;
  /** The master CLI (`haproxy -W -S`): commands go to a process by a prefix, without one to the master. Default false. */
  readonly master?: boolean;
}

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
