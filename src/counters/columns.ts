/**
 * The columns of a counter slot. Every object that is counted (process, frontend, listener, backend, server) owns one
 * slot; each worker has its own slab of 64-bit floats, `slab[slot * COLUMNS + column]`, which only that worker writes.
 * Whoever reads sums (or takes the maximum of) the slabs. Names follow the statistics of the management manual,
 * section 9.1.
 */
const names = [
  // Summed over the workers.
  "connTot", // connections accepted (frontend, listener) or made (server)
  "sessTot", // streams: stot
  "reqTot", // HTTP requests
  "bytesIn",
  "bytesOut",
  "denReq",
  "denResp",
  "denConn",
  "denSess",
  "errReq",
  "errConn",
  "errResp",
  "errInt",
  "retries",
  "redispatches",
  "failedRewrites",
  "clientAborts",
  "serverAborts",
  "resp1xx",
  "resp2xx",
  "resp3xx",
  "resp4xx",
  "resp5xx",
  "respOther",
  "lbTot",
  "connectAttempts",
  "connectReuse",
  "intercepted",
  "checkFailed",
  "checkDown",
  "downtime", // ms
  "droppedLogs",
  "sslConns",
  "compIn",
  "compOut",
  "compBypass",
  "compResp",
  "cacheLookups",
  "cacheHits",
  // This worker's share of the live gauges, so that the supervisor can take it back when the worker dies.
  "ownLive",
  "ownQueued",
  "idleConns",
  "idleSafe",
  "usedConns",
  // Maxima over the workers.
  "sessMax",
  "queueMax",
  "sessRateMax",
  "reqRateMax",
  "connRateMax",
  "queueTimeMax",
  "connectTimeMax",
  "responseTimeMax",
  "totalTimeMax",
  "lastSession", // ms since the epoch
  // Sliding sums over the last 512 streams; divide by min(512, number of streams).
  "queueTimeSum",
  "connectTimeSum",
  "responseTimeSum",
  "totalTimeSum",
  // Process slot only.
  "idlePercent",
  "loopTasks",
  "memoryBytes",
  "poolFailed",
  "startedMs",
  // TLS.
  "sslReused",
  "sslFailed",
  // Process slot only: bytes of all compressors.
  "compMemory",
  "sslLive",
  "sslRateMax",
  // HTTP/2: frames received and sent, errors of peers, connections and streams so far and now; of frontends and backends.
  "h2Headers",
  "h2Data",
  "h2Settings",
  "h2RstReceived",
  "h2GoawayReceived",
  "h2ConnErrors",
  "h2StreamErrors",
  "h2RstSent",
  "h2GoawaySent",
  "h2Conns",
  "h2Streams",
  "h2OpenConns",
  "h2OpenStreams",
  // Bytes of clients, and for them, that never entered the process; of frontends and backends.
  "splicedIn",
  "splicedOut",
  // Process slot only: most full TLS handshakes a second with clients and with servers, bytes over the last second, pipes.
  "sslFrontKeyRateMax",
  "sslBackKeyRateMax",
  "bytesOutRate",
  "pipesUsed",
  "pipesFree",
] as const;

export type ColumnName = (typeof names)[number];

/** Width of a slot in 64-bit floats; a few are spare so that a later version can read an older segment. */
export const COLUMNS = 96;
export const columnNames: readonly ColumnName[] = names;

/** Column numbers by name: `slab[base + C.bytesIn] += n`. */
export const C = Object.freeze(Object.fromEntries(names.map((name, i) => [name, i]))) as Readonly<
  Record<ColumnName, number>
>;

/** Slot 0 is the process itself. */
export const PROCESS_SLOT = 0;
