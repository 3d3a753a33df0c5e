import { formatAddress } from "../../../address.ts";
import { isLocal } from "../address.ts";
import type { LintRule } from "../rule.ts";

export const openRuntimeSocket: LintRule = {
  code: "lint/open-runtime-socket",
  severity: "warning",
  title: "a runtime socket on a network address",
  explanation:
    "The runtime API asks for no password: whoever can connect may read the statistics and, at level operator or admin, take servers out and change " +
    "the configuration. Bind 'stats socket' to a UNIX socket with a mode, or to a loopback address.",
  bad: `global
    stats socket ipv4@0.0.0.0:9999 level admin
frontend web
    bind :80
    default_backend app
backend app
    server s1 192.0.2.1:80`,
  good: `global
    stats socket /run/tlb/admin.sock mode 600 level admin
frontend web
    bind :80
    default_backend app
backend app
    server s1 192.0.2.1:80`,
  run({ model }, report) {
    for (const { address, level, at } of model.global.statsSockets) {
      if (address.kind !== "ip" || isLocal(address)) continue;
      const what = level === "user" ? "read the statistics" : `use the runtime API at level ${level}`;
      const message = `anybody who reaches ${formatAddress(address)} can ${what}, without a password`;
      report(at, message, { endColumn: at.column + 5, hint: "use a UNIX socket or a loopback address" });
    }
  },
};
