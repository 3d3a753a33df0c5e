/** Which server answers: every algorithm, hash type, function and avalanche, with weights and ids. */
import { ok, respond } from "../../harness/server.ts";
import type { Peer } from "../../harness/peer.ts";
import { get, http, tcp } from "../build.ts";
import type { Scenario, Talk } from "../scenario.ts";

const four = { s1: "", s2: "", s3: "", s4: "" };
const weighted = { s1: "weight 10", s2: "weight 20", s3: "weight 5", s4: "weight 0" };
const named = Object.fromEntries(["s1", "s2", "s3", "s4"].map((name) => [name, respond(ok(name))]));

const words =
  "apple banana cherry date elderberry fig grape hazelnut imbe jujube kiwi lemon mango nectarine orange papaya".split(
    " ",
  );

/** One keep-alive connection asks for every target; notes the servers. */
async function ask(talk: Talk, requests: readonly string[], from?: string): Promise<void> {
  const client = await talk.connect("fe", from === undefined ? {} : { from });
  const answers: string[] = [];
  for (const request of requests) {
    client.send(request);
    answers.push((await client.response()).slice(-2));
  }
  talk.note(`servers${from ?? ""}`, answers.join(" "));
}

/** Not here: `hdr(Host) use_domain_only`, where HAProxy 2.6 itself chooses differently from run to run. */
const keyed: readonly (readonly [string, string, readonly string[]])[] = [
  [
    "hash path and method",
    "balance hash path,lower",
    words.map((word, i) => get(i % 2 === 0 ? `/${word}` : `/${word.toUpperCase()}`)),
  ],
  ["hash of a header", "balance hash req.hdr(x-key)", words.map((word) => get("/", `X-Key: ${word}`))],
  ["hash of a header that is missing", "balance hash req.hdr(x-key)", words.slice(0, 4).map((word) => get(`/${word}`))],
  ["hash of an empty header", "balance hash req.hdr(x-key)", words.slice(0, 4).map(() => get("/", "X-Key:"))],
  ["hash of a number", "balance hash req.hdr(x-key),length", words.map((word) => get("/", `X-Key: ${word}`))],
  [
    "hash of a variable",
    "http-request set-var(txn.k) path\nbalance hash var(txn.k)",
    words.map((word) => get(`/${word}`)),
  ],
  [
    "hash of a word, consistent",
    "balance hash path,word(1,a)\nhash-type consistent",
    words.map((word) => get(`/${word}`)),
  ],
  ["hash src", "balance hash src", [get("/")]],
  ["uri", "balance uri", words.map((word) => get(`/${word}?q=${word}`))],
  ["uri whole", "balance uri whole", words.map((word) => get(`/same?q=${word}`))],
  ["uri len 4", "balance uri len 4", words.map((word) => get(`/${word.slice(0, 2)}/${word}`))],
  ["uri depth 2", "balance uri depth 2", words.map((word) => get(`/a/${word}/c/${word}?x`))],
  [
    "uri path-only",
    "balance uri path-only",
    words.map((word) => `GET http://${word}.test/${word} HTTP/1.1\r\nHost: ${word}.test\r\n\r\n`),
  ],
  [
    "uri of an absolute target",
    "balance uri",
    words.map((word) => `GET http://${word}.test/x HTTP/1.1\r\nHost: ${word}.test\r\n\r\n`),
  ],
  [
    "url_param",
    "balance url_param id",
    words.map((word, index) => get(index % 4 === 0 ? `/x?other=${word}` : `/x?a=1&id=${word}&z=2`)),
  ],
  [
    "hdr",
    "balance hdr(X-Key)",
    words.map((word, index) => get("/", index % 4 === 0 ? `X-Other: ${word}` : `X-Key: ${word}`)),
  ],
];

const hashes = ["map-based", "consistent"] as const;
const functions = ["sdbm", "djb2", "wt6", "crc32"] as const;

async function order(talk: Talk, count: number): Promise<void> {
  const answers: string[] = [];
  for (let index = 0; index < count; index++) answers.push((await talk.once(get(`/${index}`))).slice(-2));
  talk.note("servers", answers.join(" "));
}

/** Opens connections that stay busy, one after the other; notes which server each reached. */
async function hold(talk: Talk, count: number): Promise<void> {
  const clients: Peer[] = [];
  const answers: string[] = [];
  for (let index = 0; index < count; index++) {
    const client = await talk.connect();
    clients.push(client);
    answers.push(await client.bytes(2));
  }
  talk.note("servers", answers.join(" "));
  // One after the other, so that the counts in the log lines are those of this order.
  for (const [index, client] of clients.entries()) {
    client.close();
    await talk.logged(index + 1);
  }
}
const greets = Object.fromEntries(["s1", "s2", "s3"].map((name) => [name, (peer: Peer) => peer.send(name)]));

