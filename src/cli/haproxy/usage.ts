/** The texts of the `haproxy` role: usage and version. The wording is our own, the shape is what scripts look for. */
import { machine, release, type, version as kernelVersion } from "node:os";
import { featureList, haproxyVersion } from "../../lang/features.ts";
import { longVersion, versionInfo } from "../version.ts";

export const usage = `Usage : haproxy [options] [-f <file|folder>]... [-- <file>...]
        -v version ; -vv version, build and features
        -c check the configuration and exit ; -cc <cond> judge a condition and exit
        -d, -db stay in the foreground ; -D run in the background
        -V verbose ; -q quiet
        -W, -Ws master-worker mode, the latter telling systemd when ready
        -C <dir> folder to change to before reading files
        -n <num> connections of the process ; -N <num> default for each frontend
        -m <megs> memory limit
        -L <name> name of the local peer ; -p <file> where to write process ids
        -dW refuse warnings ; -dD show .diag messages ; -dL list loaded objects
        -dr ignore names of servers that cannot be resolved
        -dV check certificates of servers only where the configuration says so
        -dM -dI -dG -dS -dR -dZ -dp -de -ds accepted, without effect here
        -sf/-st [pid ]* let old processes finish, or end them, once this one serves
        -x <socket> take the listening sockets over from the process behind it
        -S <bind> accepted: the runtime socket answers for all workers
`;

/** "2.6.12-tlb0.1.0": the language's version first, so that version checks work, and what really runs. */
export function announcedVersion(): string {
  return `${haproxyVersion}-tlb${versionInfo().version}`;
}

/** What `-v` prints, and what precedes the usage. */
export function versionText(): string {
  return [
    `HAProxy version ${announcedVersion()} ${versionInfo().date} - tlb, a load balancer that speaks HAProxy's language`,
    `Status: ${longVersion().split("\n")[0]}`,
    `Running on: ${type()} ${release()} ${kernelVersion()} ${machine()}`,
    "",
  ].join("\n");
}

/** What `-vv` prints. */
export function longVersionText(): string {
  const { bun, tls } = versionInfo();
  return `${versionText()}Build options :
  TARGET  = bun
  RUNTIME = Bun ${bun}
  TLS     = ${tls}

Feature list : ${featureList()}

Available polling systems :
      epoll : pref=300,  test result OK
Total: 1 (1 usable), will use epoll.

Available services : none
`;
}
