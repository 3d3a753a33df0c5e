/**
 * What this program announces to configurations: the HAProxy version whose language it speaks, and the build
 * features by HAProxy's names, as `feature(NAME)` and the "Feature list" line of `-vv` show them.
 */

/** The version the predicates compare with and `HAPROXY_STARTUP_VERSION` holds. */
export const haproxyVersion = "2.6.12";
export const haproxyBranch = "2.6";

/** True = what the name stands for works here. In the order HAProxy lists them. */
export const features: Readonly<Record<string, boolean>> = {
  "51DEGREES": false,
  ACCEPT4: true,
  BACKTRACE: false,
  CLOSEFROM: false,
  CPU_AFFINITY: true,
  CRYPT_H: false,
  DEVICEATLAS: false,
  DL: true,
  ENGINE: false,
  EPOLL: true,
  EVPORTS: false,
  GETADDRINFO: true,
  KQUEUE: false,
  LIBCRYPT: false,
  LINUX_SPLICE: true,
  LINUX_TPROXY: true,
  LUA: false,
  MEMORY_PROFILING: false,
  NETFILTER: false,
  NS: true,
  OBSOLETE_LINKER: false,
  OPENSSL: true,
  OT: false,
  PCRE: false,
  PCRE2: false,
  PCRE2_JIT: false,
  PCRE_JIT: false,
  POLL: false,
  PRCTL: false,
  PROCCTL: false,
  PROMEX: false,
  QUIC: false,
  RT: true,
  SLZ: true,
  STATIC_PCRE: false,
  STATIC_PCRE2: false,
  SYSTEMD: true,
  TFO: true,
  THREAD: true,
  THREAD_DUMP: false,
  TPROXY: true,
  WURFL: false,
  ZLIB: false,
};

/** Run-time options `enabled(NAME)` knows (manual section 2.4), in upper case. */
export const enabledOptions: Readonly<Record<string, boolean>> = {
  POLL: false,
  EPOLL: true,
  KQUEUE: false,
  EVPORTS: false,
  SPLICE: false,
  GETADDRINFO: true,
  REUSEPORT: true,
  "FAST-FORWARD": true,
  "SERVER-SSL-VERIFY-NONE": false,
};

/** Name of the TLS library, for `ssllib_name_startswith`. */
export const sslLibraryName = "BoringSSL";

/** The OpenSSL version whose interface BoringSSL announces (its OPENSSL_VERSION_NUMBER is 0x1010107f); Bun reports an older one. */
export const opensslVersion = "1.1.1";

/** The "Feature list" text: every name with + or - before it. */
export function featureList(): string {
  return Object.entries(features)
    .map(([name, present]) => (present ? "+" : "-") + name)
    .join(" ");
}
