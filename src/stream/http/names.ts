/** `option http-restrict-req-hdr-names` (manual, section 4.2): names with other characters than letters, digits and hyphens. */
import { nameText } from "../../codec/h1/view.ts";
import type { NamePolicy } from "../../config/model.ts";
import { removeMatching } from "../../rules/lines.ts";
import { denyByRule } from "./rule-answer.ts";
import type { HttpStream } from "./stream.ts";

const OTHER = /[^A-Za-z0-9-]/;

/** False: the request was refused. */
export function restrictNames(stream: HttpStream, policy: NamePolicy): boolean {
  const { req, reqEdits: edits } = stream;
  let found = edits.appendedCount > 0;
  for (let i = 0; i < req.count && !found; i++) found = OTHER.test(nameText(req, i));
  if (!found) return true;
  let refused = false;
  if (policy === "delete") removeMatching(req, edits, (name) => OTHER.test(name));
  else {
    removeMatching(req, edits, (name) => {
      refused ||= OTHER.test(name);
      return false;
    });
  }
  if (refused) denyByRule(stream, 403, null);
  return !refused;
}
