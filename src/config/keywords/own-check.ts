import type { Word } from "../../lang/line.ts";
import { newHttpCheck, type ProxyDraft } from "../draft.ts";

/**
 * The first check rule of a section's own replaces the rules it took over from `defaults`: the expectations always, the
 * request only when `request` says that this rule is about it. Flags such as send-state stay.
 */
export function beginOwnCheck(proxy: ProxyDraft, keyword: Word, request: boolean): void {
  if (!proxy.marks.has("own check rules")) {
    proxy.marks.set("own check rules", keyword);
    proxy.httpCheck = { ...proxy.httpCheck, connectPort: 0, expects: [] };
    proxy.httpScript = [];
  }
  if (request && !proxy.marks.has("own check request")) {
    proxy.marks.set("own check request", keyword);
    const { disableOn404, sendState, connectPort, expects } = proxy.httpCheck;
    proxy.httpCheck = { ...newHttpCheck(), disableOn404, sendState, connectPort, expects };
  }
}
