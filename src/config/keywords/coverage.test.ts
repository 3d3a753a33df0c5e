/** Every keyword the installed HAProxy registers is in a table or in the list of known ones. */
import { expect, test } from "bun:test";
import { bindParameters } from "./bind.ts";
import { globalKeywords } from "./global.ts";
import { knownBind, knownGlobal, knownOptions, knownProxy, knownServer } from "./known.ts";
import { options } from "./options.ts";
import { proxyKeywords } from "./proxy.ts";
import { removedProxy } from "./removed.ts";
import { serverParameters } from "./server.ts";

const haproxy = Bun.which("haproxy");
if (haproxy === null) console.log("coverage.test.ts: skipped, there is no haproxy on this machine");

test.skipIf(haproxy === null)("no keyword of HAProxy is unknown", () => {
  const { stdout } = Bun.spawnSync([haproxy!, "-dKcfg", "-q", "-c", "-f", "/dev/null"], { stderr: "ignore" });
  const missing: string[] = [];
  let section = "";
  let seen = 0;
  for (const line of stdout.toString().split("\n")) {
    if (/^[a-z]/.test(line)) section = line.trim();
    if (!line.startsWith("\t") || (section !== "global" && section !== "listen")) continue;
    const words = line.trim().split(" ");
    const [first = "", second = "", , fourth = ""] = words;
    const last = words[words.length - 1]!.startsWith("+") ? words[words.length - 2]! : words[words.length - 1]!;
    seen++;
    let found: boolean;
    if (section === "global") found = globalKeywords.has(first) || knownGlobal.has(first);
    else if (first === "bind") found = bindParameters.has(last) || knownBind.has(last);
    else if (first === "server") found = serverParameters.has(fourth) || knownServer.has(fourth);
    else if (first === "option") found = options.has(second) || knownOptions.has(second);
    else found = proxyKeywords.has(first) || knownProxy.has(first) || removedProxy.has(first);
    if (!found) missing.push(line.trim());
  }
  expect(seen).toBeGreaterThan(200);
  expect(missing).toEqual([]);
});
