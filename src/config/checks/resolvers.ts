import { rulesOf } from "../../rules/lists.ts";
import { defaultResolvers } from "../sections/resolvers.ts";
import { type Check, warnAt } from "./check.ts";

/** Sections without a name server are told; `do-resolve` with the section `default` finds one without it being written. */
export const checkResolvers: Check = ({ resolvers, proxies, env, diagnostics }) => {
  for (const { name, word, nameservers } of resolvers) {
    if (nameservers.length > 0) continue;
    warnAt(
      diagnostics,
      word,
      "config/no-nameserver",
      `the resolvers section '${name}' has no name server: no name is found`,
    );
  }
  if (resolvers.some(({ name }) => name === "default")) return;
  for (const proxy of proxies) {
    const used = rulesOf(proxy).find(({ action }) => action.kind === "do-resolve");
    if (used === undefined) continue;
    const draft = defaultResolvers(env, { ...proxy.nameWord, at: used.action.at });
    if (draft !== null) resolvers.push(draft);
    return;
  }
};
