/** Protocols on top of each other: HTTP/2 in TLS, PROXY headers before both, caches behind compression, and samples of all layers. */
import type { Scenario } from "../../scenario.ts";
import { samples } from "./samples.ts";
import { lists } from "./crt-lists.ts";
import { protocols, upgrades } from "./alpn.ts";
import { proxied } from "./proxied.ts";
import { endings } from "./endings.ts";
import { servers, settings } from "./servers.ts";
import { bursts } from "./bursts.ts";
import { storing, clients, through } from "./storing.ts";

export const layers: readonly Scenario[] = [
  ...samples,
  ...lists,
  ...protocols,
  ...upgrades,
  ...proxied,
  ...endings,
  ...servers,
  ...settings,
  ...bursts,
  ...storing,
  ...clients,
  ...through,
];
