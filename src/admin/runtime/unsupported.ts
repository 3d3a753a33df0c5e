/**
 * Commands of HAProxy's runtime API (2.6, and the few later ones that tools ask for) that are not offered here, and what
 * to do instead.
 */
import { failure, type Message } from "./command.ts";

const CERTIFICATES = "change the files and send 'reload'";
const LISTENERS = "change the configuration and send 'reload'";
const INTERNALS = "it shows the inside of HAProxy; see 'show info' and 'show workers'";

/** By the words a command begins with; the longest match counts. */
const instead: Readonly<Record<string, string>> = {
  "abort ssl": CERTIFICATES,
  "add server": "add a 'server' line to the configuration and send 'reload'",
  "add ssl": CERTIFICATES,
  "commit ssl": CERTIFICATES,
  "debug dev": INTERNALS,
  "del server": "take the 'server' line out of the configuration and send 'reload'",
  "del ssl": CERTIFICATES,
  "dump stats-file": "see 'show stat'",
  "experimental-mode": "no command needs it",
  "expert-mode": "no command needs it",
  httpclient: "use another client",
  "new ssl": CERTIFICATES,
  "set anon": "nothing is made anonymous",
  "set profiling": INTERNALS,
  "set ssl": CERTIFICATES,
  "set var": LISTENERS,
  "show activity": INTERNALS,
  "show anon": "nothing is made anonymous",
  "show events": "events are in the log",
  "show fd": "look at /proc/<pid>/fd, with the pids of 'show workers'",
  "show pools":
    "there are no pools; memory is in 'show info' and in /proc/<pid>/smaps_rollup, with the pids of 'show workers'",
  "show profiling": INTERNALS,
  "show ssl ocsp-response": "the TLS library staples no OCSP responses",
  "show ssl providers": "the TLS library has no providers",
  "show tasks": INTERNALS,
  "show threads": "see 'show workers'",
  "show trace": "there are no traces; 'tlb explain' shows what is done with a request",
  trace: "there are no traces; 'tlb explain' shows what is done with a request",
};

/** Names of all rows, for tests. */
export const unsupportedCommands: readonly string[] = Object.keys(instead);

/** The answer to a command that HAProxy has and this program has not; null for any other line. */
export function unsupported(words: readonly string[]): Message | null {
  // The master CLI of HAProxy sends a command to a process by "@1", "@!2" or "@master".
  if (words[0]?.startsWith("@") === true) {
    return failure(
      `'${words[0]}' is only for the master CLI (-W -S): this socket answers for all workers, send the command alone.`,
    );
  }
  for (let used = Math.min(3, words.length); used > 0; used--) {
    const name = words.slice(0, used).join(" ");
    if (Object.hasOwn(instead, name)) return failure(`'${name}' is not supported by tlb: ${instead[name]!}.`);
  }
  return null;
}
