import { suggest } from "../../lang/suggest.ts";
import { ensureStored } from "../keywords/stick-table.ts";
import { type Check, title } from "./check.ts";

/** Every `stick` line has a table, which then stores what tells servers apart. */
export const checkStickRules: Check = ({ proxies, diagnostics }) => {
  const holders = proxies.filter(({ stickTable }) => stickTable !== null);
  for (const proxy of proxies) {
    if (proxy.disabled) continue;
    for (const { at, table } of proxy.stickRules) {
      const name = table?.text ?? proxy.name;
      const holder = holders.find((one) => one.name === name);
      if (holder !== undefined) {
        holder.stickTable = ensureStored(ensureStored(holder.stickTable!, "server_id"), "server_key");
        continue;
      }
      if (table === null) {
        const message = `${title(proxy)} has no stick-table`;
        const hint = "give it one, or name that of another section: table <name>";
        diagnostics.error("config/unknown-table", at, message, { endColumn: at.column + "stick".length, hint });
        continue;
      }
      const { endColumn } = table;
      const near = suggest(
        name,
        holders.map((one) => one.name),
      );
      const hint = near === null ? {} : { hint: `did you mean '${near}'?` };
      diagnostics.error("config/unknown-table", table.at, `there is no stick table '${name}'`, { endColumn, ...hint });
    }
  }
};
