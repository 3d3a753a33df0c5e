/** The variables a configuration starts with (manual section 2.3): the process's own and those HAProxy defines. */
import { haproxyBranch, haproxyVersion } from "./features.ts";

export interface EnvironmentOptions {
  /** Name of the local peer (`-L`); default: the host name. */
  readonly localPeer: string;
  /** Whether the process runs in master-worker mode (`-W`). */
  readonly masterWorker?: boolean;
}

/** A fresh map the reader and `setenv` may change; the process's environment is not touched. */
export function initialEnvironment(
  processEnv: Readonly<Record<string, string | undefined>>,
  { localPeer, masterWorker = false }: EnvironmentOptions,
): Map<string, string> {
  const env = new Map<string, string>();
  for (const [name, value] of Object.entries(processEnv)) {
    // The map holds bytes, one per character, like every text of a configuration.
    if (value !== undefined) env.set(name, Buffer.from(value, "utf8").toString("latin1"));
  }
  env.set("HAPROXY_STARTUP_VERSION", haproxyVersion);
  env.set("HAPROXY_BRANCH", haproxyBranch);
  env.set("HAPROXY_LOCALPEER", localPeer);
  if (masterWorker) env.set("HAPROXY_MWORKER", "1");
  return env;
}
