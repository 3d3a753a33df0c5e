/** Requests that are none; afterwards a good one shows whether the connection lives. */
import { type Fields, H2Peer, request } from "../../../harness/h2.ts";
import { ok, respond } from "../../../harness/server.ts";
import { http } from "../../build.ts";
import type { Scenario } from "../../scenario.ts";
import { compare, get, without } from "./tools.ts";

/** A malformed request; afterwards a good one shows whether the connection lives. */
function bad(name: string, fields: Fields): Scenario {
  return {
    name: `h2 malformed: ${name}`,
    config: http(),
    servers: { s1: respond(ok("fine")) },
    compare,
    async client(talk) {
      const h2 = new H2Peer(await talk.connect(), "client");
      const id = h2.request(fields);
      talk.note("bad", await h2.response(id));
      if (h2.goaway < 0) talk.note("good", await h2.response(h2.request(request("GET", "/good"))));
    },
  };
}

export const malformed: readonly Scenario[] = [
  bad("upper case in a name", [...get, ["X-Upper", "1"]]),
  bad("connection", [...get, ["connection", "close"]]),
  bad("te with something else", [...get, ["te", "gzip"]]),
  bad("transfer-encoding", [...get, ["transfer-encoding", "chunked"]]),
  bad("an unknown pseudo-header field", [...get, [":x", "1"]]),
  bad("a pseudo-header field after a field", [...without(":path"), ["x", "y"], [":path", "/"]]),
  bad("without :path", without(":path")),
  bad("an empty :path", [...without(":path"), [":path", ""]]),
  bad("a relative :path", [...without(":path"), [":path", "x"]]),
  bad("two :method", [[":method", "GET"], ...get]),
  bad("a line feed in a value", [...get, ["x", "a\nb"]]),
];