export const balance: readonly Scenario[] = [
  ...["roundrobin", "static-rr"].flatMap((algorithm): Scenario[] => [
    {
      name: `balance ${algorithm}: equal weights`,
      config: http({ backend: `balance ${algorithm}`, servers: four }),
      servers: named,
      client: (talk) => order(talk, 10),
    },
    {
      name: `balance ${algorithm}: different weights`,
      config: http({ backend: `balance ${algorithm}`, servers: weighted }),
      servers: named,
      client: (talk) => order(talk, 30),
    },
    {
      name: `balance ${algorithm}: weights 3 and 1, one disabled`,
      config: http({ backend: `balance ${algorithm}`, servers: { s1: "weight 3", s2: "weight 1", s3: "disabled" } }),
      servers: named,
      client: (talk) => order(talk, 12),
    },
  ]),
  ...keyed.flatMap(([name, line, requests]) =>
    hashes.map((hash): Scenario => ({
      name: `balance ${name}, hash-type ${hash}`,
      config: http({ backend: `${line}\nhash-type ${hash}`, servers: four }),
      servers: named,
      client: (talk) => ask(talk, requests),
      compare: { servers: false },
    })),
  ),
  ...hashes.flatMap((hash) =>
    functions.flatMap((fn) =>
      ["", "avalanche"].map((avalanche): Scenario => ({
        name: `hash-type ${hash} ${fn} ${avalanche}`.trim(),
        config: http({
          backend: `balance uri\nhash-type ${hash} ${fn} ${avalanche}`,
          servers: { ...weighted, s4: "weight 7" },
        }),
        servers: named,
        client: (talk) =>
          ask(
            talk,
            words.concat(words.map((word) => `${word}/2`)).map((word) => get(`/${word}`)),
          ),
        compare: { servers: false },
      })),
    ),
  ),
  ...hashes.flatMap((hash): Scenario[] => [
    {
      name: `balance source, hash-type ${hash}`,
      config: http({ backend: `balance source\nhash-type ${hash}`, servers: four }),
      servers: named,
      async client(talk) {
        for (let host = 1; host <= 12; host++) await ask(talk, [get("/a"), get("/b")], `127.0.0.${host}`);
      },
      compare: { servers: false },
    },
    {
      name: `balance source in mode tcp, hash-type ${hash}`,
      config: tcp({ backend: `balance source\nhash-type ${hash}`, servers: { s1: "", s2: "weight 3", s3: "" } }),
      servers: greets,
      async client(talk) {
        const answers: string[] = [];
        for (let host = 1; host <= 12; host++) {
          const client = await talk.connect("fe", { from: `127.0.1.${host}` });
          answers.push(await client.bytes(2));
          client.close();
          await talk.logged(host);
        }
        talk.note("servers", answers.join(" "));
      },
      compare: { servers: false },
    },
    {
      name: `hash-type ${hash}: server ids decide, not the order`,
      config: http({
        backend: `balance uri\nhash-type ${hash}`,
        servers: { s1: "id 40", s2: "id 7", s3: "id 1000", s4: "id 3" },
      }),
      servers: named,
      client: (talk) =>
        ask(
          talk,
          words.map((word) => get(`/${word}`)),
        ),
      compare: { servers: false },
    },
    {
      name: `hash-type ${hash}: a disabled server`,
      config: http({ backend: `balance uri\nhash-type ${hash}`, servers: { ...four, s2: "disabled" } }),
      servers: named,
      client: (talk) =>
        ask(
          talk,
          words.map((word) => get(`/${word}`)),
        ),
      compare: { servers: false },
    },
  ]),
  {
    name: "hash-balance-factor with idle servers changes nothing",
    config: http({ backend: "balance uri\nhash-type consistent\nhash-balance-factor 150", servers: four }),
    servers: named,
    client: (talk) =>
      ask(
        talk,
        words.map((word) => get(`/${word}`)),
      ),
    compare: { servers: false },
  },
  {
    name: "balance leastconn: connections that stay",
    config: tcp({ backend: "balance leastconn", servers: { s1: "", s2: "", s3: "" } }),
    servers: greets,
    client: (talk) => hold(talk, 9),
  },
  {
    name: "balance leastconn: with weights",
    config: tcp({ backend: "balance leastconn", servers: { s1: "weight 10", s2: "weight 20", s3: "weight 5" } }),
    servers: greets,
    client: (talk) => hold(talk, 14),
  },
  {
    name: "balance leastconn: idle servers take turns",
    config: http({ backend: "balance leastconn", servers: four }),
    servers: named,
    client: (talk) => order(talk, 8),
  },
  {
    name: "balance first: fills one server after the other",
    config: tcp({ backend: "balance first", servers: { s1: "maxconn 2", s2: "maxconn 3", s3: "maxconn 2" } }),
    servers: greets,
    client: (talk) => hold(talk, 7),
  },
  {
    name: "balance roundrobin: connections that stay, with maxconn",
    config: tcp({ backend: "balance roundrobin", servers: { s1: "maxconn 1", s2: "maxconn 3", s3: "maxconn 2" } }),
    servers: greets,
    client: (talk) => hold(talk, 6),
  },
  {
    name: "balance random(2): all servers are used",
    config: http({ backend: "balance random(2)", servers: { s1: "", s2: "" } }),
    servers: named,
    async client(talk) {
      const seen = new Set<string>();
      for (let index = 0; index < 40; index++) seen.add((await talk.once(get(`/${index}`))).slice(-2));
      talk.note("servers", [...seen].sort());
    },
    compare: { servers: false, received: false, logOrder: "any", logServer: false },
  },
  {
    name: "balance rdp-cookie: without waiting for the cookie, round robin",
    config: tcp({ backend: "balance rdp-cookie", servers: { s1: "", s2: "", s3: "" } }),
    servers: greets,
    client: (talk) => hold(talk, 6),
  },
];
