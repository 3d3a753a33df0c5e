/** tcp-request connection, session and content, tcp-response content, use_backend and use-server in mode tcp. */
import type { Scenario } from "../../scenario.ts";
import { connection, session } from "./connection.ts";
import { content } from "./content.ts";
import { response } from "./response.ts";
import { actions, samples } from "./samples.ts";
import { routing } from "./routing.ts";

export const tcpRules: readonly Scenario[] = [
  ...connection,
  ...session,
  ...content,
  ...actions,
  ...samples,
  ...response,
  ...routing,
];
