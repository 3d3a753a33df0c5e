import type { ProxyModel, RuleModel } from "../config/model.ts";

type RuleLists = Pick<
  ProxyModel,
  | "tcpConnection"
  | "tcpSession"
  | "tcpContent"
  | "httpRequest"
  | "redirects"
  | "tcpResponse"
  | "httpResponse"
  | "httpAfterResponse"
>;

/** All rules of a proxy that have an action. */
export function rulesOf(proxy: RuleLists): readonly RuleModel[] {
  return [
    ...proxy.tcpConnection,
    ...proxy.tcpSession,
    ...proxy.tcpContent,
    ...proxy.httpRequest,
    ...proxy.redirects,
    ...proxy.tcpResponse,
    ...proxy.httpResponse,
    ...proxy.httpAfterResponse,
  ];
}
