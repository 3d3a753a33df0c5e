import type { ActionRow, RuleSet } from "../types.ts";
import { captureAction } from "../http/capture.ts";
import { resolveAction } from "../http/resolve.ts";
import { serviceAction } from "../http/service.ts";
import { statusActions } from "../http/status.ts";
import { variableActions } from "../http/variables.ts";
import { increaseActions } from "../counters/increase.ts";
import { tagActions } from "../counters/tag.ts";
import { trackActions } from "../counters/track.ts";
import { dropActions } from "../flow/drop.ts";
import { endpointActions } from "../flow/endpoints.ts";
import { priorityActions } from "../flow/queue.ts";
import { socketActions } from "../flow/socket.ts";
import { tcpVerdicts } from "./verdict.ts";
import { register } from "../register.ts";

const ALL: readonly RuleSet[] = [
  "tcp-request connection",
  "tcp-request session",
  "tcp-request content",
  "tcp-response content",
];
const REQUEST: readonly RuleSet[] = ["tcp-request connection", "tcp-request session", "tcp-request content"];
const CONTENT: readonly RuleSet[] = ["tcp-request content", "tcp-response content"];

/** An action of mode http in rulesets of mode tcp. */
function here(rows: readonly ActionRow[], where: readonly RuleSet[], ...names: readonly string[]): ActionRow[] {
  return rows.filter(({ name }) => names.length === 0 || names.includes(name)).map((row) => ({ ...row, where }));
}

/** Every action of the rulesets of mode tcp. A name that occurs twice throws. */
export const tcpActions: ReadonlyMap<string, ActionRow> = register([
  tcpVerdicts,
  here(variableActions, ALL),
  here(statusActions, CONTENT, "set-log-level"),
  here([serviceAction], ["tcp-request content"]),
  [resolveAction(["tcp-request content"])],
  dropActions(ALL, ALL),
  endpointActions(REQUEST),
  priorityActions(["tcp-request content"]),
  socketActions(ALL, CONTENT),
  here([captureAction], ["tcp-request content"]),
  trackActions(REQUEST),
  increaseActions(ALL),
  tagActions(ALL),
]);

/** Actions of HAProxy 2.6 in these rulesets without a row yet. */
export const laterTcpActions: ReadonlySet<string> = new Set(["send-spoe-group"]);
