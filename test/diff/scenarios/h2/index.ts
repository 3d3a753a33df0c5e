/** HTTP/2 on either side. The frames differ, the messages must not: they are compared as notes. */
import type { Scenario } from "../../scenario.ts";
import { malformed } from "./malformed.ts";
import { streams } from "./streams.ts";
import { toServers } from "./to-servers.ts";
import { reuse } from "./reuse.ts";
import { checks } from "./checks.ts";
import { onBothSides } from "./both-sides.ts";
import { exchanges } from "./exchanges.ts";

export const h2: readonly Scenario[] = [
  ...exchanges,
  ...malformed,
  ...streams,
  ...toServers,
  ...reuse,
  ...checks,
  ...onBothSides,
];
