import { hasBackend } from "../draft.ts";
import { type Check, errorAt, title, warnAt } from "./check.ts";

/** `option external-check` needs a program, and the global section's leave to run it. */
export const checkExternal: Check = ({ global, proxies, diagnostics }) => {
  const forkWanted = global.marks.has("insecure-fork-wanted");
  for (const proxy of proxies) {
    if (proxy.disabled || !hasBackend(proxy)) continue;
    const { externalCommand: command, externalPath: path } = proxy;
    const word = proxy.marks.get("option external-check") ?? proxy.nameWord;
    if (command !== "" && !command.startsWith("/") && path === "") {
      const message = `'${command}' does not begin with '/', and ${title(proxy)} has no 'external-check path'`;
      errorAt(diagnostics, proxy.marks.get("external-check command") ?? word, "config/external-check", message);
    }
    if (proxy.check.kind !== "external") {
      const unused = command === "" ? undefined : proxy.marks.get("external-check command");
      if (unused !== undefined) {
        const message = `'external-check command' of ${title(proxy)} needs 'option external-check': it is ignored`;
        warnAt(diagnostics, unused, "config/unused-rules", message);
      }
      continue;
    }
    proxy.check = { kind: "external", command, path, forkWanted };
    if (!global.marks.has("external-check")) {
      const message = "'option external-check' is possible only when the global section has 'external-check'";
      errorAt(diagnostics, word, "config/external-check", message);
    }
    if (!forkWanted) {
      const message = "without the global 'insecure-fork-wanted' the program runs only where the workers are root";
      warnAt(diagnostics, word, "config/external-check", message);
    }
    if (command === "") {
      const message = `${title(proxy)} has no 'external-check command'`;
      errorAt(diagnostics, word, "config/external-check", message);
    }
  }
};
