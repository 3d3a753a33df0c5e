/**
 * No keyword is accepted without effect unless it warns: every row of every table is marked `noEffect`, or stands here with
 * the file that acts on it and the words by which that file reads it.
 */
import { expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Glob } from "bun";
import { loadText } from "../load.ts";
import { algorithms } from "../../balance/index.ts";
import { keywordTables } from "./index.ts";

const src = join(import.meta.dir, "..", "..");

/** Acts while the configuration is read: it shapes the model, or is only there to be refused. */
const PARSED = "parsed";

type Place = string | readonly [file: string, words: string];

const VERSIONS: Place = ["net/tls/server.ts", "minVersion"];

const CLIENT_VERSIONS: Place = ["net/tls/client.ts", "minVersion"];

const BODY: Place = ["stream/http/settings.ts", "options"];

const places: Readonly<Record<string, Readonly<Record<string, Place>>>> = {
  global: {
    maxconn: ["supervisor/limits.ts", "maxconn"],
    nbthread: ["supervisor/supervisor.ts", "nbthread"],
    user: ["supervisor/identity.ts", "uid"],
    group: ["supervisor/identity.ts", "gid"],
    uid: ["supervisor/identity.ts", "uid"],
    gid: ["supervisor/identity.ts", "gid"],
    chroot: ["worker/confine.ts", "chroot"],
    daemon: ["supervisor/daemon.ts", "daemon"],
    "expose-experimental-directives": PARSED,
    pidfile: ["supervisor/daemon.ts", "pidfile"],
    node: ["admin/stats/info.ts", "node"],
    description: ["admin/stats/info.ts", "description"],
    "ulimit-n": ["supervisor/limits.ts", "ulimitN"],
    "fd-hard-limit": ["supervisor/limits.ts", "fdHardLimit"],
    "server-state-file": ["config/checks/server-states.ts", "serverStateFile"],
    "server-state-base": ["config/checks/server-states.ts", "serverStateBase"],
    grace: ["supervisor/supervisor.ts", "grace"],
    "close-spread-time": ["stream/runtime.ts", "closeSpread"],
    "max-spread-checks": ["check/checker.ts", "maxSpreadChecks"],
    "pp2-never-send-local": ["check/task.ts", "neverSendLocal"],
    "h1-accept-payload-with-any-method": ["codec/h1/parse-request.ts", "limits.anyPayload"],
    "external-check": PARSED,
    "insecure-fork-wanted": ["check/program.ts", "forkWanted"],
    "insecure-setuid-wanted": ["worker/confine.ts", "setuidWanted"],
    "strict-limits": ["supervisor/limits.ts", "strictLimits"],
    quiet: ["cli/haproxy/run.ts", "quiet"],
    "set-dumpable": ["worker/confine.ts", "dumpable"],
    "zero-warning": ["config/parse.ts", 'get("zero-warning")'],
    "default-path": ["config/default-path.ts", "this.folder + path"],
    "unix-bind": ["config/keywords/bind.ts", "unixBind"],
    "hard-stop-after": ["supervisor/supervisor.ts", "hardStopAfter"],
    "spread-checks": ["check/task.ts", "spreadChecks"],
    "cpu-map": ["supervisor/snapshot.ts", "cpuMap"],
    log: ["log/logger.ts", "logs"],
    "log-tag": ["log/logger.ts", "logTag"],
    "log-send-hostname": ["log/logger.ts", "logSendHostname"],
    stats: ["admin/runtime/server.ts", "statsTimeout"],
    maxconnrate: ["counters/limits.ts", "maxConnRate"],
    maxsessrate: ["counters/limits.ts", "maxSessRate"],
    "tune.bufsize": ["stream/runtime.ts", "bufsize"],
    "tune.maxrewrite": ["stream/runtime.ts", "maxrewrite"],
    "tune.http.cookielen": ["config/checks/limits.ts", "cookieLen"],
    "tune.disable-fast-forward": ["worker/runtime.ts", "global.splice"],
    "tune.stick-counters": PARSED,
    "tune.http.maxhdr": ["stream/runtime.ts", "maxHeaders"],
    "tune.http.logurilen": ["stream/http/line.ts", "logUriLen"],
    "tune.h2.header-table-size": ["server/h2/settings.ts", "h2HeaderTableSize"],
    "tune.h2.initial-window-size": ["server/h2/settings.ts", "h2InitialWindowSize"],
    "tune.h2.max-concurrent-streams": ["server/h2/settings.ts", "h2MaxConcurrentStreams"],
    "tune.h2.max-frame-size": ["server/h2/settings.ts", "h2MaxFrameSize"],
    "tune.h2.fe.initial-window-size": ["server/h2/settings.ts", "h2FrontWindowSize"],
    "tune.h2.be.initial-window-size": ["server/h2/settings.ts", "h2BackWindowSize"],
    "tune.h2.fe.max-concurrent-streams": ["server/h2/settings.ts", "h2FrontStreams"],
    "tune.h2.be.max-concurrent-streams": ["server/h2/settings.ts", "h2BackStreams"],
    "tune.h2.fe.max-total-streams": ["stream/h2/client.ts", "h2FrontTotalStreams"],
    "tune.rcvbuf.client": ["supervisor/listeners.ts", "rcvbufClient"],
    "tune.rcvbuf.server": ["worker/runtime.ts", "rcvbufServer"],
    "tune.pipesize": ["worker/runtime.ts", "pipeSize"],
    nosplice: ["worker/runtime.ts", "global.splice"],
    maxpipes: ["worker/runtime.ts", "maxPipes"],
    "tune.maxaccept": ["worker/listeners.ts", "maxAccept"],
    "tune.sndbuf.client": ["supervisor/listeners.ts", "sndbufClient"],
    "tune.sndbuf.server": ["worker/runtime.ts", "sndbufServer"],
    "ca-base": ["config/tls/store.ts", "caBase"],
    "crt-base": ["config/tls/store.ts", "crtBase"],
    "ssl-default-bind-ciphers": ["config/tls/finish.ts", "bindDefaults"],
    "ssl-default-bind-curves": ["config/tls/finish.ts", "bindDefaults"],
    "ssl-default-bind-options": ["config/tls/finish.ts", "bindDefaults"],
    "ssl-default-server-ciphers": ["config/tls/finish.ts", "serverDefaults"],
    "ssl-default-server-options": ["config/tls/finish.ts", "serverDefaults"],
    "ssl-server-verify": ["config/tls/finish.ts", "serverVerify"],
    "ssl-load-extra-files": ["config/tls/store.ts", "this.extra"],
    "ssl-load-extra-del-ext": ["config/tls/store.ts", "this.deleteExtension"],
    "ssl-skip-self-issued-ca": ["config/tls/store.ts", "this.skipSelfIssued"],
    "issuers-chain-path": ["config/tls/store.ts", "this.issuers"],
    maxsslconn: ["worker/admission.ts", "maxSslConn"],
    maxsslrate: ["counters/limits.ts", "maxSslRate"],
    "tune.ssl.lifetime": ["compile/compile.ts", "tlsLifetime"],
    "tune.ssl.maxrecord": ["stream/handshake.ts", "tlsMaxRecord"],
    "tune.ssl.hard-maxrecord": ["stream/handshake.ts", "tlsMaxRecord"],
    "tune.ssl.capture-buffer-size": ["stream/accept.ts", "tlsCapture"],
    "tune.ssl.capture-cipherlist-size": ["stream/accept.ts", "tlsCapture"],
    "set-var": ["worker/runtime.ts", "global.variables"],
    "set-var-fmt": ["worker/runtime.ts", "global.variables"],
    "tune.vars.global-max-size": ["stream/variables.ts", "fresh.global"],
    "tune.vars.proc-max-size": ["stream/variables.ts", "fresh.proc"],
    "tune.vars.sess-max-size": ["stream/variables.ts", "limits.sess"],
    "tune.vars.txn-max-size": ["stream/variables.ts", "limits.txn"],
    "tune.vars.reqres-max-size": ["stream/variables.ts", "limits.reqres"],
    "h1-case-adjust": ["stream/runtime.ts", "headerCases"],
    "h1-case-adjust-file": ["stream/runtime.ts", "headerCases"],
    maxcomprate: ["counters/limits.ts", "compressionMaxRate"],
    maxcompcpuusage: ["stream/http/compressor.ts", "compressionMaxCpu"],
    maxzlibmem: ["stream/runtime.ts", "compressionMaxMemory"],
    "tune.comp.maxlevel": ["stream/runtime.ts", "compressionLevel"],
    "tune.zlib.memlevel": ["stream/runtime.ts", "compressionMemLevel"],
    "tune.zlib.windowsize": ["stream/runtime.ts", "compressionWindowBits"],
    setenv: ["lang/environment.ts", "setenv"],
    presetenv: PARSED,
    unsetenv: PARSED,
    resetenv: PARSED,
  },
  proxy: {
    mode: ["stream/accept.ts", "mode"],
    id: ["admin/stats/parts.ts", "id"],
    disabled: ["compile/compile.ts", "proxy.disabled"],
    enabled: PARSED,
    maxconn: ["proxy/frontend.ts", "return maxconn"],
    backlog: ["supervisor/listeners.ts", "proxy.backlog"],
    default_backend: ["compile/compile.ts", "proxy.defaultBackend"],
    monitor: ["stream/http/request.ts", "monitorFail"],
    "monitor-uri": ["stream/http/request.ts", "http.monitorUri"],
    "external-check": ["check/program.ts", "model.command"],
    "max-session-srv-conns": ["stream/http/client.ts", "maxSessionSrvConns"],
    "clitcpka-cnt": ["supervisor/bind.ts", "set(TCP_KEEPCNT"],
    "clitcpka-idle": ["supervisor/bind.ts", "set(TCP_KEEPIDLE"],
    "clitcpka-intvl": ["supervisor/bind.ts", "set(TCP_KEEPINTVL"],
    "srvtcpka-cnt": ["server/pool.ts", "keepCount"],
    "srvtcpka-idle": ["server/pool.ts", "keepIdle"],
    "srvtcpka-intvl": ["server/pool.ts", "keepInterval"],
    "rate-limit": ["worker/admission.ts", "rateLimitSessions"],
    log: ["log/logger.ts", "logs"],
    "log-tag": ["log/logger.ts", "logTag"],
    capture: ["proxy/captures.ts", "requestCaptures"],
    declare: ["proxy/captures.ts", "responseCaptures"],
    "log-format-sd": ["rules/formats.ts", "logFormatSd"],
    "error-log-format": ["rules/formats.ts", "errorLogFormat"],
    "unique-id-format": ["rules/formats.ts", "uniqueIdFormat"],
    "unique-id-header": ["stream/http/send-request.ts", "uniqueIdHeader"],
    "log-format": ["expr/logformat/compile.ts", "logFormat"],
    timeout: PARSED,
    option: PARSED,
    bind: ["supervisor/listeners.ts", "binds"],
    server: ["proxy/backend.ts", "model.servers"],
    "server-template": PARSED,
    "default-server": PARSED,
    cookie: ["stream/http/persist.ts", "requestCookies("],
    fullconn: ["proxy/server.ts", "fullconn"],
    "dynamic-cookie-key": ["server/cookie-rules.ts", "dynamicCookie("],
    "load-server-state-from-file": ["config/checks/server-states.ts", "stateSource"],
    "server-state-file-name": ["config/checks/server-states.ts", "stateFile"],
    retries: ["stream/stream.ts", "model.retries"],
    "retry-on": ["stream/http/retry.ts", "retryStatus"],
    "http-reuse": ["stream/http/finish.ts", "reuse"],
    persist: ["stream/rdp.ts", "rdpPersist"],
    "max-keep-alive-queue": ["stream/http/persist.ts", "maxKeepAliveQueue"],
    acl: ["rules/conditions.ts", "proxy.acls"],
    "http-request": ["rules/compile.ts", "httpRequest"],
    "http-response": ["rules/compile.ts", "httpResponse"],
    "http-after-response": ["rules/compile.ts", "httpAfterResponse"],
    redirect: ["rules/compile.ts", "redirects"],
    use_backend: ["rules/compile.ts", "useBackend"],
    "tcp-request": ["rules/compile.ts", "tcpContent"],
    "tcp-response": ["rules/compile.ts", "tcpResponse"],
    "use-server": ["stream/use-server.ts", "rules"],
    dispatch: ["compile/destination.ts", "model.dispatch"],
    source: ["server/pool.ts", "source"],
    "http-send-name-header": ["stream/http/send-request.ts", "sendName"],
    transparent: ["compile/destination.ts", "options.transparent"],
    balance: ["balance/index.ts", "algorithm"],
    "hash-type": ["balance/keyed.ts", "type.method"],
    "hash-balance-factor": ["balance/ring.ts", "hashBalanceFactor"],
    "http-check": ["check/kinds/http.ts", "expects"],
    "tcp-check": PARSED,
    compression: ["stream/http/coding.ts", "response"],
    filter: PARSED,
    "stick-table": ["table/tables.ts", "stickTable"],
    stick: ["rules/stick.ts", "stickRules"],
    "force-persist": ["rules/stick.ts", "persistRules"],
    "ignore-persist": ["rules/stick.ts", "persistRules"],
    errorfile: ["stream/http/reply.ts", "page.bytes"],
    errorfiles: PARSED,
    "http-error": ["rules/compile.ts", "page.action"],
    errorloc: ["stream/http/reply.ts", "page.code"],
    errorloc302: ["stream/http/reply.ts", "page.code"],
    errorloc303: ["stream/http/reply.ts", "page.code"],
  },
  option: {
    "disable-h2-upgrade": ["stream/http/client.ts", "h2Upgrade"],
    abortonclose: BODY,
    "accept-invalid-http-request": ["stream/http/settings.ts", '"accept-invalid-http-request"'],
    "accept-invalid-http-response": ["stream/http/settings.ts", '"accept-invalid-http-response"'],
    allbackups: ["balance/group.ts", "options.allbackups"],
    checkcache: ["stream/http/response.ts", "checkCache"],
    clitcpka: ["supervisor/listeners.ts", "options.clitcpka"],
    "dontlog-normal": ["stream/tcp/log.ts", '"dontlog-normal"'],
    dontlognull: ["stream/tcp/log.ts", "options.dontlognull"],
    "h1-case-adjust-bogus-client": ["stream/http/answer.ts", "caseClient"],
    "h1-case-adjust-bogus-server": ["stream/http/send-request.ts", "caseServer"],
    "idle-close-on-response": ["stream/http/client.ts", '"idle-close-on-response"'],
    "http-restrict-req-hdr-names": ["stream/http/request.ts", "headerNames"],
    "http-ignore-probes": ["stream/http/settings.ts", '"http-ignore-probes"'],
    "http-keep-alive": PARSED,
    "http-pretend-keepalive": ["stream/http/settings.ts", '"http-pretend-keepalive"'],
    "http-server-close": ["stream/http/settings.ts", '"http-server-close"'],
    httpclose: ["stream/http/settings.ts", "options.httpclose"],
    "log-health-checks": ["check/health.ts", '"log-health-checks"'],
    "log-separate-errors": ["stream/tcp/log.ts", '"log-separate-errors"'],
    logasap: ["stream/tcp/stream.ts", "options.logasap"],
    nolinger: ["stream/tcp/ends.ts", "options.nolinger"],
    persist: ["stream/http/settings.ts", "options.persist"],
    "http-buffer-request": ["stream/http/settings.ts", "http-buffer-request"],
    "prefer-last-server": ["stream/http/stream.ts", "preferLast"],
    "socket-stats": ["admin/stats/select.ts", "socket-stats"],
    srvtcpka: ["server/pool.ts", "options.srvtcpka"],
    transparent: ["stream/address.ts", "option transparent"],
    "http-use-proxy-header": ["expr/fetch/auth.ts", "http-use-proxy-header"],
    "independent-streams": ["stream/relay.ts", "independent-streams"],
    "splice-auto": ["stream/splice-options.ts", "splice-auto"],
    "splice-request": ["stream/splice-options.ts", "splice-request"],
    "splice-response": ["stream/splice-options.ts", "splice-response"],
    "tcp-smart-accept": ["supervisor/listeners.ts", "smartAccept"],
    "tcp-smart-connect": ["server/pool.ts", "tcp-smart-connect"],
    tcpka: ["server/pool.ts", "options.tcpka"],
    forwardfor: ["stream/http/forwarded.ts", "forwardFor("],
    originalto: ["stream/http/forwarded.ts", "originalTo("],
    redispatch: ["stream/connect.ts", "model.redispatch"],
    httplog: ["expr/logformat/compile.ts", "logFormat"],
    httpslog: ["expr/logformat/compile.ts", "logFormat"],
    tcplog: ["expr/logformat/compile.ts", "logFormat"],
    httpchk: ["check/kinds/index.ts", "http"],
    "external-check": ["check/kinds/index.ts", "external"],
    "grpc-check": ["check/kinds/index.ts", "http"],
    "tcp-check": ["check/kinds/index.ts", "tcp"],
  },
  timeout: {
    check: ["check/task.ts", "timeouts"],
    client: ["stream/relay.ts", "front.client"],
    "client-fin": ["stream/relay.ts", "front.clientFin"],
    connect: ["stream/connect.ts", "timeouts.connect"],
    "http-keep-alive": ["stream/http/client.ts", "timeouts.httpKeepAlive"],
    "http-request": ["stream/http/client.ts", "timeouts.httpRequest"],
    queue: ["stream/assign.ts", "timeouts.queue"],
    tarpit: ["stream/http/wait.ts", "tarpit"],
    server: ["stream/relay.ts", "back.server"],
    "server-fin": ["stream/relay.ts", "back.serverFin"],
    tunnel: ["stream/relay.ts", "timeouts.tunnel"],
  },
  bind: {
    "accept-proxy": ["stream/accept.ts", "acceptProxy"],
    "accept-netscaler-cip": ["stream/greeting.ts", "netscalerMagic"],
    backlog: ["supervisor/listeners.ts", "bind.backlog"],
    "defer-accept": ["supervisor/bind.ts", "model.deferAccept"],
    gid: ["supervisor/unix.ts", "gid"],
    group: ["supervisor/unix.ts", "gid"],
    id: ["proxy/frontend.ts", "bind.id"],
    interface: ["supervisor/bind.ts", "model.interface"],
    maxconn: ["worker/admission.ts", "model.maxconn"],
    mode: ["supervisor/unix.ts", "mode"],
    mss: ["supervisor/bind.ts", "model.mss"],
    proto: ["stream/accept.ts", "proto"],
    name: ["admin/stats/front-rows.ts", "name"],
    namespace: ["supervisor/bind.ts", "model.namespace"],
    ssl: ["compile/compile.ts", "listener.model"],
    crt: ["net/tls/server.ts", "model.entries"],
    "crt-list": ["net/tls/names.ts", "entry.filters"],
    "strict-sni": ["net/tls/server.ts", "strictSni"],
    "no-tls-tickets": ["net/tls/server.ts", "model.tickets"],
    "prefer-client-ciphers": ["net/tls/server.ts", "preferClientCiphers"],
    "ca-ignore-err": ["stream/handshake.ts", "caIgnoreErr"],
    "crt-ignore-err": ["stream/handshake.ts", "crtIgnoreErr"],
    alpn: ["net/tls/socket.ts", "settings.alpn"],
    "ca-file": ["net/tls/server.ts", "caFile"],
    "ca-verify-file": ["net/tls/server.ts", "caVerifyFile"],
    "crl-file": ["net/tls/server.ts", "crlFile"],
    ciphers: ["net/tls/server.ts", "ciphers"],
    "no-alpn": PARSED,
    curves: ["net/tls/server.ts", "settings.curves"],
    ecdhe: ["net/tls/server.ts", "settings.curves"],
    "ssl-min-ver": VERSIONS,
    "ssl-max-ver": VERSIONS,
    verify: ["net/tls/server.ts", "verify"],
    "force-sslv3": VERSIONS,
    "no-sslv3": VERSIONS,
    "force-tlsv10": VERSIONS,
    "no-tlsv10": VERSIONS,
    "force-tlsv11": VERSIONS,
    "no-tlsv11": VERSIONS,
    "force-tlsv12": VERSIONS,
    "no-tlsv12": VERSIONS,
    "force-tlsv13": VERSIONS,
    "no-tlsv13": VERSIONS,
    "tcp-ut": ["supervisor/bind.ts", "model.tcpUserTimeout"],
    tfo: ["supervisor/bind.ts", "model.tfo"],
    transparent: ["supervisor/bind.ts", "model.transparent"],
    uid: ["supervisor/unix.ts", "uid"],
    user: ["supervisor/unix.ts", "uid"],
    v4v6: ["supervisor/bind.ts", "model.v4v6"],
    v6only: ["supervisor/bind.ts", "model.v6only"],
  },
  server: {
    weight: ["admin/servers.ts", "server.weight"],
    maxconn: ["admin/servers.ts", "server.maxconn"],
    minconn: ["proxy/server.ts", "model.minconn"],
    maxqueue: ["server/queue.ts", "maxqueue"],
    ssl: ["compile/compile.ts", "server.tls"],
    "no-ssl": PARSED,
    "check-ssl": ["compile/compile.ts", "server.checkTls"],
    "no-check-ssl": PARSED,
    "check-proto": ["check/kinds/http.ts", "check.proto"],
    "check-sni": ["check/task.ts", "check.sni"],
    "check-alpn": ["net/tls/client.ts", "settings.alpn"],
    sni: ["compile/compile.ts", "server.sni"],
    verifyhost: ["net/tls/client.ts", "verifyHost"],
    crt: ["net/tls/client.ts", "model.certificate"],
    "ssl-reuse": PARSED,
    "no-ssl-reuse": ["net/tls/client.ts", "model.reuse"],
    "tls-tickets": PARSED,
    "no-tls-tickets": ["net/tls/client.ts", "model.tickets"],
    alpn: ["net/tls/client.ts", "settings.alpn"],
    "ca-file": ["net/tls/client.ts", "settings.caFile"],
    "crl-file": ["net/tls/client.ts", "settings.crlFile"],
    ciphers: ["net/tls/client.ts", "settings.ciphers"],
    "ssl-min-ver": CLIENT_VERSIONS,
    "ssl-max-ver": CLIENT_VERSIONS,
    verify: ["net/tls/client.ts", "settings.verify"],
    "force-sslv3": CLIENT_VERSIONS,
    "no-sslv3": CLIENT_VERSIONS,
    "force-tlsv10": CLIENT_VERSIONS,
    "no-tlsv10": CLIENT_VERSIONS,
    "force-tlsv11": CLIENT_VERSIONS,
    "no-tlsv11": CLIENT_VERSIONS,
    "force-tlsv12": CLIENT_VERSIONS,
    "no-tlsv12": CLIENT_VERSIONS,
    "force-tlsv13": CLIENT_VERSIONS,
    "no-tlsv13": CLIENT_VERSIONS,
    proto: ["stream/http/reuse.ts", "proto"],
    ws: ["server/websocket.ts", "ws"],
    "pool-max-conn": ["server/pool.ts", "poolMaxConn"],
    "pool-low-conn": ["server/pool.ts", "poolLowConn"],
    "max-reuse": ["server/pool.ts", "maxReuse"],
    "pool-purge-delay": ["server/pool.ts", "poolPurgeDelay"],
    slowstart: ["check/slowstart.ts", "slowstart"],
    check: ["check/checker.ts", "check"],
    "no-check": PARSED,
    inter: ["check/task.ts", "inter"],
    fastinter: ["check/task.ts", "fastinter"],
    downinter: ["check/task.ts", "downinter"],
    rise: ["check/health.ts", "rise"],
    fall: ["check/health.ts", "fall"],
    port: ["check/task.ts", "port"],
    addr: ["check/task.ts", "addr"],
    observe: ["check/observe.ts", "model.observe"],
    "on-error": ["check/health.ts", "model.onError"],
    "error-limit": ["check/observe.ts", "model.errorLimit"],
    "on-marked-down": ["worker/marked.ts", "onMarkedDown"],
    "on-marked-up": ["worker/marked.ts", "onMarkedUp"],
    track: ["check/health.ts", "track"],
    backup: ["balance/group.ts", "backup"],
    "no-backup": PARSED,
    disabled: ["admin/servers.ts", "server.disabled"],
    enabled: PARSED,
    id: ["proxy/server.ts", "model.id"],
    cookie: ["server/cookie-rules.ts", "cookie === null"],
    "non-stick": ["stream/stick.ts", "nonStick"],
    stick: PARSED,
    redir: ["stream/http/persist.ts", "redir"],
    "init-addr": PARSED,
    source: ["server/pool.ts", "model.source"],
    usesrc: PARSED,
    interface: PARSED,
    "send-proxy": ["stream/proxy-header.ts", "sendProxy"],
    "no-send-proxy": PARSED,
    "send-proxy-v2": ["stream/proxy-header.ts", "sendProxy"],
    "no-send-proxy-v2": PARSED,
    "send-proxy-v2-ssl": ["stream/proxy-header.ts", '"ssl"'],
    "no-send-proxy-v2-ssl": PARSED,
    "send-proxy-v2-ssl-cn": ["stream/proxy-header.ts", '"cert-cn"'],
    "no-send-proxy-v2-ssl-cn": PARSED,
    "proxy-v2-options": ["stream/proxy-header.ts", "proxyOptions"],
    "set-proxy-v2-tlv-fmt": ["stream/proxy-header.ts", "proxyTlvs"],
    "check-send-proxy": ["check/proxy-line.ts", "checkSendProxy"],
    "no-check-send-proxy": PARSED,
    socks4: ["server/pool.ts", "socks4"],
    "check-via-socks4": ["check/task.ts", "viaSocks4"],
    namespace: ["server/pool.ts", "model.namespace"],
    "tcp-ut": ["server/pool.ts", "model.tcpUserTimeout"],
    tfo: ["server/pool.ts", "model.tfo"],
    "no-tfo": PARSED,
  },
  "http-check": {
    "disable-on-404": ["check/kinds/http.ts", "disableOn404"],
    "send-state": ["check/kinds/http.ts", "sendState"],
    comment: PARSED,
    connect: ["check/kinds/http.ts", "connectPort"],
    send: ["check/kinds/http-request.ts", "headers"],
    expect: ["check/kinds/http-expect.ts", "match"],
  },
  "stats socket": {
    level: ["admin/runtime/server.ts", "level"],
    "expose-fd": ["admin/runtime/server.ts", "exposeFdListeners"],
    "severity-output": ["admin/runtime/server.ts", "severity"],
    backlog: ["supervisor/listeners.ts", "stats.backlog"],
    maxconn: ["admin/runtime/server.ts", "model.maxconn"],
    mode: ["supervisor/unix.ts", "mode"],
    user: ["supervisor/unix.ts", "uid"],
    uid: ["supervisor/unix.ts", "uid"],
    group: ["supervisor/unix.ts", "gid"],
    gid: ["supervisor/unix.ts", "gid"],
  },
  balance: Object.fromEntries(Object.keys(algorithms).map((name) => [name, ["balance/index.ts", name]])),
};

