import { atLine, type Position } from "../../lang/position.ts";
import { formatAddress } from "../address.ts";
import { hasFrontend } from "../draft.ts";
import { protoFits } from "../keywords/proto.ts";
import { type Check, eachProxy, errorAt, title, warnAt } from "./check.ts";

/** Frontends that listen nowhere, addresses bound twice. */
export const checkListeners = eachProxy((proxy, { diagnostics }) => {
  if (proxy.kind === "frontend" && proxy.binds.length === 0) {
    warnAt(
      diagnostics,
      proxy.nameWord,
      "config/no-bind",
      `${title(proxy)} has no 'bind'`,
      "make it a backend if it is not to listen",
    );
  }
});

/** `proto` is of a mode (manual, sections 5.1 and 5.2). */
export const checkProtocols = eachProxy((proxy, { diagnostics }) => {
  const { mode } = proxy;
  for (const { proto, marks } of [...proxy.binds, ...proxy.servers]) {
    if (proto === null || protoFits(proto, mode)) continue;
    errorAt(diagnostics, marks.get("proto")!, "config/mode-mismatch", `protocol '${proto}' is not for mode ${mode}`);
  }
});

/** The kernel would share the connections between the two at random. */
export const checkDuplicateBinds: Check = ({ proxies, diagnostics }) => {
  const seen = new Map<string, { readonly by: string; readonly at: Position }>();
  for (const proxy of proxies) {
    if (proxy.disabled) continue;
    for (const bind of proxy.binds) {
      const key = `${formatAddress(bind.address)} ${bind.interface ?? ""} ${bind.namespace ?? ""}`;
      const other = seen.get(key);
      if (other === undefined) seen.set(key, { by: title(proxy), at: bind.at });
      else {
        const message = `${formatAddress(bind.address)} is bound by ${other.by} ${atLine(other.at, bind.at)} too: connections go to either`;
        warnAt(diagnostics, bind.word, "config/duplicate-bind", message);
      }
    }
  }
};

/**
 * A configuration that listens nowhere does not start; HAProxy's `-c` ends with status 2 then, not 1, so it is a warning
 * here and the callers decide. Only said when nothing else is wrong.
 */
export const checkAnyListener: Check = ({ proxies, global, diagnostics, env }) => {
  if (diagnostics.failed || global.marks.has("stats")) return;
  if (proxies.some((proxy) => !proxy.disabled && hasFrontend(proxy) && proxy.binds.length > 0)) return;
  const at = { file: env.files[0] ?? "", line: 1, column: 1 };
  diagnostics.warn("config/no-listener", at, "nothing to do: no enabled proxy has a 'bind'");
};
