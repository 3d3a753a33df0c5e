/** What the proxy itself does with a request, and retries: the line in the log and every counter. */
import type { Peer } from "../../harness/peer.ts";
import { ok, type ServerScript } from "../../harness/server.ts";
import { echo, get, http, type Lines, playsAndCloses, request } from "../build.ts";
import type { Scenario, Talk } from "../scenario.ts";

const FORMAT =
  'log-format "TR=%TR Tw=%Tw Tc=%Tc Tr=%Tr Td=%Td Ta=%Ta Tt=%Tt %f %b/%s %ST %B %U %tsc bc=%bc sc=%sc rc=%rc sq=%sq bq=%bq %r"';
const TIMES =
  "timeout client 1200ms\ntimeout server 1200ms\ntimeout connect 600ms\ntimeout queue 700ms\ntimeout http-keep-alive 600ms";

function scenario(
  name: string,
  lines: Lines,
  servers: Readonly<Record<string, ServerScript>>,
  client: (talk: Talk) => Promise<unknown>,
): Scenario {
  return {
    name: `acts: ${name}`,
    config: http({
      ...lines,
      defaults: `${TIMES}\n${lines.defaults ?? ""}`,
      frontend: `${FORMAT}\n${lines.frontend ?? ""}`,
    }),
    servers,
    async client(talk) {
      await client(talk);
      await talk.sleep(100);
      await talk.counters();
    },
    compare: { timers: 100, servers: false, clientClose: "closed" },
  };
}

const both = (rule: string): readonly (readonly [string, Lines])[] => [
  [rule, { frontend: rule }],
  [`${rule} in the backend`, { backend: rule }],
];
const rules: readonly (readonly [string, Lines])[] = [
  ...both("http-request deny"),
  ...both("http-request deny deny_status 200"),
  ...both("http-response deny"),
  ...both("tcp-request content reject"),
  ["tcp-response content reject", { backend: "tcp-response content reject" }],
  ...both("tcp-request content silent-drop"),
  ...both("http-request silent-drop"),
  ...both("http-request reject"),
  ...both("http-request redirect location /y"),
  ...both("http-request return status 200 content-type a/b string abc"),
  ...both("http-response return status 200 content-type a/b string abc"),
  ...both("http-request auth realm x"),
  ["monitor-uri /x", { frontend: "monitor-uri /x" }],
  ["monitor fail", { frontend: "monitor-uri /x\nmonitor fail if TRUE" }],
  ["no backend", { frontend: "use_backend be if FALSE\ndefault_backend none\nbackend none" }],
  ["no server", { servers: { s1: "disabled" } }],
];
const asked: readonly (readonly [string, readonly string[]])[] = [
  ["GET", [get("/x"), get("/y")]],
  ["a part of a POST", [request("POST", "/x", ["Content-Length: 10"], "abc"), "defghij"]],
];

const failing: readonly (readonly [string, ServerScript])[] = [
  ["ends", playsAndCloses("")],
  ["resets", async (peer) => void (await peer.request().then(() => peer.reset()))],
  ["sends junk", playsAndCloses("junk\r\n\r\n")],
  ["is silent", async (peer) => void (await peer.request(60_000))],
];
const conditions = ["all-retryable-errors", "empty-response", "conn-failure"];
const pairs: readonly Readonly<Record<string, string>>[] = [{ s1: "" }, { s1: "", s2: "" }];

const slow: ServerScript = async (peer) => {
  while (true) {
    await peer.request(60_000);
    await peer.sleep(300);
    peer.send(ok("x"));
  }
};

/** Four clients of one place: some wait, some too long, and with `maxqueue` some not at all. */
async function crowd(talk: Talk): Promise<void> {
  const clients: Peer[] = [];
  for (let index = 0; index < 4; index++) {
    const client = await talk.connect();
    client.send(get(`/${index}`, "Connection: close"));
    clients.push(client);
    await talk.sleep(15);
  }
  for (const client of clients) await client.closed(4000);
}

export const endsActs: readonly Scenario[] = [
  ...rules.flatMap(([name, lines]) =>
    asked.map(([what, pieces]) =>
      scenario(`${name}, ${what}`, lines, { s1: echo }, async (talk) => {
        const client = await talk.knock();
        await client.drip(pieces, 40);
        await client.closed(2000).catch(() => {});
      }),
    ),
  ),
  ...failing.flatMap(([how, script]) =>
    conditions.flatMap((condition) =>
      ["", "option redispatch 1"].flatMap((option) =>
        pairs.map((servers) =>
          scenario(
            `retry-on ${condition}, ${option || "no redispatch"}: the server ${how}${"s2" in servers ? ", another serves" : ""}`,
            { defaults: `retry-on ${condition}\nretries 2\n${option}`, servers },
            { s1: script, ...("s2" in servers ? { s2: echo } : {}) },
            (talk) => talk.once(get("/")),
          ),
        ),
      ),
    ),
  ),
  ...["", "maxqueue 1"].map((queue) =>
    scenario(
      `one place, ${queue || "any number waits"}`,
      { backend: "balance source", servers: { s1: `maxconn 1 ${queue}` } },
      { s1: slow },
      crowd,
    ),
  ),
];
