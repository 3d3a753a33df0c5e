/** Persistence by stick tables: each kind of rule and of key, what the table then holds, and what happens when servers are down. */
import type { Scenario } from "../../scenario.ts";
import { keys } from "./keys.ts";
import { tables } from "./tables.ts";
import { decisions } from "./decisions.ts";
import { keepAlive, pipelined, expiry, failures } from "./connections.ts";
import { tcpScenarios, tlsSessions, desktops, mail } from "./tcp.ts";
import { mixed } from "./mixed.ts";

export const stick: readonly Scenario[] = [
  ...keys,
  ...tables,
  ...decisions,
  keepAlive,
  pipelined,
  expiry,
  ...failures,
  ...tcpScenarios,
  tlsSessions,
  desktops,
  mail,
  ...mixed,
];
