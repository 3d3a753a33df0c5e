/** `observe`: live traffic that takes servers down. */
import { ok, type ServerScript } from "../../harness/server.ts";
import { get, http } from "../build.ts";
import type { Scenario } from "../scenario.ts";

/** Checks connect and say nothing; requests are answered as their target asks. */
const server: ServerScript = async (peer) => {
  for (;;) {
    const text = await peer.request(600_000);
    const code = /\/(\d{3})/.exec(text)?.[1];
    if (text.includes("/close")) return peer.close();
    if (text.includes("/junk")) peer.send("junk\r\n\r\n");
    else if (text.includes("/silent")) continue;
    else if (code === undefined) peer.send(ok("fine"));
    else peer.send(`HTTP/1.1 ${code} X\r\nContent-Length: 0\r\n\r\n`);
  }
};

const cases: readonly (readonly [string, string, readonly string[]])[] = [
  ["layer7, wrong statuses", "observe layer7 error-limit 2 on-error mark-down", ["/500", "/500", "/"]],
  ["layer7, a good answer between", "observe layer7 error-limit 2 on-error mark-down", ["/500", "/", "/500", "/"]],
  [
    "layer7, 501 and 404 are no errors",
    "observe layer7 error-limit 2 on-error mark-down",
    ["/501", "/505", "/404", "/"],
  ],
  ["layer7, junk", "observe layer7 error-limit 2 on-error mark-down", ["/junk", "/junk", "/"]],
  ["layer7, closes", "observe layer7 error-limit 2 on-error mark-down", ["/close", "/close", "/"]],
  ["layer7, timeouts", "observe layer7 error-limit 2 on-error mark-down", ["/silent", "/silent", "/"]],
  ["layer7, sudden death", "observe layer7 error-limit 2 on-error sudden-death", ["/500", "/500", "/"]],
  ["layer7, fail-check", "observe layer7 error-limit 1 on-error fail-check fall 2", ["/500", "/500", "/"]],
  ["layer4, wrong statuses", "observe layer4 error-limit 2 on-error mark-down", ["/500", "/500", "/"]],
];

export const observe: readonly Scenario[] = cases.map(([what, words, targets]) => ({
  name: `observe ${what}`,
  config: http({
    backend: "retries 0\ntimeout server 150ms",
    servers: { s1: `check inter 60s ${words}` },
  }),
  servers: { s1: server },
  alone: true,
  async client(talk) {
    // The first check is over.
    await talk.sleep(150);
    for (const target of targets) {
      const client = await talk.connect();
      client.send(get(target, "Connection: close"));
      await client.closed(1000);
      await talk.sleep(30);
    }
    await talk.logged(targets.length);
  },
  // How checks and requests share connections is timing.
  compare: { servers: false, logOrder: "any" },
}));
