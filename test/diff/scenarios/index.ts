import type { Scenario } from "../scenario.ts";
import { framing } from "./framing.ts";
import { headers } from "./headers.ts";
import { keepAlive, reuse } from "./keep-alive.ts";
import { malformed } from "./malformed.ts";
import { tunnels } from "./tunnels.ts";

export const scenarios: readonly Scenario[] = [
  ...keepAlive,
  ...reuse,
  ...framing,
  ...malformed,
  ...headers,
  ...tunnels,
];
