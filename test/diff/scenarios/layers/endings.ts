import { H2Peer, request as h2Request } from "../../../harness/h2.ts";
import { ok } from "../../../harness/server.ts";
import { http } from "../../build.ts";
import type { Scenario } from "../../scenario.ts";
import { OPEN } from "./tools.ts";

/** Rules that end a connection which carries several streams. */
const ended = (rule: string, others: boolean): Scenario => ({
  name: `layers: HTTP/2, ${rule}`,
  config: http({ frontend: `tcp-request inspect-delay 1s\n${rule}` }),
  servers: {
    s1: async (peer) => {
      for (;;) {
        await peer.request(60_000);
        await peer.sleep(150);
        peer.send(ok("late"));
      }
    },
  },
  async client(talk) {
    const h2 = new H2Peer(await talk.connect(), "client");
    talk.note("first", await h2.response(h2.request(h2Request("GET", "/0"))));
    // HAProxy ends it with RST_STREAM and NO_ERROR, tlb with GOAWAY alone; it is over in any case.
    if (others) h2.request(h2Request("GET", "/other"));
    await talk.sleep(50);
    const refused = h2.request(h2Request("GET", "/1"));
    talk.note("refused", await h2.response(refused));
    await h2.wait(() => h2.peer.closeKind !== "open", 300);
    talk.note("goaway", h2.goaway);
    talk.note("closed", h2.peer.closeKind !== "open");
    await talk.logged(3, 1500).catch(() => {});
  },
  compare: { ...OPEN, logOrder: "any", servers: false, timers: 300 },
});
export const endings: readonly Scenario[] = [
  ended("tcp-request content reject if { path /1 }", true),
  ended("http-request reject if { path /1 }", true),
  ended("tcp-request content silent-drop if { path /1 }", false),
  ended("http-request silent-drop if { path /1 }", false),
  ended("http-request deny if { path /1 }", true),
  ended("http-response silent-drop if { capture.req.uri -m end /1 }", false),
];