for (const { title, rows } of keywordTables) {
  test(`${title}: every keyword acts somewhere or says that it does not`, () => {
    const known = places[title] ?? {};
    const silent = rows.filter(({ name, noEffect }) => noEffect === undefined && known[name] === undefined);
    expect(silent.map(({ name }) => name)).toEqual([]);
    const both = rows.filter(({ name, noEffect }) => noEffect !== undefined && known[name] !== undefined);
    expect(both.map(({ name }) => name)).toEqual([]);
    const names = new Set(rows.map(({ name }) => name));
    expect(Object.keys(known).filter((name) => !names.has(name))).toEqual([]);
    for (const [name, place] of Object.entries(known)) {
      if (typeof place === "string") continue;
      const [file, words] = place;
      expect({ name, file, there: existsSync(join(src, file)) }).toEqual({ name, file, there: true });
      expect({ name, file, reads: readFileSync(join(src, file), "utf8").includes(words) }).toEqual({
        name,
        file,
        reads: true,
      });
    }
  });
}

/** Fields nothing outside of the parser reads, with the reason. */
const unread: Readonly<Record<string, string>> = {
  setenv: "acts on the lines behind it and on env()",
  poolLowFdRatio: "warns",
  poolHighFdRatio: "warns",
  serverKey: "read by the rules that store server_key",
  initAddr: "names are resolved by the parser",
  comment: "a comment",
};

