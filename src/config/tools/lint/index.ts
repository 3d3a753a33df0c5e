import type { Diagnostics } from "../../../lang/diagnostic.ts";
import type { LintInput, LintRule } from "./rule.ts";
import { afterCatchAll } from "./rules/after-catch-all.ts";
import { extremeTimeout } from "./rules/extreme-timeout.ts";
import { forwardedFor } from "./rules/forwarded-for.ts";
import { httpInTcp } from "./rules/http-in-tcp.ts";
import { neverMatches } from "./rules/never-matches.ts";
import { noDefaultBackend } from "./rules/no-default-backend.ts";
import { openRuntimeSocket } from "./rules/open-runtime-socket.ts";
import { pathWithoutSlash } from "./rules/path-without-slash.ts";
import { retriesWithoutRedispatch } from "./rules/retries-without-redispatch.ts";
import { routingLoop } from "./rules/routing-loop.ts";
import { rawBytesInHttp } from "./rules/raw-bytes-in-http.ts";
import { serverWithoutCheck } from "./rules/server-without-check.ts";
import { slowRegex } from "./rules/slow-regex.ts";
import { unreachableBackend } from "./rules/unreachable-backend.ts";
import { untrackedCounter } from "./rules/untracked-counter.ts";
import { unusedAcl } from "./rules/unused-acl.ts";
import { wrongPhase } from "./rules/wrong-phase.ts";

/** Every rule of the linter. Adding one is a file and a line. */
export const lintRules: readonly LintRule[] = [
  neverMatches,
  afterCatchAll,
  unusedAcl,
  unreachableBackend,
  serverWithoutCheck,
  noDefaultBackend,
  httpInTcp,
  rawBytesInHttp,
  wrongPhase,
  untrackedCounter,
  pathWithoutSlash,
  retriesWithoutRedispatch,
  forwardedFor,
  openRuntimeSocket,
  extremeTimeout,
  slowRegex,
  routingLoop,
];

/** Runs every rule over a configuration without errors; findings are warnings and notices. */
export function lint(input: LintInput, diagnostics: Diagnostics): void {
  for (const { code, severity, run } of lintRules) {
    // What stands in a defaults section serves many proxies and is told once.
    const told = new Set<string>();
    run(input, (at, message, options) => {
      const key = `${at.file}:${at.line}:${at.column}`;
      if (told.has(key)) return;
      told.add(key);
      diagnostics.add(severity, code, at, message, options);
    });
  }
}
