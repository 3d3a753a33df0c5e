import type { Scenario } from "../scenario.ts";
import { framing } from "./framing.ts";
import { keepAlive, reuse } from "./keep-alive.ts";

export const scenarios: readonly Scenario[] = [...keepAlive, ...reuse, ...framing];
