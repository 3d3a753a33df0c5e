/** The variables a configuration is read against (manual section 2.3): the process's own and those HAProxy defines. */
import { haproxyBranch, haproxyVersion } from "./features.ts";

/** Environment variables by name, values with one character per byte. Undefined means unset. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** The value of a variable; what an object inherits, such as `constructor`, is none. */
export function variable(env: Variables, name: string): string | undefined {
  return Object.hasOwn(env, name) ? env[name] : undefined;
}

export interface EnvironmentOptions {
  /** Name of the local peer (`-L`, by default the host name). */
  readonly localPeer: string;
  /** Whether the process runs in master-worker mode (`-W`). Default false. */
  readonly masterWorker?: boolean;
}

/** A fresh object that the reader reads and `setenv` may change; the process's environment is not touched. */
export function initialEnvironment(
  processEnv: Variables,
  { localPeer, masterWorker = false }: EnvironmentOptions,
): Record<string, string | undefined> {
  const env: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(processEnv)) {
    if (value !== undefined) env[name] = Buffer.from(value, "utf8").toString("latin1");
  }
  env["HAPROXY_STARTUP_VERSION"] = haproxyVersion;
  env["HAPROXY_BRANCH"] = haproxyBranch;
  env["HAPROXY_LOCALPEER"] = localPeer;
  if (masterWorker) env["HAPROXY_MWORKER"] = "1";
  return env;
}
