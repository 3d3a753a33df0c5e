/** TLS on both sides: certificates by name, client certificates, versions, samples, logs, servers and their certificates. */
import type { Scenario } from "../../scenario.ts";
import { certificates } from "./certificates.ts";
import { clients } from "./clients.ts";
import { versions, protocols } from "./versions.ts";
import { handshakes, hellos } from "./handshakes.ts";
import { traffic } from "./traffic.ts";
import { shown } from "./show.ts";
import { toServers, checks } from "./servers.ts";

export const tls: readonly Scenario[] = [
  ...hellos,
  ...certificates,
  ...clients,
  ...versions,
  ...protocols,
  ...handshakes,
  ...traffic,
  ...toServers,
  ...checks,
  ...shown,
];
