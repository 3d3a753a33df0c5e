/**
 * The fields of `show stat`, in the order of HAProxy 2.6 (management manual, section 9.1). The position of a row in the
 * table is the field number of the typed and JSON formats.
 */

export type ValueType = "str" | "s32" | "u32" | "u64";

/**
 * Three letters of the typed format: origin (Metric, Status, Key, Config, Product), nature (Gauge, Limit, mIn, Max, Rate,
 * Counter, Duration, Age, Time, Name, Output, avg) and scope (Cluster, Process, Service, System).
 */
export type Tags = string;

export interface StatColumn {
  readonly name: string;
  readonly type: ValueType;
  readonly tags: Tags;
  readonly help: string;
}

const table = [
  ["pxname", "str", "KNS", "Name of the proxy"],
  ["svname", "str", "KNS", "FRONTEND, BACKEND, or the name of the server or listener"],
  ["qcur", "u32", "MGP", "Requests waiting in the queue now"],
  ["qmax", "u32", "MMP", "Longest the queue has been"],
  ["scur", "u32", "MGP", "Sessions open now"],
  ["smax", "u32", "MMP", "Most sessions open at one time"],
  ["slim", "u32", "CLP", "Limit of sessions: maxconn, or fullconn of a backend"],
  ["stot", "u64", "MCP", "Sessions since the start"],
  ["bin", "u64", "MCP", "Bytes of requests"],
  ["bout", "u64", "MCP", "Bytes of responses"],
  ["dreq", "u64", "MCP", "Requests denied by a rule"],
  ["dresp", "u64", "MCP", "Responses denied by a rule"],
  ["ereq", "u64", "MCP", "Requests that were invalid or never became complete"],
  ["econ", "u64", "MCP", "Connections to a server that failed"],
  ["eresp", "u64", "MCP", "Responses that were invalid or broke off"],
  ["wretr", "u64", "MCP", "Connections to a server that were tried again"],
  ["wredis", "u64", "MCP", "Sessions moved to another server"],
  [
    "status",
    "str",
    "SGP",
    "State: OPEN, UP, DOWN, NOLB, MAINT, DRAIN, no check, with the count of checks that is still missing",
  ],
  ["weight", "u32", "MaP", "Weight in force; of a backend, the sum over the servers in use"],
  ["act", "u32", "SGP", "Servers in use that are not backups; 1 when this server is no backup"],
  ["bck", "u32", "SGP", "Backup servers in use; 1 when this server is a backup"],
  ["chkfail", "u64", "MCP", "Checks that failed while the server was up"],
  ["chkdown", "u64", "MCP", "How often it went from up to down"],
  ["lastchg", "u32", "MAP", "Seconds since the last change between up and down"],
  ["downtime", "u32", "MCP", "Seconds spent down"],
  ["qlimit", "u32", "CGS", "Longest queue allowed (maxqueue)"],
  ["pid", "u32", "KGP", "Process number, always 1"],
  ["iid", "u32", "KGS", "Number of the proxy"],
  ["sid", "u32", "KGS", "Number of the server or listener in its proxy; 0 for FRONTEND and BACKEND"],
  ["throttle", "u32", "MaP", "Percent of the weight in force while slow start raises it"],
  ["lbtot", "u64", "MCP", "Times the balance algorithm chose it"],
  ["tracked", "str", "CNS", "Backend/server whose state it follows"],
  ["type", "u32", "CGS", "0 frontend, 1 backend, 2 server, 3 listener"],
  ["rate", "u32", "MRP", "Sessions over the last second"],
  ["rate_lim", "u32", "CLP", "Limit of new sessions a second"],
  ["rate_max", "u32", "MMP", "Most sessions in a second"],
  ["check_status", "str", "MOP", "Result of the last health check; '* ' before it while another one runs"],
  ["check_code", "u32", "MOP", "Status code of the last check, of layers 5 to 7"],
  ["check_duration", "u64", "MDP", "Time the last check took, ms"],
  ["hrsp_1xx", "u64", "MCP", "Responses with a 1xx status"],
  ["hrsp_2xx", "u64", "MCP", "Responses with a 2xx status"],
  ["hrsp_3xx", "u64", "MCP", "Responses with a 3xx status"],
  ["hrsp_4xx", "u64", "MCP", "Responses with a 4xx status"],
  ["hrsp_5xx", "u64", "MCP", "Responses with a 5xx status"],
  ["hrsp_other", "u64", "MCP", "Responses with any other status, or none"],
  ["hanafail", "u64", "MCP", "Failures found by watching the traffic (observe)"],
  ["req_rate", "u32", "MRP", "HTTP requests over the last second"],
  ["req_rate_max", "u32", "MMP", "Most HTTP requests in a second"],
  ["req_tot", "u64", "MCP", "HTTP requests since the start"],
  ["cli_abrt", "u64", "MCP", "Transfers given up by the client"],
  ["srv_abrt", "u64", "MCP", "Transfers given up by the server"],
  ["comp_in", "u64", "MCP", "Bytes handed to the compressor"],
  ["comp_out", "u64", "MCP", "Bytes that came from the compressor"],
  ["comp_byp", "u64", "MCP", "Bytes that went past the compressor, for want of CPU or bandwidth"],
  ["comp_rsp", "u64", "MCP", "Responses that were compressed"],
  ["lastsess", "s32", "MAP", "Seconds since the last session; -1 = none yet"],
  ["last_chk", "str", "MOP", "What the last health check saw"],
  ["last_agt", "str", "MOP", "What the last agent check saw"],
  ["qtime", "u32", "MaP", "Average wait in the queue over the last 1024 sessions, ms"],
  ["ctime", "u32", "MaP", "Average time to connect over the last 1024 sessions, ms"],
  ["rtime", "u32", "MaP", "Average response time over the last 1024 sessions, ms"],
  ["ttime", "u32", "MaP", "Average total time over the last 1024 sessions, ms"],
  ["agent_status", "str", "MOP", "Result of the last agent check"],
  ["agent_code", "u32", "MOP", "Numeric code of the last agent check"],
  ["agent_duration", "u64", "MDP", "Time the last agent check took, ms"],
  ["check_desc", "str", "MOP", "check_status in words"],
  ["agent_desc", "str", "MOP", "agent_status in words"],
  ["check_rise", "u32", "CGS", "Good checks it takes to come up (rise)"],
  ["check_fall", "u32", "CGS", "Bad checks it takes to go down (fall)"],
  ["check_health", "u32", "CGS", "Check counter: below rise it is down, at rise+fall-1 fully up"],
  ["agent_rise", "u32", "CGS", "Good agent checks it takes to come up, always 1"],
  ["agent_fall", "u32", "CGS", "Bad agent checks it takes to go down, always 1"],
  ["agent_health", "u32", "CGS", "Agent check counter"],
  ["addr", "str", "CGS", "Address and port"],
  ["cookie", "str", "CNS", "Value of the server's cookie, or name of the backend's"],
  ["mode", "str", "CGS", "tcp or http"],
  ["algo", "str", "CGS", "Balance algorithm"],
  ["conn_rate", "u32", "MRP", "Connections over the last second"],
  ["conn_rate_max", "u32", "MMP", "Most connections in a second"],
  ["conn_tot", "u64", "MCP", "Connections since the start"],
  ["intercepted", "u64", "MCP", "Requests answered here (statistics, redirects)"],
  ["dcon", "u64", "MCP", "Connections denied by tcp-request connection"],
  ["dses", "u64", "MCP", "Sessions denied by tcp-request session"],
  ["wrew", "u64", "MCP", "Headers that could not be rewritten"],
  ["connect", "u64", "MCP", "Connections to a server that were tried"],
  ["reuse", "u64", "MCP", "Requests sent over a connection that was already there"],
  ["cache_lookups", "u64", "MCP", "Look-ups in the cache"],
  ["cache_hits", "u64", "MCP", "Look-ups that found an answer in the cache"],
  ["srv_icur", "u32", "MGP", "Idle connections kept for later requests"],
  ["src_ilim", "u32", "MLP", "Limit of idle connections"],
  ["qtime_max", "u32", "MMP", "Longest wait in the queue, ms"],
  ["ctime_max", "u32", "MMP", "Longest time to connect, ms"],
  ["rtime_max", "u32", "MMP", "Longest response time, ms"],
  ["ttime_max", "u32", "MMP", "Longest total time, ms"],
  ["eint", "u64", "MCP", "Errors inside this program"],
  ["idle_conn_cur", "u32", "MGP", "Idle connections that may not be shared between clients"],
  ["safe_conn_cur", "u32", "MGP", "Idle connections that are safe to share"],
  ["used_conn_cur", "u32", "MGP", "Connections in use"],
  ["need_conn_est", "u32", "MGP", "Connections expected to be needed"],
  ["uweight", "u32", "MaP", "Weight as set by the user; of a backend, the sum over the servers in use"],
  ["agg_server_status", "u32", "MGP", "Servers of the backend, by state"],
  ["agg_server_check_status", "u32", "MGP", "Servers of the backend, by state (older name)"],
  ["agg_check_status", "u32", "MGP", "Servers of the backend, by result of the last check"],
  // Counters of modules: HAProxy writes a column "-" before them in CSV.
  ["ssl_sess", "u64", "MCP", "TLS sessions"],
  ["ssl_reused_sess", "u64", "MCP", "TLS sessions that were resumed"],
  ["ssl_failed_handshake", "u64", "MCP", "TLS handshakes that failed"],
  ["h2_headers_rcvd", "u64", "MCP", "HTTP/2 HEADERS frames received"],
  ["h2_data_rcvd", "u64", "MCP", "HTTP/2 DATA frames received"],
  ["h2_settings_rcvd", "u64", "MCP", "HTTP/2 SETTINGS frames received"],
  ["h2_rst_stream_rcvd", "u64", "MCP", "HTTP/2 RST_STREAM frames received"],
  ["h2_goaway_rcvd", "u64", "MCP", "HTTP/2 GOAWAY frames received"],
  ["h2_detected_conn_protocol_errors", "u64", "MCP", "HTTP/2 connection errors"],
  ["h2_detected_strm_protocol_errors", "u64", "MCP", "HTTP/2 stream errors"],
  ["h2_rst_stream_resp", "u64", "MCP", "HTTP/2 RST_STREAM frames sent"],
  ["h2_goaway_resp", "u64", "MCP", "HTTP/2 GOAWAY frames sent"],
  ["h2_open_connections", "u64", "MGP", "HTTP/2 connections open now"],
  ["h2_backend_open_streams", "u64", "MGP", "HTTP/2 streams open now"],
  ["h2_total_connections", "u64", "MCP", "HTTP/2 connections since the start"],
  ["h2_backend_total_streams", "u64", "MCP", "HTTP/2 streams since the start"],
  ["h1_open_connections", "u64", "MGP", "HTTP/1 connections open now"],
  ["h1_open_streams", "u64", "MGP", "HTTP/1 exchanges under way"],
  ["h1_total_connections", "u64", "MCP", "HTTP/1 connections since the start"],
  ["h1_total_streams", "u64", "MCP", "HTTP/1 exchanges since the start"],
  ["h1_bytes_in", "u64", "MCP", "Bytes received over HTTP/1"],
  ["h1_bytes_out", "u64", "MCP", "Bytes sent over HTTP/1"],
  ["h1_spliced_bytes_in", "u64", "MCP", "Bytes received over HTTP/1 by splicing"],
  ["h1_spliced_bytes_out", "u64", "MCP", "Bytes sent over HTTP/1 by splicing"],
] as const satisfies readonly (readonly [string, ValueType, Tags, string])[];

export type StatName = (typeof table)[number][0];

export const statColumns: readonly (StatColumn & { readonly name: StatName })[] = table.map(
  ([name, type, tags, help]) => ({ name, type, tags, help }),
);

/** Position of the first column that belongs to a module; CSV has a "-" column before it. */
export const FIRST_MODULE_COLUMN = table.findIndex((row) => row[0] === "ssl_sess");

/** Columns whose tags differ in BACKEND rows. */
const backendTags: Partial<Record<StatName, Tags>> = { act: "MGP", bck: "MGP", rate: "MGP", rate_max: "MGP" };

export function tagsOf(column: StatColumn, kind: RowKind): Tags {
  return (kind === "backend" ? backendTags[column.name as StatName] : undefined) ?? column.tags;
}

export type RowKind = "frontend" | "listener" | "server" | "backend";

/** One line of `show stat`. A column that is absent from `values` does not apply. */
export interface StatRow {
  readonly kind: RowKind;
  readonly iid: number;
  readonly sid: number;
  readonly values: Partial<Record<StatName, string | number>>;
}
