import type { ActionModel, Address, ProxyModel } from "../../../model.ts";
import { isLocal } from "../address.ts";
import { enabled, hasFront, type LintInput, type LintRule, markOf } from "../rule.ts";
import { rulesetsOf } from "../terms.ts";

/** A place anybody may connect to, as far as the configuration tells. */
function open(address: Address): boolean {
  return (
    address.kind === "ip" &&
    !isLocal(address) &&
    !/^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|f[cd])/i.test(address.ip)
  );
}

/** Actions that leave nothing of what the client sent. */
const CLEANING: ReadonlySet<string> = new Set(["del-header", "set-header", "replace-header", "replace-value"]);

function cleans(proxy: ProxyModel, header: string): boolean {
  return rulesetsOf(proxy).some(
    ({ keyword, rules }) =>
      keyword === "http-request" &&
      rules.some(({ action }) => {
        if (!CLEANING.has(action.kind)) return false;
        const name = action.texts["name"]?.text.toLowerCase() ?? "";
        // `del-header -m beg x-forwarded-`, and names made at run time.
        return (
          name === header || action.flags.length > 0 || name.includes("%") || (name !== "" && header.startsWith(name))
        );
      }),
  );
}

const HEADER = "x-forwarded-for";

/** The first rule that adds the header, as `option forwardfor` would. */
function adderOf(proxies: readonly ProxyModel[]): ActionModel | null {
  for (const proxy of proxies) {
    for (const { keyword, rules } of rulesetsOf(proxy)) {
      if (keyword !== "http-request") continue;
      const found = rules.find(
        ({ action }) => action.kind === "add-header" && action.texts["name"]?.text.toLowerCase() === HEADER,
      );
      if (found !== undefined) return found.action;
    }
  }
  return null;
}

function backendsOf({ model }: LintInput, front: ProxyModel): ProxyModel[] {
  const names = new Set([front.defaultBackend, ...front.useBackend.map(({ backend }) => backend.text)]);
  return model.proxies.filter((proxy) => proxy.kind !== "frontend" && names.has(proxy.name));
}

export const forwardedFor: LintRule = {
  code: "lint/forwarded-for",
  severity: "notice",
  title: "X-Forwarded-For is added, what clients send in it is kept",
  explanation:
    "'option forwardfor', and 'http-request add-header' in its place, adds a line below those the client sent itself, and with 'if-none' it adds nothing then: whoever reads the first value reads what " +
    "the client made up. At the edge, remove the client's header first: http-request del-header x-forwarded-for, unless { src <your proxies> } where " +
    "trusted proxies stand before this one. Frontends on loopback and private addresses are not reported.",
  bad: `frontend web
    bind :80
    option forwardfor
    default_backend app
backend app
    server s1 192.0.2.1:80`,
  good: `frontend web
    bind :80
    option forwardfor
    http-request del-header x-forwarded-for
    default_backend app
backend app
    server s1 192.0.2.1:80`,
  run(input, report) {
    for (const { proxy, draft } of enabled(input)) {
      if (!hasFront(proxy) || proxy.mode !== "http" || !proxy.binds.some(({ address }) => open(address))) continue;
      const backends = backendsOf(input, proxy);
      const option = (
        proxy.forwardFor ?? backends.find((b) => b.forwardFor !== null)?.forwardFor
      )?.header.toLowerCase();
      const rule = option === undefined ? adderOf([proxy, ...backends]) : null;
      const header = option ?? (rule === null ? undefined : HEADER);
      if (header === undefined || cleans(proxy, header)) continue;
      if (backends.length > 0 && backends.every((backend) => cleans(backend, header))) continue;
      const message = `clients of frontend '${proxy.name}' can send '${header}' themselves: their lines stay above the one added here`;
      const hint = `add 'http-request del-header ${header}' to the frontend at the edge`;
      if (rule !== null) {
        report(rule.at, message, { endColumn: rule.endColumn, hint });
        continue;
      }
      const owner =
        proxy.forwardFor !== null
          ? draft
          : input.drafts[input.model.proxies.indexOf(backends.find((b) => b.forwardFor !== null)!)]!;
      const { at, endColumn } = markOf(owner, "option forwardfor");
      report(at, message, { endColumn, hint });
    }
  },
};
