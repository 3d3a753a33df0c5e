/**
 * What an inherited environment may hold that steers the runtime this program is built on. A child must do what the program
 * says, whatever started it: with one of these it could open a debugger, load other code, write coverage or caches, or trust other
 * certificates. Not all of NODE_*: configurations use variables of such names (NODE_NAME, NODE_IP), and a
 * configuration is read again by the process in the background. MIMALLOC_* stay: they tune memory, which is the operator's business.
 */
const SCRUBBED: ReadonlySet<string> = new Set([
  "NODE_OPTIONS",
  "NODE_PATH",
  "NODE_PRESERVE_SYMLINKS",
  "NODE_PRESERVE_SYMLINKS_MAIN",
  "NODE_REPL_EXTERNAL_MODULE",
  // The channel to whoever started this process: a child gets one of its own, or none.
  "NODE_CHANNEL_FD",
  "NODE_CHANNEL_SERIALIZATION_MODE",
  "NODE_UNIQUE_ID",
  "NODE_CLUSTER_SCHED_POLICY",
  // Whom TLS trusts is in the configuration.
  "NODE_TLS_REJECT_UNAUTHORIZED",
  "NODE_EXTRA_CA_CERTS",
  "NODE_USE_SYSTEM_CA",
  "NODE_USE_ENV_PROXY",
  "NODE_ICU_DATA",
  "NODE_COMPILE_CACHE",
  "NODE_COMPILE_CACHE_PORTABLE",
  "NODE_DISABLE_COMPILE_CACHE",
  "NODE_V8_COVERAGE",
  "NODE_TEST_CONTEXT",
  "NODE_TEST_WORKER_ID",
  "NODE_DEBUG",
  "NODE_DEBUG_NATIVE",
  "NODE_NO_WARNINGS",
  "NODE_PENDING_DEPRECATION",
  "NODE_REDIRECT_WARNINGS",
]);

/** Families that are the runtime's alone: options of Bun, of its JavaScript engine, and of the debugger. */
const FAMILIES: readonly string[] = ["BUN_", "JSC_"];

/** Of those families: a profiler wants the names of compiled functions, which changes nothing else (scripts/profile). */
const OBSERVING: ReadonlySet<string> = new Set(["BUN_JSC_useJITDump", "BUN_JSC_jitDumpDirectory"]);

/** Whether a variable would steer the runtime of a child. */
export function steersRuntime(name: string): boolean {
  return SCRUBBED.has(name) || (!OBSERVING.has(name) && FAMILIES.some((family) => name.startsWith(family)));
}

/** The environment for children: that of this process without what would steer the runtime, plus `extra`. */
export function childEnvironment(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined && !steersRuntime(name)) env[name] = value;
  }
  return { ...env, ...extra };
}
