/** Which protocol a WebSocket is opened with (manual section 5.2, server parameter ws). */
import { issue } from "../../../src/net/tls/certificates.helper.ts";
import { H2Peer, PREFACE, setting } from "../../harness/h2.ts";
import { ok, type ServerScript } from "../../harness/server.ts";
import { get, http, switching, upgradeFields } from "../build.ts";
import type { Scenario } from "../scenario.ts";

const server = await issue({ subject: "CN=srv.test" });

const open = get("/chat", ...upgradeFields);
const accepted = switching("X-Spoken: h1");

/** Speaks what it is spoken to, and says which; `refuses`: a WebSocket gets 403. */
function either(refuses: boolean): ServerScript {
  return async (peer) => {
    while (peer.received.length < PREFACE.length) await Bun.sleep(1);
    if (peer.received.startsWith("PRI *")) {
      await speakH2(new H2Peer(peer, "server", setting(8, 1)), refuses);
      return;
    }
    for (;;) {
      const request = await peer.request(60_000);
      if (!/upgrade: websocket/i.test(request)) peer.send(ok("h1", "X-Spoken: h1"));
      else if (refuses) peer.send(ok("no", "X-Spoken: h1").replace("200 OK", "403 Forbidden"));
      else {
        peer.send(accepted);
        peer.send((await peer.until("\n", 60_000)).toUpperCase());
        return;
      }
    }
  };
}

async function speakH2(h2: H2Peer, refuses: boolean): Promise<void> {
  const answered = new Set<number>();
  while (h2.peer.closeKind === "open") {
    h2.pump();
    for (const [id, stream] of h2.streams) {
      const connects = /:method: CONNECT/.test(stream.heads[0] ?? "");
      if (connects && answered.has(id) && stream.body !== "" && !answered.has(-id)) {
        answered.add(-id);
        h2.data(id, stream.body.toUpperCase(), true);
      }
      if (answered.has(id) || (!stream.ended && !connects)) continue;
      answered.add(id);
      const status = connects && refuses ? "403" : "200";
      const ends = !connects || refuses;
      h2.head(
        id,
        [
          [":status", status],
          ["x-spoken", "h2"],
        ],
        ends,
      );
    }
    await Bun.sleep(1);
  }
}

type Kind = "plain" | "plain, proto h2" | "plain, proto h1" | `tls ${string}`;

function words(kind: Kind): string {
  if (!kind.startsWith("tls")) return kind.slice("plain, ".length);
  return `ssl verify none ${kind.slice(4)}`;
}

const cases = (kind: Kind, ws: string, refuses: boolean, reuse = "safe"): Scenario => ({
  name: `websocket: ${kind}, ${ws === "" ? "as it is" : ws}${refuses ? ", refused" : ""}${reuse === "safe" ? "" : `, http-reuse ${reuse}`}`,
  config: http({
    defaults: `retries 0\nhttp-reuse ${reuse}`,
    servers: { s1: `${words(kind)} ${ws}` },
  }),
  servers: { s1: either(refuses) },
  ...(kind.startsWith("tls")
    ? { tls: { s1: { key: server.key, cert: server.cert, maxVersion: 0x303, alpn: ["h2", "http/1.1"] } } }
    : {}),
  compare: { servers: false, clientClose: "closed", received: false },
  async client(talk) {
    const first = await talk.connect();
    first.send(get("/plain"));
    talk.note("plain", spoken(await first.response()));
    const client = await talk.connect();
    client.send(open);
    const head = await client.until("\r\n\r\n");
    talk.note("open", spoken(head));
    if (head.startsWith("HTTP/1.1 101")) {
      client.send("hello\n");
      talk.note("echo", await client.until("\n"));
      client.close();
    }
    await talk.logged(2);
    first.send(get("/again"));
    talk.note("again", spoken(await first.response()));
    await talk.logged(3);
    talk.note("connections", talk.server("s1").peers.length);
  },
});

/** Status and protocol. */
function spoken(head: string): string {
  return `${head.slice(0, 12)} ${/x-spoken: (h\d)/i.exec(head)?.[1] ?? "-"}`;
}

const kinds: readonly Kind[] = [
  "plain",
  "plain, proto h2",
  "plain, proto h1",
  "tls ",
  "tls alpn h2",
  "tls alpn http/1.1",
  "tls alpn h2,http/1.1",
  "tls alpn http/1.1,h2",
  "tls proto h2",
  "tls alpn h2,http/1.1 proto h2",
  "tls alpn h2,http/1.1 proto h1",
];

export const websocket: readonly Scenario[] = [
  ...kinds.flatMap((kind) => ["", "ws auto", "ws h1", "ws h2"].map((ws) => cases(kind, ws, false))),
  ...["", "ws h1", "ws h2"].map((ws) => cases("tls alpn h2,http/1.1", ws, true)),
  ...["", "ws h1", "ws h2"].map((ws) => cases("tls alpn h2,http/1.1", ws, true, "always")),
  ...["ws h1", "ws h2"].map((ws) => cases("plain", ws, true, "always")),
  cases("plain, proto h2", "ws h1", true, "always"),
];
