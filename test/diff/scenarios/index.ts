import type { Scenario } from "../scenario.ts";
import { keepAlive } from "./keep-alive.ts";

export const scenarios: readonly Scenario[] = [...keepAlive];