test("every field of the model is read by the engine", async () => {
  let engine = "";
  for await (const file of new Glob("**/*.ts").scan(src)) {
    if (file.startsWith("config/") || /\.(test|helper)\.ts$/.test(file)) continue;
    engine += readFileSync(join(src, file), "utf8");
  }
  const folder = join(src, "config", "model");
  const model = readdirSync(folder)
    .map((file) => readFileSync(join(folder, file), "utf8"))
    .join("\n");
  const fields = new Set([...model.matchAll(/^\s+readonly (\w+):/gm)].map((match) => match[1]!));
  expect(fields.size).toBeGreaterThan(150);
  // What only builds a model of its own ("tfo: false,") does not count as reading it.
  const missing = [...fields].filter(
    (field) => !new RegExp(`[.{,] ?${field}\\b(?!: (?:false|true|null|0|""|"none"|\\[\\]),)`).test(engine),
  );
  expect(missing.filter((field) => unread[field] === undefined)).toEqual([]);
});

/** One line of each kind of keyword that has no effect: parser and table must agree that it warns. */
test("keywords without effect warn where they are written", () => {
  const text = `global
  tune.pool-low-fd-ratio 10
  tune.pool-high-fd-ratio 20
  stats socket /tmp/none.sock name x
defaults
  mode http
  timeout client 1s
  timeout server 1s
  timeout connect 1s
  option contstats
  option http-no-delay
listen l
  bind :8000 nice 5
  bind-process all
  server s 127.0.0.1:1
`;
  const { diagnostics } = loadText(text, "t.cfg");
  const warned = diagnostics.list.filter(({ code }) => code === "config/no-effect").map(({ at }) => at.line);
  const lines = [2, 3, 4, 10, 11, 13, 14];
  expect(warned).toEqual(lines);
});
