import { hasFrontend } from "../draft.ts";
import { eachProxy, title, warnAt } from "./check.ts";

/** A log format without any target has no effect. */
export const checkLogs = eachProxy((proxy, { diagnostics }) => {
  if (!hasFrontend(proxy) || proxy.logs.length > 0) return;
  if (proxy.logFormat.kind === "default" && proxy.logFormatSd === null) return;
  const word = proxy.marks.get("log-format") ?? proxy.marks.get("log-format-sd") ?? proxy.nameWord;
  warnAt(
    diagnostics,
    word,
    "config/no-log-target",
    `${title(proxy)} has a log format but no 'log' target`,
    "add 'log global' and a 'log' line in the global section",
  );
});
