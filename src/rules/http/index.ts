import type { ActionRow } from "../types.ts";
import { dropActions } from "../flow/drop.ts";
import { increaseActions } from "../counters/increase.ts";
import { tagActions } from "../counters/tag.ts";
import { trackActions } from "../counters/track.ts";
import { endpointActions } from "../flow/endpoints.ts";
import { priorityActions } from "../flow/queue.ts";
import { socketActions } from "../flow/socket.ts";
import { attemptActions } from "./attempt.ts";
import { authAction } from "./auth.ts";
import { cacheActions } from "./cache.ts";
import { captureAction } from "./capture.ts";
import { headerActions } from "./headers.ts";
import { hintAction } from "./hint.ts";
import { normalizeUriAction } from "./normalize-uri.ts";
import { patternActions } from "./patterns.ts";
import { redirectAction } from "./redirect.ts";
import { resolveAction } from "./resolve.ts";
import { serviceAction } from "./service.ts";
import { statusActions } from "./status.ts";
import { uriActions } from "./uri.ts";
import { variableActions } from "./variables.ts";
import { tarpitAction } from "./tarpit.ts";
import { verdictActions } from "./verdict.ts";
import { waitActions } from "./wait.ts";
import { register } from "../register.ts";

/** Every action of the rulesets of mode http. A name that occurs twice throws. */
export const httpActions: ReadonlyMap<string, ActionRow> = register([
  verdictActions,
  [redirectAction, authAction, normalizeUriAction],
  headerActions,
  uriActions,
  statusActions,
  variableActions,
  patternActions,
  [captureAction],
  cacheActions,
  [tarpitAction, hintAction, serviceAction, resolveAction(["http-request"])],
  waitActions,
  attemptActions,
  dropActions(["http-request", "http-response"], ["http-request"]),
  endpointActions(["http-request"]),
  priorityActions(["http-request"]),
  socketActions(["http-request", "http-response"], ["http-request", "http-response"]),
  trackActions(["http-request", "http-response"]),
  increaseActions(["http-request", "http-response"]),
  tagActions(["http-request", "http-response"]),
]);

/** Actions of HAProxy 2.6 without a row yet. */
export const laterActions: ReadonlySet<string> = new Set(["send-spoe-group"]);
