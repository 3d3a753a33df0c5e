import { atLine } from "../../lang/position.ts";
import { hasBackend, hasFrontend, type ProxyDraft } from "../draft.ts";
import { type Check, errorAt, title } from "./check.ts";

/** Two proxies may share a name only when one is a frontend and the other a backend; ids never repeat. */
export const checkNames: Check = ({ proxies, diagnostics }) => {
  const front = new Map<string, ProxyDraft>();
  const back = new Map<string, ProxyDraft>();
  const ids = new Map<number, ProxyDraft>();
  for (const proxy of proxies) {
    if (proxy.name !== "") {
      const other = (hasFrontend(proxy) && front.get(proxy.name)) || (hasBackend(proxy) && back.get(proxy.name));
      if (other) {
        const message = `${title(proxy)} has the name of the ${other.kind} ${atLine(other.at, proxy.at)}`;
        errorAt(diagnostics, proxy.nameWord, "config/duplicate-name", message);
      }
      if (hasFrontend(proxy)) front.set(proxy.name, proxy);
      if (hasBackend(proxy)) back.set(proxy.name, proxy);
    }
    const word = proxy.marks.get("id");
    if (word === undefined) continue;
    const other = ids.get(proxy.id);
    if (other !== undefined) {
      errorAt(
        diagnostics,
        word,
        "config/duplicate-id",
        `id ${proxy.id} is already that of ${title(other)} ${atLine(other.at, proxy.at)}`,
      );
    }
    ids.set(proxy.id, proxy);
  }
};
